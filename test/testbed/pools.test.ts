// Goal: queueing comes from limits that hold. Method: drive the pool and the broker's log directly.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartitionedLog } from "../../datasets/testbed/broker/partitioned-log.ts";
import { FifoPool, PoolFullError } from "../../datasets/testbed/service/fifo-pool.ts";
import { ItemCache } from "../../datasets/testbed/service/item-cache.ts";

describe("a pool", () => {
  test("never has more held than its limit, and serves in the order of arrival, whatever comes and goes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        async (limit, moves) => {
          const pool = new FifoPool("pool", limit);
          const served: number[] = [];
          let nextTicket = 0;
          for (const isArrival of moves) {
            if (isArrival) {
              const ticket = nextTicket++;
              void Promise.resolve(pool.acquire()).then(() => served.push(ticket));
            } else if (pool.held > 0) pool.release();
            await Promise.resolve();
            await Promise.resolve();
            expect(pool.held).toBeLessThanOrEqual(limit);
            expect(pool.held + pool.waiting === 0 || pool.held > 0).toBe(true);
          }
          while (pool.held > 0) pool.release();
          await new Promise((resolve) => setImmediate(resolve));
          expect(served).toEqual([...served].sort((left, right) => left - right));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("lets slots above a lowered limit run out and admits the waiting when it is raised", async () => {
    const pool = new FifoPool("pool", 3);
    for (let i = 0; i < 3; i++) expect(pool.acquire()).toBeUndefined();
    pool.resize(1);
    const waiting = pool.acquire();
    expect(pool.held).toBe(3);
    pool.release();
    pool.release();
    expect([pool.held, pool.waiting]).toEqual([1, 1]);
    pool.resize(2);
    await waiting;
    expect([pool.held, pool.waiting]).toEqual([2, 0]);
  });

  test("refuses and counts what would wait beyond its bound", () => {
    const pool = new FifoPool("pool", 1, 2);
    void pool.acquire();
    void pool.acquire();
    void pool.acquire();
    expect(() => pool.acquire()).toThrow(PoolFullError);
    expect(pool.counters()).toMatchObject({ refused: 1, waiting: 2, held: 1 });
  });
});

describe("the broker's log", () => {
  test("keeps the order within each partition and never works on one partition twice at once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 3 }), { maxLength: 50 }),
        fc.integer({ min: 1, max: 4 }),
        (keys, workers) => {
          const log = new PartitionedLog(5, 1000);
          for (const [index, key] of keys.entries()) log.append(key, { index });
          const taken: { partition: number; offset: number }[] = [];
          const inWork: { partition: number; offset: number }[] = [];
          while (taken.length < keys.length) {
            const entry = inWork.length < workers ? log.next() : null;
            if (entry === null) {
              const done = inWork.shift();
              expect(done).toBeDefined();
              log.acknowledge(done!.offset);
              continue;
            }
            expect(inWork.some((other) => other.partition === entry.partition)).toBe(false);
            taken.push(entry);
            inWork.push(entry);
          }
          for (let partition = 0; partition < 5; partition++) {
            const offsets = taken.filter((entry) => entry.partition === partition).map((entry) => entry.offset);
            expect(offsets).toEqual([...offsets].sort((left, right) => left - right));
          }
        },
      ),
    );
  });

  test("gives a lost consumer's messages out again, first, and refuses beyond its bound", () => {
    const log = new PartitionedLog(1, 2);
    log.append("a", { n: 0 });
    log.append("a", { n: 1 });
    expect(log.append("a", { n: 2 })).toBeNull();
    const first = log.next()!;
    log.giveBack([first.offset]);
    expect(log.next()).toEqual(first);
  });
});

test("the cache keeps the items last asked for and no more", () => {
  const cache = new ItemCache(2);
  expect([1, 2, 1, 3, 1, 2].map((item) => cache.lookUp(item))).toEqual([false, false, true, false, true, false]);
});
