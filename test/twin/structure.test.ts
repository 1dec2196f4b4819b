// Goal: from arrivals and departures alone, name the discipline and the number of servers, or say that they cannot be told.
// Method: simulated stations whose structure is known, at levels of load between 0.3 and 0.7 as a day would bring them.
import { describe, expect, test } from "vitest";
import type { StationStructure } from "../../src/contracts/forecast.ts";
import {
  type StationSample,
  type StructureSelection,
  selectStructures,
  selectStructuresOfInstances,
} from "../../twin/identification/structure.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { normal, stream } from "../../twin/kernel/random.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { Arrivals, NetworkSpec, StationSpec } from "../../twin/kernel/spec.ts";
import {
  delay,
  edge,
  fifo,
  lognormalTable,
  operation,
  poissonLevels,
  program,
  ps,
  rowsOf,
  seenBy,
  single,
} from "./networks.ts";

const MEAN_SECONDS = 0.01;
const LEVELS = [0.3, 0.5, 0.7, 0.4];

interface Watch {
  readonly levels?: readonly number[];
  readonly count?: number;
  readonly variation?: number;
  /** Standard deviation of the error of each timestamp, in mean service times. */
  readonly noise?: number;
  readonly seed: number;
}

function watch(station: StationSpec, options: Watch): StationSample {
  const { levels = LEVELS, count = 8000, variation = 1, noise = 0, seed } = options;
  const capacity = (Number.isFinite(station.serverCount) ? station.serverCount : 4) / MEAN_SECONDS;
  const arrivals = poissonLevels(
    levels.map((level) => level * capacity),
    count,
    seed,
  );
  const spec = single(station, lognormalTable(MEAN_SECONDS, variation, seed));
  const seen = seenBy(simulate(compileNetwork(spec), arrivals, { seed }));
  const random = stream(seed, "clock", "noise");
  const error = () => (noise === 0 ? 0 : normal(random, 0, noise * MEAN_SECONDS));
  const stamped = Array.from(seen.arrivals, (arrival, i) => {
    const start = arrival + error();
    return { start, end: Math.max(start, seen.departures[i]! + error()) };
  }).sort((a, b) => a.start - b.start);
  return {
    arrivals: Float64Array.from(stamped, (each) => each.start),
    departures: Float64Array.from(stamped, (each) => each.end),
    childSeconds: new Float64Array(stamped.length),
    classes: new Uint32Array(stamped.length),
  };
}

/** What a tracer would see of operation 0, each visit of which calls operation 1 once. */
function callersOf(spec: NetworkSpec, arrivals: Arrivals, seed: number): StationSample {
  const rows = rowsOf(simulate(compileNetwork(spec), arrivals, { seed }));
  const callees = new Map(rows.filter((row) => row.operation === 1).map((row) => [row.root, row.sojourn]));
  const callers = rows.filter((row) => row.operation === 0).sort((a, b) => a.arrival - b.arrival);
  return {
    arrivals: Float64Array.from(callers, (row) => row.arrival),
    departures: Float64Array.from(callers, (row) => row.departure),
    childSeconds: Float64Array.from(callers, (row) => callees.get(row.root)!),
    classes: new Uint32Array(callers.length),
  };
}

/** 28 stations: both disciplines, 1 to 8 servers, service from even to very uneven. */
const STATIONS = [fifo, ps].flatMap((kind, k) =>
  [1, 2, 3, 4, 8].flatMap((serverCount) =>
    [0.5, 1, 1.5]
      .map((variation) => ({ station: kind(serverCount), variation, seed: 100 * serverCount + 10 * variation + k }))
      .slice(0, serverCount === 3 ? 2 : 3),
  ),
);

function isSame(structure: StationStructure, station: StationSpec): boolean {
  return structure.discipline === station.discipline && structure.serverCount === station.serverCount;
}

function selectAll(noise: number) {
  return STATIONS.map(({ station, variation, seed }) => ({
    station,
    name: `${station.discipline}(${station.serverCount}) variation ${variation} seed ${seed}`,
    selection: selectStructures(watch(station, { variation, noise, seed })),
  }));
}

describe("loaded stations", { timeout: 120_000 }, () => {
  test("(discipline, servers) is named right at nine stations of ten, and is plausible and identified at every one", () => {
    const all = selectAll(0);
    const wrong = all.filter(({ selection, station }) => !isSame(selection.best, station)).map(({ name }) => name);
    expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(0.1 * all.length);
    const lost = all.filter(({ selection, station }) => !selection.plausible.some((each) => isSame(each, station)));
    expect(lost.map(({ name }) => name)).toEqual([]);
    expect(all.filter(({ selection }) => !selection.isIdentified).map(({ name }) => name)).toEqual([]);
  });

  test("timestamps off by a tenth of a service time leave it plausible in nine cases of ten, and the servers right", () => {
    const all = selectAll(0.1);
    const lost = all.filter(({ selection, station }) => !selection.plausible.some((each) => isSame(each, station)));
    expect(lost.length, lost.map(({ name }) => name).join("; ")).toBeLessThanOrEqual(0.1 * all.length);
    const miscounted = all.filter(({ selection, station }) => selection.best.serverCount !== station.serverCount);
    expect(miscounted.length, miscounted.map(({ name }) => name).join("; ")).toBeLessThanOrEqual(0.1 * all.length);
  });

  test("the utilization of the true structure is that of the load", () => {
    const { statistics } = selectStructures(watch(fifo(4), { levels: [0.5], seed: 3 }));
    const truth = statistics.find(({ structure }) => isSame(structure, fifo(4)))!;
    expect(truth.utilization).toBeGreaterThan(0.47);
    expect(truth.utilization).toBeLessThan(0.53);
    expect(truth.violationShare).toBe(0);
  });

  test("kinds of work of very different length do not mislead: each is compared with its like", () => {
    // Long work comes only at the high level, so that without classes load would seem to make work longer.
    const spec: NetworkSpec = {
      stations: [fifo(2)],
      operations: [
        operation(0, program(lognormalTable(0.005, 0.5, 1))),
        operation(0, program(lognormalTable(0.02, 0.5, 2))),
      ],
      edges: [],
    };
    const { timeSeconds } = poissonLevels([60, 100], 8000, 4);
    const end = timeSeconds.at(-1)!;
    const kinds = Uint32Array.from(timeSeconds, (time, i) => (time > end / 2 && i % 2 === 0 ? 1 : 0));
    const visits = simulate(compileNetwork(spec), { timeSeconds, operation: kinds }, { seed: 4 });
    const rows = rowsOf(visits).sort((a, b) => a.arrival - b.arrival);
    const sample: StationSample = {
      arrivals: Float64Array.from(rows, (row) => row.arrival),
      departures: Float64Array.from(rows, (row) => row.departure),
      childSeconds: new Float64Array(rows.length),
      classes: Uint32Array.from(rows, (row) => row.operation),
    };
    expect(selectStructures(sample).plausible.some((each) => isSame(each, fifo(2)))).toBe(true);
  });
});

describe("workers that call", () => {
  test("a pool of 4 that waits for a loaded callee is named as that, not as what the callee is", () => {
    const spec: NetworkSpec = {
      stations: [fifo(4), fifo(2)],
      operations: [
        operation(0, program(lognormalTable(0.01, 0.8, 1), [[0]])),
        operation(1, program(lognormalTable(0.02, 1, 2))),
      ],
      edges: [edge(1)],
    };
    const selection = selectStructures(callersOf(spec, poissonLevels([25, 50, 75, 40], 8000, 5), 5));
    expect(selection.best).toEqual({ discipline: "fifo", serverCount: 4 });
    expect(selection.isIdentified).toBe(true);
  });
});

describe("CPUs that call", () => {
  test("a shared CPU is named though only the time in calls is known, not when", () => {
    for (const serverCount of [1, 2, 4]) {
      const rate = serverCount / 0.01;
      const spec: NetworkSpec = {
        stations: [ps(serverCount), fifo(2)],
        operations: [
          operation(0, program(lognormalTable(0.005, 0.8, 1, 8000), [[0]])),
          operation(1, program(lognormalTable(1.2 / rate, 1, 2))),
        ],
        edges: [edge(1)],
      };
      const arrivals = poissonLevels(
        LEVELS.map((level) => level * rate),
        8000,
        serverCount,
      );
      expect(selectStructures(callersOf(spec, arrivals, serverCount)).best).toEqual({ discipline: "ps", serverCount });
    }
  });
});

describe("what cannot be told", () => {
  const names = (selection: StructureSelection) =>
    selection.plausible.map((each) => `${each.discipline} ${each.serverCount}`);

  test.each([fifo(1), ps(1), fifo(4), ps(8)])(
    "an idle station ($discipline, $serverCount) is not identified; the truth stays plausible",
    (station) => {
      const selection = selectStructures(watch(station, { levels: [0.03, 0.06], count: 3000, seed: 6 }));
      expect(selection.isIdentified).toBe(false);
      expect(names(selection)).toContain(`${station.discipline} ${station.serverCount}`);
      expect(selection.plausible.length).toBeGreaterThan(3);
    },
  );

  test("a station without a limit is taken for one, and not for a small one", () => {
    const selection = selectStructures(watch(delay(), { seed: 7 }));
    expect(selection.isIdentified).toBe(false);
    expect(names(selection)).toContain("delay Infinity");
    expect(names(selection)).not.toContain("fifo 1");
    expect(names(selection)).not.toContain("ps 2");
  });

  test("a hundred visits are too few, however loaded", () => {
    const selection = selectStructures(watch(fifo(1), { levels: [0.7], count: 100, seed: 8 }));
    expect(selection.isIdentified).toBe(false);
    expect(names(selection)).toContain("fifo 1");
  });

  test("no visits at all leave every structure plausible", () => {
    const none: StationSample = {
      arrivals: new Float64Array(),
      departures: new Float64Array(),
      childSeconds: new Float64Array(),
      classes: new Uint32Array(),
    };
    const selection = selectStructures(none);
    expect(selection.isIdentified).toBe(false);
    expect(selection.plausible.length).toBe(selection.statistics.length);
    expect(selection.best.discipline).toBe("delay");
  });
});

describe("several instances", () => {
  test("four with too little each to tell are told together", () => {
    const samples = [1, 2, 3, 4].map((seed) => watch(fifo(2), { count: 250, seed }));
    for (const sample of samples) expect(selectStructures(sample).isIdentified).toBe(false);
    const together = selectStructuresOfInstances(samples);
    expect(together.plausible.some((each) => isSame(each, fifo(2)))).toBe(true);
    expect(together.isIdentified).toBe(true);
  });
});
