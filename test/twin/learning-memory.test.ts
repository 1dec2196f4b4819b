// Goal: what the twin remembers is bounded however many copies, operations and windows there are, and it says what it
// gave up; what is gone does not speak for what is there.
// Method: histories with small limits are fed windows of copies that come and go.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Observation, Topology } from "../../src/contracts/observation.ts";
import { WindowBuilder } from "../../src/topology/window-builder.ts";
import { History } from "../../twin/learning/history.ts";
import { NumberRing } from "../../twin/learning/ring.ts";

const LIMITS = { visitsPerInstance: 300, visitsPerNode: 600, instancesPerNode: 4, rings: 3 };
const INSTANCES = 200;
const OPERATIONS = 6;
const NODE = 0;

const TOPOLOGY: Topology = {
  nodes: [{ index: NODE, name: "shop", kind: "service" }],
  instances: Array.from({ length: INSTANCES }, (_, index) => ({ index, name: `${index}`, node: NODE, version: "" })),
  operations: Array.from({ length: OPERATIONS }, (_, index) => ({
    index,
    name: `${index}`,
    node: NODE,
    isEntry: true,
  })),
  edges: [],
  programs: Array.from({ length: OPERATIONS }, (_, index) => ({
    index,
    operation: index,
    groups: [],
    isOverflow: false,
  })),
};

/** A window in which each instance serves so many visits; operations in turn. */
function windowOf(index: number, instances: readonly number[], visits: number, operations = 1): Observation {
  const builder = new WindowBuilder();
  for (const instance of instances) {
    for (let k = 0; k < visits; k++) {
      const operation = k % operations;
      const trace = builder.addTrace(new Uint32Array(4), 0);
      builder.addVisit(
        {
          operation,
          instance,
          arrivalSeconds: index * 10 + (10 * k) / visits,
          sojournSeconds: 0.01 * (1 + operation),
          lagSeconds: 0,
          selfSeconds: 0.01 * (1 + operation),
          program: operation,
          isError: false,
          isRoot: true,
          segments: [0.01 * (1 + operation)],
          groupSeconds: [],
        },
        trace,
      );
    }
  }
  return builder.build({
    index,
    startSeconds: index * 10,
    endSeconds: index * 10 + 10,
    topology: TOPOLOGY,
    metrics: [],
  });
}

function kept(history: History): [number, number][] {
  return [...history.visitsByInstance].map(([instance, visits]) => [instance, visits.length]);
}

describe("visits of instances", () => {
  test("share the room of their node, and one alone may not take more than its own", () => {
    const one = new History(LIMITS);
    for (let index = 0; index < 10; index++) one.learn(windowOf(index, [0], 100));
    expect(kept(one)).toEqual([[0, 300]]);
    const two = new History({ ...LIMITS, visitsPerInstance: 1000 });
    for (let index = 0; index < 10; index++) two.learn(windowOf(index, [0, 1], 100));
    expect(kept(two)).toEqual([
      [0, 300],
      [1, 300],
    ]);
  });

  test("are those of the copies last learned from, when there are more copies than room", () => {
    const history = new History(LIMITS);
    for (let index = 0; index < 20; index++) history.learn(windowOf(index, [index, index + 1], 5));
    expect(kept(history).map(([instance]) => instance)).toEqual([17, 18, 19, 20]);
    expect(history.memory).toMatchObject({ instances: 4, forgottenInstances: 17 });
  });

  test("of a function that is a new copy with every call stay bounded too", () => {
    const history = new History(LIMITS);
    for (let index = 0; index < 5; index++) {
      const instances = Array.from({ length: 40 }, (_, k) => 40 * index + k);
      history.learn(windowOf(index, instances, 1));
    }
    expect(history.memory).toEqual({ visits: 4, instances: 4, forgottenInstances: 196, refused: 0 });
  });

  test("of copies that are gone are forgotten once the others have shown enough, and not before", () => {
    const enough = new History({ ...LIMITS, visitsPerInstance: 4000, visitsPerNode: 16_000 });
    const tooFew = new History(LIMITS);
    for (let index = 0; index < 96; index++) {
      const instances = index < 10 ? [0, 1] : [2, 3];
      enough.learn(windowOf(index, instances, 30));
      tooFew.learn(windowOf(index, instances, 1));
    }
    expect(kept(enough).map(([instance]) => instance)).toEqual([2, 3]);
    expect(kept(tooFew).map(([instance]) => instance)).toEqual([0, 1, 2, 3]);
  });

  test("are never more than the limits say, whatever copies come and go", () => {
    const copies = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(copies, fc.integer({ min: 1, max: 90 })), { maxLength: 25 }), (windows) => {
        const history = new History(LIMITS);
        for (const [index, [instances, visits]] of windows.entries()) {
          history.learn(windowOf(index, instances, visits));
        }
        const { visits, instances } = history.memory;
        expect(instances).toBeLessThanOrEqual(LIMITS.instancesPerNode);
        // With four copies each keeps the 250 that any may.
        expect(visits).toBeLessThanOrEqual(4 * 250 + 50);
      }),
      { numRuns: 60 },
    );
  });
});

test("visits that arrived before a time are forgotten when they no longer count, and copies that had no others", () => {
  const history = new History(LIMITS);
  for (let index = 0; index < 4; index++) history.learn(windowOf(index, index < 2 ? [0, 1] : [1], 20));
  history.forgetBefore(NODE, 20);
  expect(kept(history)).toEqual([[1, 40]]);
});

describe("times of operations", () => {
  test("are kept for as many operations as there is room for; the others are refused and counted", () => {
    const history = new History(LIMITS);
    history.learn(windowOf(0, [0], 60, OPERATIONS));
    expect([...history.sojournByOperation.keys()]).toEqual([0, 1, 2]);
    expect(history.memory.refused).toBe(30);
  });
});

describe("visits kept apart", () => {
  const apart = (instance: number) => (instance === 1 ? { apart: "next" } : "own");

  test("are none of the twin's own until they are adopted, and then in the others' place", () => {
    const history = new History({ ...LIMITS, rings: 10 });
    for (let index = 0; index < 4; index++)
      history.learn(windowOf(index, index < 2 ? [0] : [1], 20, index < 2 ? 1 : 2), apart);
    expect(kept(history)).toEqual([[0, 40]]);
    expect(history.programCounts.has(1)).toBe(false);
    history.adopt("next", NODE, true);
    expect(kept(history)).toEqual([[1, 40]]);
    expect([...history.sojournByOperation].map(([operation, ring]) => [operation, ring.length])).toEqual([
      [0, 20],
      [1, 20],
    ]);
    expect(history.programCounts.get(0)! / history.programCounts.get(1)!).toBeCloseTo(1, 6);
  });

  test("that are adopted beside others leave of these only what came at the same time", () => {
    const history = new History({ ...LIMITS, rings: 10 });
    for (let index = 0; index < 6; index++) history.learn(windowOf(index, index < 4 ? [0] : [0, 1], 20), apart);
    history.adopt("next", NODE, false);
    expect(kept(history)).toEqual([
      [0, 40],
      [1, 40],
    ]);
  });

  test("that are dropped leave nothing", () => {
    const history = new History(LIMITS);
    history.learn(windowOf(0, [0, 1], 20), apart);
    history.drop("next");
    history.adopt("next", NODE, true);
    expect(history.memory).toMatchObject({ visits: 20, instances: 1 });
  });

  test("of a version that has gone are not learned", () => {
    const history = new History(LIMITS);
    history.learn(windowOf(0, [0, 1], 20), (instance) => (instance === 1 ? "nowhere" : "own"));
    expect(kept(history)).toEqual([[0, 20]]);
  });
});

test("a ring holds the last numbers it was given, oldest first, whatever its capacity", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.integer(), { maxLength: 300 }), (capacity, numbers) => {
      const ring = new NumberRing(capacity);
      for (const each of numbers) ring.push(each);
      expect([...ring.take()]).toEqual(numbers.slice(-capacity));
      expect(ring.length).toBe(Math.min(capacity, numbers.length));
    }),
  );
});
