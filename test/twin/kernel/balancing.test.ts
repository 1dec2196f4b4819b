// Goal: balancing by load sends visits where fewer are. Method: exact small cases; then order and limits known from theory.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { StationSpec } from "../../../twin/kernel/spec.ts";
import { meanSojournSeconds } from "../../../twin/theory/markov-queues.ts";
import { type Interval, meanSojourn, replicate } from "../../theory/replications.ts";
import { arrivalsAt, delay, exponentialTable, fifo, poissonArrivals, rowsOfOperation, single } from "../networks.ts";

const replicas = (count: number, balancing: StationSpec["balancing"]): StationSpec => ({
  ...fifo(1),
  replicaWeights: new Array(count).fill(1 / count),
  balancing,
});

function chosen(station: StationSpec, serviceSeconds: number, ...timeSeconds: number[]): number[] {
  const visits = simulate(compileNetwork(single(station, [serviceSeconds])), arrivalsAt(...timeSeconds), { seed: 1 });
  return rowsOfOperation(visits, 0).map((row) => row.replica);
}

describe("least outstanding", () => {
  test("takes the replica with the fewest visits, queued ones counted, and the first among equals", () => {
    // At 10.5 s all have one; at 11.5 s the first has two, the second none.
    expect(chosen(replicas(3, "least-outstanding"), 10, 0, 1, 2, 3, 10.5, 11.5)).toEqual([0, 1, 2, 0, 0, 1]);
  });

  test("a replica of weight 0 gets nothing", () => {
    const station: StationSpec = { ...delay(), replicaWeights: [0, 0.5, 0, 0.5], balancing: "least-outstanding" };
    expect(chosen(station, 100, 0, 1, 2, 3)).toEqual([1, 3, 1, 3]);
  });

  test("a refused visit is no longer outstanding", () => {
    const station = { ...replicas(2, "least-outstanding"), queueCapacity: 0 };
    // Both are taken at 1 s; the two that come then find each a tie.
    expect(chosen(station, 10, 0, 1, 2, 3)).toEqual([0, 1, 0, 0]);
  });
});

test("in turn: one after the other; power of two: never the worse of the two drawn", () => {
  expect(chosen(replicas(3, "round-robin"), 10, 0, 1, 2, 3, 4)).toEqual([0, 1, 2, 0, 1]);
  // With two replicas, drawing both alike four times in a row over 200 visits keeps them within a few of each other.
  const counts = [0, 0];
  for (const replica of chosen(replicas(2, "power-of-two"), 1e6, ...Array.from({ length: 200 }, (_, i) => i)))
    counts[replica]!++;
  expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThan(12);
});

test("the mean sojourn times of four replicas at 0.8 are those of M/M/1 when drawn, and better the more is known", () => {
  const seed = 31;
  const of = (balancing: StationSpec["balancing"]): Interval =>
    replicate(
      single(replicas(4, balancing), exponentialTable(0.1)),
      seed,
      (s) => poissonArrivals(32, 20_000, s),
      meanSojourn,
    );
  const random = of("random");
  const two = of("power-of-two");
  const least = of("least-outstanding");
  const alone = meanSojournSeconds({ arrivalRatePerSecond: 8, meanServiceSeconds: 0.1, serverCount: 1 });
  const pooled = meanSojournSeconds({ arrivalRatePerSecond: 32, meanServiceSeconds: 0.1, serverCount: 4 });
  expect(Math.abs(random.mean - alone)).toBeLessThan(random.halfWidth);
  expect(two.mean + two.halfWidth).toBeLessThan(random.mean - random.halfWidth);
  expect(least.mean + least.halfWidth).toBeLessThan(two.mean - two.halfWidth);
  // One queue before all servers is the best there can be.
  expect(least.mean - least.halfWidth).toBeGreaterThan(pooled);
});

test("power of two among many replicas comes near Mitzenmacher's limit, the sum of ρ^(2^i − 2)", () => {
  const seed = 32;
  const spec = single(replicas(200, "power-of-two"), exponentialTable(1));
  const found = replicate(spec, seed, (s) => poissonArrivals(160, 20_000, s), meanSojourn);
  const limit = [1, 2, 3, 4, 5].reduce((sum, i) => sum + 0.8 ** (2 ** i - 2), 0);
  expect(Math.abs(found.mean / limit - 1)).toBeLessThan(0.03);
});
