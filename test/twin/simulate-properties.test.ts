// Goal: laws that hold for every network must hold for what the simulator makes of it.
// Method: random networks without cycles; the laws are checked from the visits alone, as a tracer would see them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec, SimulatedVisits } from "../../twin/kernel/spec.ts";
import { byReplica, integrate } from "./laws.ts";
import { arrivalsAt, delay, fifo, lognormalTable, poissonArrivals, ps, type Row, rowsOf, single } from "./networks.ts";
import { type RandomCase, randomCase, sideBySide } from "./random-networks.ts";

const RUNS = { numRuns: 60, seed: 7 };
/** A counterexample is printed as the number of its network. */
const anyCase = fc.integer({ min: 1, max: 1_000_000 });

function run({ spec, arrivals, seed }: RandomCase): SimulatedVisits {
  return simulate(compileNetwork(spec), arrivals, { seed });
}

function makesCalls(spec: NetworkSpec, row: Row): boolean {
  return spec.operations[row.operation]!.programs[0]!.groups.length > 0;
}

describe("laws over random networks", () => {
  test("every visit that the programs ask for happens, once", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        const { spec, arrivals } = random;
        const visits = run(random);
        const wanted = new Float64Array(spec.operations.length);
        const ask = (asked: number): void => {
          wanted[asked]! += 1;
          for (const call of spec.operations[asked]!.programs[0]!.groups.flat())
            ask(spec.edges[call.edge]!.calleeOperation);
        };
        arrivals.operation.forEach(ask);
        const found = new Float64Array(spec.operations.length);
        for (const row of rowsOf(visits)) found[row.operation]! += 1;
        expect(visits.isTruncated).toBe(false);
        expect(found).toEqual(wanted);
        expect(rowsOf(visits).filter((row) => row.isRoot).length).toBe(arrivals.timeSeconds.length);
      }),
      RUNS,
    );
  });

  test("visits come in order of departure, ties in order of arrival, and lie after the arrival they descend from", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        const visits = run(random);
        const rows = rowsOf(visits);
        const isWrong = (row: Row, i: number) => {
          const before = rows[i - 1] ?? row;
          if (row.departure < before.departure - 1e-12) return true;
          if (row.departure === before.departure && row.arrival < before.arrival) return true;
          if (row.waiting < 0 || row.waiting > row.sojourn + 1e-9) return true;
          return row.arrival < random.arrivals.timeSeconds[row.root]!;
        };
        expect(rows.find(isWrong)).toBe(undefined);
      }),
      RUNS,
    );
  });

  test("own time is all of a visit that calls nobody, and never more than the visit of one that does", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        const visits = run(random);
        rowsOf(visits).forEach((row, i) => {
          const own = visits.ownSeconds[i]!;
          if (makesCalls(random.spec, row)) expect(own).toBeLessThanOrEqual(row.sojourn + 1e-9);
          else expect(own).toBeCloseTo(row.sojourn, 9);
          expect(own).toBeGreaterThanOrEqual(row.waiting);
        });
      }),
      RUNS,
    );
  });

  test("Little's law: the mean number at a replica is its throughput times the mean sojourn time", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        for (const rows of byReplica(rowsOf(run(random)), random.spec).values()) {
          const span = Math.max(...rows.map((row) => row.departure));
          const meanPresent =
            integrate(
              rows.map((row) => [row.arrival, row.departure]),
              (present) => present,
            ) / span;
          const meanSojourn = rows.reduce((sum, row) => sum + row.sojourn, 0) / rows.length;
          expect(meanPresent).toBeCloseTo((rows.length / span) * meanSojourn, 9);
        }
      }),
      RUNS,
    );
  });

  test("a FIFO replica never holds more visits than servers and never lets one wait while a server is free", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        for (const [key, rows] of byReplica(rowsOf(run(random)), random.spec)) {
          const station = random.spec.stations[Number(key.split("/")[0])]!;
          if (station.discipline !== "fifo") continue;
          const servers = station.serverCount;
          const held = rows.map((row) => [row.arrival + row.waiting, row.departure] as const);
          const beyond = integrate(held, (present) => Math.max(0, present - servers));
          expect(beyond).toBeLessThan(1e-9);
          // Utilization law: the servers are busy as long as visits that could use them are there.
          const busy = integrate(
            rows.map((row) => [row.arrival, row.departure]),
            (present) => Math.min(present, servers),
          );
          expect(busy).toBeCloseTo(
            rows.reduce((sum, row) => sum + row.sojourn - row.waiting, 0),
            6,
          );
          // In order of arrival; among those that arrived together any order will do.
          const starts = [...rows]
            .sort((a, b) => a.arrival - b.arrival || a.waiting - b.waiting)
            .map((row) => row.arrival + row.waiting);
          expect(starts.find((start, i) => i > 0 && start < starts[i - 1]! - 1e-9)).toBe(undefined);
        }
      }),
      RUNS,
    );
  });

  test("utilization law: a shared replica does all the work it can with who is there", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        for (const [key, rows] of byReplica(rowsOf(run(random)), random.spec)) {
          const station = random.spec.stations[Number(key.split("/")[0])]!;
          // With calls the time at work cannot be told from the visits alone.
          if (station.discipline !== "ps" || rows.some((row) => makesCalls(random.spec, row))) continue;
          const work = integrate(
            rows.map((row) => [row.arrival, row.departure]),
            (present) => Math.min(present, station.serverCount),
          );
          const asked = rows.reduce((sum, row) => sum + row.sojourn - row.waiting, 0);
          expect(work).toBeCloseTo(asked, 6);
        }
      }),
      RUNS,
    );
  });

  test("the same seed gives the same bytes, another seed others", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = randomCase(number);
        expect(run(random)).toEqual(run(random));
      }),
      { ...RUNS, numRuns: 20 },
    );
    const spec = single(fifo(1), lognormalTable(0.1, 1, 1));
    const of = (seed: number) => run({ spec, arrivals: poissonArrivals(5, 100, 1), seed }).sojournSeconds;
    expect(of(1)).not.toEqual(of(2));
  });

  test("a station nobody knows of changes nothing: every visit of the others keeps its bytes", () => {
    fc.assert(
      fc.property(anyCase, anyCase, (number, otherNumber) => {
        const random = randomCase(number);
        const shiftOperation = random.spec.operations.length;
        const bare = ({ operation: at, arrival, waiting, sojourn, replica }: Row) => [
          at,
          arrival,
          waiting,
          sojourn,
          replica,
        ];
        const alone = rowsOf(run(random)).map(bare);
        const together = rowsOf(run(sideBySide(random, randomCase(otherNumber))))
          .filter((row) => row.operation < shiftOperation)
          .map(bare);
        expect(together).toEqual(alone);
      }),
      { ...RUNS, numRuns: 30 },
    );
  });
});

test("visits of equal times keep their order on a shared server as on a FIFO one", () => {
  for (const station of [fifo(4), ps(4), delay()]) {
    const rows = rowsOf(run({ spec: single(station, [1]), arrivals: arrivalsAt(0, 0, 0, 0), seed: 1 }));
    expect(rows.map((row) => row.root)).toEqual([0, 1, 2, 3]);
  }
});
