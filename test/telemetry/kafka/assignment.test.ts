import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Assignment } from "../../../src/telemetry/kafka/assignment.ts";

// Goal: only what was given in this assignment and acknowledged is ever committed, and never back.

/** Beyond what a double holds exactly. */
const FAR = 2n ** 60n;

function assigned(partitions: readonly number[] = [0]): Assignment {
  const assignment = new Assignment();
  assignment.replace({ spans: partitions }, 0);
  return assignment;
}

function give(assignment: Assignment, offsets: readonly bigint[], nowSeconds = 0): void {
  for (const offset of offsets) assignment.deliver(assignment.of("spans", 0)!, offset, nowSeconds);
}

const seen = (beginning: bigint, end: bigint, committed = -1n, partition = 0) => ({
  topic: "spans",
  partition,
  committed,
  beginning,
  end,
});

describe("what is due to be committed", () => {
  test("is one more than the highest offset acknowledged of those given, whatever else is acknowledged", () => {
    const offset = fc.bigInt({ min: FAR, max: FAR + 40n });
    fc.assert(
      fc.property(fc.uniqueArray(offset, { minLength: 1 }), fc.array(offset), (given, acknowledged) => {
        const assignment = assigned();
        const ordered = [...given].sort((a, b) => (a < b ? -1 : 1));
        give(assignment, ordered);
        let highest: bigint | null = null;
        for (const each of acknowledged) {
          assignment.of("spans", 0)!.acknowledge(each);
          const isGiven = each >= ordered[0]! && each <= ordered.at(-1)!;
          if (isGiven && (highest === null || each > highest)) highest = each;
          const due = assignment.due();
          expect(due.map(({ position }) => position)).toEqual(highest === null ? [] : [highest + 1n]);
        }
      }),
    );
  });

  test("is nothing once it was committed", () => {
    const assignment = assigned();
    give(assignment, [5n, 6n]);
    assignment.of("spans", 0)!.acknowledge(6n);
    assignment.committed(assignment.due());
    expect(assignment.due()).toEqual([]);
    assignment.of("spans", 0)!.acknowledge(5n);
    expect(assignment.due()).toEqual([]);
  });

  test("reaches over what stands behind a batch's last record and is nobody's to read", () => {
    const assignment = assigned();
    give(assignment, [5n, 6n]);
    assignment.of("spans", 0)!.endBatch(6n, 8n);
    assignment.of("spans", 0)!.acknowledge(5n);
    expect(assignment.due()[0]?.position).toBe(6n);
    assignment.of("spans", 0)!.acknowledge(6n);
    expect(assignment.due()[0]?.position).toBe(9n);
    assignment.saw([seen(0n, 9n)]);
    expect(assignment.status()[0]?.lagRecords).toBe(0);
  });

  test("reaches over a batch that held nothing to give, once all before it is acknowledged", () => {
    const assignment = assigned();
    give(assignment, [5n]);
    assignment.of("spans", 0)!.passOver(7n);
    expect(assignment.due()).toEqual([]);
    assignment.of("spans", 0)!.acknowledge(5n);
    expect(assignment.due()[0]?.position).toBe(8n);
    const empty = assigned();
    empty.of("spans", 0)!.passOver(7n);
    expect(empty.due()[0]?.position).toBe(8n);
  });

  test("is nothing of an assignment before, whose partition another may have read on", () => {
    const assignment = assigned();
    give(assignment, [5n, 6n]);
    assignment.replace({ spans: [0] }, 1);
    assignment.of("spans", 0)!.acknowledge(6n);
    expect(assignment.due()).toEqual([]);
    give(assignment, [50n]);
    assignment.of("spans", 0)!.acknowledge(6n);
    expect(assignment.due()).toEqual([]);
  });

  test("begins again when the log begins again further down", () => {
    const assignment = assigned();
    give(assignment, [1000n]);
    assignment.of("spans", 0)!.acknowledge(1000n);
    assignment.committed(assignment.due());
    give(assignment, [0n, 1n]);
    expect(assignment.due()).toEqual([]);
    assignment.of("spans", 0)!.acknowledge(1n);
    expect(assignment.due()[0]?.position).toBe(2n);
  });
});

describe("the beginning of a partition of which the group committed nothing", () => {
  const atTheEnd = () => false;
  const atTheBeginning = () => true;

  test("is its end, or its beginning where that is wished", () => {
    const assignment = assigned();
    expect(assignment.unpinned([seen(3n, 9n)], atTheEnd)).toEqual([{ topic: "spans", partition: 0, position: 9n }]);
    expect(assignment.unpinned([seen(3n, 9n)], atTheBeginning)[0]?.position).toBe(3n);
  });

  test("is its beginning when the group knows the topic: the partition was added since", () => {
    const assignment = assigned([1]);
    const offsets = [seen(0n, 100n, 40n, 0), seen(0n, 9n, -1n, 1)];
    expect(assignment.unpinned(offsets, atTheEnd)).toEqual([{ topic: "spans", partition: 1, position: 0n }]);
  });

  test("is left alone when it is not ours, has begun, or something was committed", () => {
    const assignment = assigned([0, 1]);
    give(assignment, [3n]);
    const offsets = [seen(0n, 9n), seen(0n, 9n, 4n, 1), seen(0n, 9n, -1n, 2)];
    expect(assignment.unpinned(offsets, atTheEnd)).toEqual([]);
  });
});

describe("a partition stands still", () => {
  test("when records wait and none at all came for so long", () => {
    const assignment = assigned([0, 1]);
    assignment.saw([seen(0n, 9n, 9n, 0), seen(0n, 9n, 4n, 1)]);
    expect(assignment.stuck(30, 29)).toBeNull();
    expect(assignment.stuck(30, 30)).toMatchObject({ topic: "spans", partition: 1 });
  });

  test("only after ten times as long while others give", () => {
    const assignment = assigned([0, 1]);
    assignment.saw([seen(0n, 1000n, 0n, 0), seen(0n, 9n, 4n, 1)]);
    for (let second = 0; second <= 299; second += 1) give(assignment, [BigInt(second)], second);
    expect(assignment.stuck(30, 299)).toBeNull();
    expect(assignment.stuck(30, 300)).toMatchObject({ partition: 1 });
  });

  test("not when nothing waits, or its end is not known", () => {
    const assignment = assigned([0, 1]);
    assignment.saw([seen(0n, 9n, 9n, 0)]);
    expect(assignment.stuck(30, 10_000)).toBeNull();
  });
});
