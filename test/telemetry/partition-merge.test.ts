import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartitionMerge } from "../../src/telemetry/kafka/partition-merge.ts";
import type { LogRecord } from "../../src/telemetry/log-source.ts";

function record(partition: number, offset: number, timestampSeconds: number, bytes = new Uint8Array(1)): LogRecord {
  return { topic: "t", partition, offset: BigInt(offset), key: null, timestampSeconds, bytes, unreadableReason: null };
}

const ignoring = { pause: () => {}, resume: () => {} };

async function all(merge: PartitionMerge): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (let next = await merge.next(5); next !== null; next = await merge.next(5)) found.push(next);
  return found;
}

describe("records of several partitions", () => {
  test("come in the order of their timestamps, whichever partition was read first", async () => {
    const lanes = fc.array(fc.array(fc.nat(50), { maxLength: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lanes, fc.infiniteStream(fc.nat()), async (unsorted, turns) => {
        const times = unsorted.map((lane) => lane.toSorted((a, b) => a - b));
        const merge = new PartitionMerge([...times.keys()], ignoring);
        const reading = all(merge);
        // Partitions give what they have in any order among each other, with pauses between.
        const left = times.map((lane, partition) => lane.map((time, offset) => record(partition, offset, time)));
        const open = [...left.keys()];
        while (open.length > 0) {
          const at = turns.next().value! % open.length;
          const next = left[open[at]!]!.shift();
          if (next !== undefined) merge.add(next);
          else merge.end(open.splice(at, 1)[0]!);
          if (turns.next().value! % 3 === 0) await Promise.resolve();
        }
        const found = await reading;
        expect(found.map(({ timestampSeconds }) => timestampSeconds)).toEqual(times.flat().sort((a, b) => a - b));
        for (const partition of times.keys()) {
          const offsets = found.filter((each) => each.partition === partition).map(({ offset }) => Number(offset));
          expect(offsets).toEqual([...offsets.keys()]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("keep the order of their own partition, even where its timestamps go back", async () => {
    const merge = new PartitionMerge([0], ignoring);
    for (const [offset, time] of [5, 3, 4].entries()) merge.add(record(0, offset, time));
    merge.end(0);
    expect((await all(merge)).map(({ timestampSeconds }) => timestampSeconds)).toEqual([5, 3, 4]);
  });

  test("stop coming from a partition that is far ahead, until the others have caught up", async () => {
    const flow: string[] = [];
    const merge = new PartitionMerge([0, 1], {
      pause: (partition) => void flow.push(`pause ${partition}`),
      resume: (partition) => void flow.push(`resume ${partition}`),
    });
    const large = new Uint8Array(1 << 20);
    for (let offset = 0; offset < 6; offset += 1) merge.add(record(0, offset, offset, large));
    expect(flow).toEqual(["pause 0"]);
    merge.add(record(1, 0, 100));
    for (let count = 0; count < 5; count += 1) await merge.next(5);
    expect(flow).toEqual(["pause 0", "resume 0"]);
  });

  test("that came after the end of their partition are left out", async () => {
    const merge = new PartitionMerge([0], ignoring);
    merge.end(0);
    merge.add(record(0, 0, 1));
    merge.add(record(7, 0, 1));
    expect(await all(merge)).toEqual([]);
  });

  test("that do not come are waited for, but not for ever", async () => {
    await expect(new PartitionMerge([0], ignoring).next(0.01)).rejects.toThrow("no record came for 0.01 s");
  });

  test("do not come after a failure, which is told to who waits and to who asks later", async () => {
    const merge = new PartitionMerge([0], ignoring);
    const waiting = merge.next(5);
    merge.fail(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await expect(merge.next(5)).rejects.toThrow("gone");
  });
});
