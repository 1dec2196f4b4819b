// Goal: Little's law and the utilisation law are identities: they must hold in every run, at every replica, but for rounding.
// Method: random networks of all kinds of stations; numbers present are counted from arrivals and departures alone.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec, StationSpec } from "../../twin/kernel/spec.ts";
import { type Row, rowsOf } from "../twin/networks.ts";
import { everyFeatureCase, type RandomCase, randomCase } from "../twin/random-networks.ts";

const RUNS = { numRuns: 100, seed: 31 };
/** A counterexample is printed as the number of its network. */
const anyCase = fc.integer({ min: 1, max: 1_000_000 });

interface ReplicaRun {
  readonly station: StationSpec;
  readonly rows: readonly Row[];
  readonly busySeconds: number;
  readonly endSeconds: number;
  /** Does any visit wait for answers while it is there? */
  readonly hasCalls: boolean;
}

/** What happened at each replica of the network. */
function replicaRuns({ spec, arrivals, seed }: RandomCase): ReplicaRun[] {
  const visits = simulate(compileNetwork(spec), arrivals, { seed });
  expect(visits.isTruncated).toBe(false);
  const rows = rowsOf(visits);
  let replicaFirst = 0;
  return spec.stations.flatMap((station, index) => {
    const here = rows.filter((row) => spec.operations[row.operation]!.station === index);
    const first = replicaFirst;
    replicaFirst += station.replicaWeights.length;
    return station.replicaWeights.map((_, replica) => ({
      station,
      rows: here.filter((row) => row.replica === replica),
      busySeconds: visits.busySeconds[first + replica]!,
      endSeconds: visits.endSeconds,
      hasCalls: makesCalls(spec, index),
    }));
  });
}

function makesCalls(spec: NetworkSpec, station: number): boolean {
  return spec.operations.some((each) => each.station === station && each.programs.some((of) => of.groups.length > 0));
}

/** ∫ f(visits present) dt. */
function integrate(rows: readonly Row[], f: (present: number) => number): number {
  const changes = rows.flatMap((row) => [
    { at: row.arrival, by: 1 },
    { at: row.departure, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at);
  let present = 0;
  let last = 0;
  let total = 0;
  for (const { at, by } of changes) {
    total += f(present) * (at - last);
    present += by;
    last = at;
  }
  return total;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function forEveryReplica(caseOf: (number: number) => RandomCase, law: (run: ReplicaRun) => void): void {
  fc.assert(
    fc.property(anyCase, (number) => {
      for (const run of replicaRuns(caseOf(number))) law(run);
    }),
    RUNS,
  );
}

describe("in every run", { timeout: 60_000 }, () => {
  test("Little's law: the mean number present is the throughput times the mean sojourn time", () => {
    forEveryReplica(everyFeatureCase, ({ rows, endSeconds }) => {
      if (rows.length === 0) return;
      const throughput = rows.length / endSeconds;
      const meanSojourn = sum(rows.map((row) => row.sojourn)) / rows.length;
      expect(integrate(rows, (present) => present) / endSeconds).toBeCloseTo(throughput * meanSojourn, 9);
    });
  });

  test("utilisation law, FIFO: servers are busy for the throughput times the mean time one is held", () => {
    forEveryReplica(randomCase, ({ station, rows, busySeconds }) => {
      if (station.discipline !== "fifo") return;
      expect(busySeconds).toBeCloseTo(sum(rows.map((row) => row.sojourn - row.waiting)), 6);
    });
  });

  test("utilisation law, FIFO: servers are busy as long as visits are there that could use them", () => {
    forEveryReplica(randomCase, ({ station, rows, busySeconds }) => {
      if (station.discipline !== "fifo") return;
      expect(busySeconds).toBeCloseTo(
        integrate(rows, (present) => Math.min(present, station.serverCount)),
        6,
      );
    });
  });

  test("utilisation law, PS: servers do the work that is asked of them, at full rate while enough visits work", () => {
    forEveryReplica(randomCase, ({ station, rows, busySeconds, hasCalls }) => {
      // With calls the time at work cannot be told from the visits alone.
      if (station.discipline !== "ps" || hasCalls) return;
      expect(busySeconds).toBeCloseTo(sum(rows.map((row) => row.sojourn - row.waiting)), 6);
      expect(busySeconds).toBeCloseTo(
        integrate(rows, (present) => Math.min(present, station.serverCount)),
        6,
      );
    });
  });

  test("no station is busier than its servers can be", () => {
    forEveryReplica(everyFeatureCase, ({ station, busySeconds, endSeconds }) => {
      expect(busySeconds).toBeLessThanOrEqual(station.serverCount * endSeconds * (1 + 1e-9));
    });
  });
});
