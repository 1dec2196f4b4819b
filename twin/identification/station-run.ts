import type { StationStructure } from "../../src/contracts/forecast.ts";
import { compileNetwork } from "../kernel/compile-network.ts";
import { exponential, stream } from "../kernel/random.ts";
import { simulate } from "../kernel/simulate.ts";
import type { Arrivals, EdgeSpec, OperationSpec } from "../kernel/spec.ts";

/** One kind of work that one replica of a station does; the samples of each column are equally likely. Seconds. */
export interface StationWork {
  /** Own work of a visit, without waiting. */
  readonly serviceSeconds: Float64Array;
  /** How long a visit waits for its calls; empty when it makes none. */
  readonly childSeconds: Float64Array;
}

const OPEN_VISITS_MAX = 8192;
const NO_GAP = new Float64Array([0]);

/**
 * Runs one replica by itself: `arrivals.operation` counts kinds of `work`. Calls take the time they are said to take, whoever
 * answers them, so what happens elsewhere enters through `childSeconds` alone. Equal seeds give equal dice.
 *
 * @returns the own time (stay less calls: work, waiting and sharing) of each arrival in seconds, NaN for those it did not
 *   see leave; or null when it was so overloaded that visits piled up beyond 8192.
 */
export function simulateOwnTime(
  structure: StationStructure,
  work: readonly StationWork[],
  arrivals: Arrivals,
  seed: number,
): Float64Array | null {
  const kinds = work.length;
  const edges: EdgeSpec[] = work.map((_, kind) => ({
    calleeOperation: kinds + kind,
    gapSamples: NO_GAP,
    isAsync: false,
  }));
  const network = compileNetwork({
    stations: [
      { ...structure, replicaWeights: [1], balancing: "random" },
      { discipline: "delay", serverCount: Number.POSITIVE_INFINITY, replicaWeights: [1], balancing: "random" },
    ],
    operations: [...work.map(ownOperation), ...work.map(calledOperation)],
    edges,
  });
  const visits = simulate(network, arrivals, { seed, maxOpenVisits: OPEN_VISITS_MAX });
  if (visits.isTruncated) return null;
  const own = new Float64Array(arrivals.timeSeconds.length).fill(Number.NaN);
  const child = new Float64Array(own.length);
  for (let i = 0; i < visits.count; i++) {
    if (visits.isRoot[i] === 1) own[visits.root[i]!] = visits.sojournSeconds[i]!;
    else child[visits.root[i]!] = visits.sojournSeconds[i]!;
  }
  return own.map((stay, i) => stay - child[i]!);
}

function ownOperation(work: StationWork, kind: number): OperationSpec {
  const { serviceSeconds, childSeconds } = work;
  if (childSeconds.length === 0) return { station: 0, programs: [oneProgram(serviceSeconds, [])] };
  const rows = new Float64Array(2 * serviceSeconds.length);
  for (let row = 0; row < serviceSeconds.length; row++) rows[2 * row] = serviceSeconds[row]!;
  return { station: 0, programs: [oneProgram(rows, [[{ edge: kind }]])] };
}

function calledOperation(work: StationWork): OperationSpec {
  const { childSeconds } = work;
  return { station: 1, programs: [oneProgram(childSeconds.length === 0 ? NO_GAP : childSeconds, [])] };
}

function oneProgram(segmentSamples: Float64Array, groups: OperationSpec["programs"][number]["groups"]) {
  return { probability: 1, segmentSamples, groups, blockLength: 1 };
}

/** `count` Poisson arrivals at the sum of `ratesPerSecond`, each of a kind drawn in proportion to its rate. */
export function poissonArrivals(ratesPerSecond: readonly number[], count: number, seed: number): Arrivals {
  const total = ratesPerSecond.reduce((sum, rate) => sum + rate, 0);
  const gaps = stream(seed, "station", "arrivals");
  const kinds = stream(seed, "station", "kinds");
  const timeSeconds = new Float64Array(count);
  const operation = new Uint32Array(count);
  let now = 0;
  for (let i = 0; i < count; i++) {
    now += exponential(gaps, 1 / total);
    timeSeconds[i] = now;
    let rest = kinds.nextUniform() * total;
    while (operation[i]! + 1 < ratesPerSecond.length && rest >= ratesPerSecond[operation[i]!]!) {
      rest -= ratesPerSecond[operation[i]!]!;
      operation[i] = operation[i]! + 1;
    }
  }
  return { timeSeconds, operation };
}
