// Goal: two scenarios differ by what was changed, not by other dice.
// Method: the same chain of two stations, simulated as it is and with a slower back.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { Arrivals, NetworkSpec, SimulatedVisits } from "../../twin/kernel/spec.ts";
import { delay, edge, fifo, lognormalTable, operation, poissonArrivals, program, rowsOf } from "./networks.ts";

function run({ spec, arrivals, seed }: { spec: NetworkSpec; arrivals: Arrivals; seed: number }): SimulatedVisits {
  return simulate(compileNetwork(spec), arrivals, { seed });
}

describe("common random numbers", () => {
  // A front forks to a back that nobody waits for: what happens at the back cannot reach the front.
  const chain = (backSamples: Float64Array, isAsync: boolean): NetworkSpec => ({
    stations: [fifo(2), fifo(1)],
    operations: [
      operation(
        0,
        program(
          Array.from(lognormalTable(0.1, 1, 1, 500)).flatMap((seconds) => [seconds, 0]),
          [[0]],
        ),
      ),
      operation(1, program(backSamples)),
    ],
    edges: [edge(1, 0, isAsync)],
  });
  const back = lognormalTable(0.05, 1, 2, 500);

  test("a back that became slower leaves the front it is not waited for by bit-identical", () => {
    const arrivals = poissonArrivals(12, 2000, 3);
    const front = (spec: NetworkSpec) => rowsOf(run({ spec, arrivals, seed: 5 })).filter((row) => row.operation === 0);
    const slower = front(
      chain(
        back.map((seconds) => seconds * 1.5),
        true,
      ),
    );
    expect(slower).toEqual(front(chain(back, true)));
    expect(slower.length).toBe(2000);
  });

  test("the difference between two scenarios varies far less with the same dice than with other dice", () => {
    const mean = (spec: NetworkSpec, seed: number, arrivalSeed: number) => {
      const visits = run({ spec, arrivals: poissonArrivals(8, 1000, arrivalSeed), seed });
      return (
        rowsOf(visits)
          .filter((row) => row.isRoot)
          .reduce((sum, row) => sum + row.sojourn, 0) / 1000
      );
    };
    const normal = chain(back, false);
    const slower = chain(
      back.map((seconds) => seconds * 1.1),
      false,
    );
    const variance = (values: number[]) => {
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    };
    const seeds = Array.from({ length: 20 }, (_, i) => i);
    const same = variance(seeds.map((seed) => mean(slower, seed, 1) - mean(normal, seed, 1)));
    const other = variance(seeds.map((seed) => mean(slower, seed, 1) - mean(normal, seed + 100, 1)));
    expect(same).toBeLessThan(other / 5);
  });
});

test("entities of the same make draw from dice of their own: their choices do not go together", () => {
  const samples = lognormalTable(1, 1, 9, 500);
  const either = operation(
    0,
    { ...program(samples), probability: 0.5 },
    { ...program(samples.map((seconds) => seconds + 100)), probability: 0.5 },
  );
  const visits = run({
    spec: { stations: [delay()], operations: [either, either], edges: [] },
    arrivals: {
      timeSeconds: Float64Array.from({ length: 4000 }, (_, i) => 1000 * i),
      operation: Uint32Array.from({ length: 4000 }, (_, i) => i % 2),
    },
    seed: 6,
  });
  const seconds = visits.sojournSeconds;
  let sameProgram = 0;
  let sameRow = 0;
  for (let i = 0; i < 4000; i += 2) {
    sameProgram += seconds[i]! > 100 === seconds[i + 1]! > 100 ? 1 : 0;
    sameRow += Math.abs((seconds[i]! % 100) - (seconds[i + 1]! % 100)) < 1e-6 ? 1 : 0;
  }
  // Half of 2000 pairs choose alike by chance, one in 500 draws the same row; four standard deviations.
  expect(Math.abs(sameProgram - 1000)).toBeLessThan(90);
  expect(sameRow).toBeLessThan(13);
});
