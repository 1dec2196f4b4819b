// Goal: what the closed forms are given is the simulator's network, in means. Method: entries that can be worked out by hand.
// What then comes of it must be sound for any network.
import fc from "fast-check";
import { expect, test } from "vitest";
import { layeredNetwork, layeredRates } from "../../twin/forecast/network-means.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import { layeredMeans } from "../../twin/theory/layered-means.ts";
import { saturation } from "../../twin/theory/layered-saturation.ts";
import { delay, edge, fifo, operation, program, ps } from "./networks.ts";
import { everyFeatureCase } from "./random-networks.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;

test("a FIFO station's servers are workers, a PS station's are shared, a delay has neither", () => {
  const spec: NetworkSpec = {
    stations: [
      { ...fifo(3), batch: { sizeMax: 2 } },
      { ...ps(4), workerCount: 20, throttle: { periodSeconds: 0.1, quotaSeconds: 0.15 } },
      { ...ps(2), pause: { intervalSeconds: 10, durationSeconds: 1 }, replicaWeights: [0.3, 0.7] },
      delay(),
    ],
    operations: [],
    edges: [],
  };
  expect(layeredNetwork(spec).stations).toEqual([
    { sharedServerCount: UNLIMITED, workerCount: 6, replicaCount: 1, busiestShare: 1 },
    { sharedServerCount: expect.closeTo(1.5, 12), workerCount: 20, replicaCount: 1, busiestShare: 1 },
    { sharedServerCount: expect.closeTo(1.8, 12), workerCount: UNLIMITED, replicaCount: 2, busiestShare: 0.7 },
    { sharedServerCount: UNLIMITED, workerCount: UNLIMITED, replicaCount: 1, busiestShare: 1 },
  ]);
});

test("a policy that evens out the load leaves no replica busier than the others", () => {
  const station = { ...fifo(1), replicaWeights: [0.3, 0.7], balancing: "least-outstanding" } as const;
  const [found] = layeredNetwork({ stations: [station], operations: [], edges: [] }).stations;
  expect(found!.busiestShare).toBe(0.5);
});

test("a visit's work is that of all its segments, its calls keep their groups and mean gaps", () => {
  const spec: NetworkSpec = {
    stations: [delay()],
    operations: [
      // Rows of 1 + 2 and 3 + 4 seconds.
      operation(0, program([1, 2, 3, 4], [[0, 1]])),
      operation(0, program([5])),
    ],
    edges: [
      { calleeOperation: 1, gapSamples: Float64Array.of(1, 3), isAsync: false },
      { calleeOperation: 1, gapSamples: Float64Array.of(0), isAsync: true },
    ],
  };
  const [caller, callee] = layeredNetwork(spec).operations;
  expect(caller!.programs).toEqual([
    {
      share: 1,
      workSeconds: 5,
      workVariation: expect.closeTo(2 / 5, 12),
      groups: [
        [
          { operation: 1, gapSeconds: 2, isAsync: false },
          { operation: 1, gapSeconds: 0, isAsync: true },
        ],
      ],
    },
  ]);
  expect(callee!.programs[0]).toMatchObject({ workSeconds: 5, workVariation: 0, groups: [] });
});

test("a pool of connections is a station that a call passes, held until the answer", () => {
  const spec: NetworkSpec = {
    stations: [{ ...ps(1), replicaWeights: [0.5, 0.5] }, delay()],
    operations: [operation(0, program([1, 1], [[0]])), operation(1, program([2]))],
    edges: [{ ...edge(1, 0.5), pool: 0 }],
    pools: [{ station: 0, connectionCount: 7 }],
  };
  const network = layeredNetwork(spec);
  expect(network.stations[2]).toEqual({
    sharedServerCount: UNLIMITED,
    workerCount: 7,
    replicaCount: 2,
    busiestShare: 0.5,
  });
  expect(network.operations[0]!.programs[0]!.groups).toEqual([[{ operation: 2, gapSeconds: 0, isAsync: false }]]);
  expect(network.operations[2]).toEqual({
    station: 2,
    programs: [
      { share: 1, workSeconds: 0, workVariation: 0, groups: [[{ operation: 1, gapSeconds: 0.5, isAsync: false }]] },
    ],
  });
  expect(Array.from(layeredRates(network, [3, 0]))).toEqual([3, 0, 0]);
});

test("a call that would close a circle is left out", () => {
  const spec: NetworkSpec = {
    stations: [delay()],
    operations: [operation(0, program([1, 1], [[0]])), operation(0, program([1, 1], [[1]]))],
    edges: [edge(1), edge(0)],
  };
  const { operations } = layeredNetwork(spec);
  expect(operations.map((each) => each.programs[0]!.groups[0]!.length)).toEqual([1, 0]);
});

test("any network: what it can take is finite or unlimited, and just below it every visit lasts longer than alone", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (number) => {
      const { spec } = everyFeatureCase(number);
      const network = layeredNetwork(spec);
      const rates = layeredRates(network, new Float64Array(spec.operations.length).fill(1));
      const { factor, bottleneck } = saturation(network, rates);
      expect(factor).toBeGreaterThan(0);
      expect(bottleneck === null).toBe(factor === UNLIMITED);
      const scale = (share: number) => rates.map((rate) => rate * share * Math.min(factor, 1000));
      const busy = layeredMeans(network, scale(0.95)).sojournSeconds;
      const idle = layeredMeans(network, scale(1e-9)).sojournSeconds;
      busy.forEach((seconds, operation) => {
        expect(seconds).toBeGreaterThanOrEqual(idle[operation]! * (1 - 1e-6));
        expect(seconds).toBeLessThan(UNLIMITED);
      });
    }),
    { numRuns: 200, seed: 17 },
  );
});
