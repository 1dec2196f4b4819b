import type { Observation } from "../../src/contracts/observation.ts";
import type { SimulatedVisits } from "../kernel/spec.ts";
import { Reference } from "../learning/reference.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import type { JobsByNode } from "./in-flight.ts";
import type { BuiltNetwork } from "./network-builder.ts";
import type { NetworkVariant } from "./network-variants.ts";
import { runReplicate } from "./replicate-run.ts";

/** Sojourn times of one operation in every replicate of a window. */
export interface SimulatedOperation {
  readonly replicates: readonly Float64Array[];
  readonly pooled: Reference;
}

/** What the station of one node did in each replicate of a window. */
export interface SimulatedStation {
  /** Busy servers / servers; NaN in replicates in which it has no limit. */
  readonly utilization: Float64Array;
  /** Mean wait of the visits that departed; NaN where none did. */
  readonly waitingSeconds: Float64Array;
}

export interface SimulatedWindow {
  /** By topology operation. */
  readonly operations: ReadonlyMap<number, SimulatedOperation>;
  /** By topology node. */
  readonly stations: ReadonlyMap<number, SimulatedStation>;
  /** Mean sojourn time of exogenous visits over all replicates, seconds; NaN when nobody came. */
  readonly entryMeanSeconds: number;
}

/** Visits of a window that one replicate plays, as far as it goes by whole parts of the window. */
const VISITS_PER_REPLICATE = 15_000;

/**
 * Runs the window's own arrivals through each of the networks. It starts with the visits that were under way then; visits
 * that depart inside the window count. Equal seeds give equal dice, whatever was changed in a network.
 *
 * Of a window with more visits than `VISITS_PER_REPLICATE` each replicate plays a part, and the parts together cover it: all
 * of the window is in what is pooled, at a cost that does not grow with the rate. A replicate then shows fewer visits
 * than the window, so that what differs among replicates (bands, variance of the shift) is too wide, never too narrow.
 *
 * @param options.variants one a replicate, all of the same operations; at least one
 * @param options.jobs visits of this window and the one before, by node and instance
 * @param options.traffic when it is of a sample, arrivals are made at its rates, and queues fill before the window; default: none is
 */
export function simulateWindow(options: {
  variants: readonly NetworkVariant[];
  window: Observation;
  jobs: JobsByNode;
  traffic?: TrafficEstimate;
  seed: number;
}): SimulatedWindow {
  const { variants, window } = options;
  const { topologyOperation } = variants[0]!.network;
  const isSampled = options.traffic?.isSampled === true;
  const samples = new Map<number, number[][]>();
  const stations = new Map<number, SimulatedStation>();
  let entrySum = 0;
  let entryCount = 0;
  for (let replicate = 0; replicate < variants.length; replicate++) {
    const { network } = variants[replicate]!;
    const part = isSampled ? window : partOf(window, replicate, variants.length);
    const visits = runReplicate({
      ...options,
      window: part,
      variant: variants[replicate]!,
      seed: options.seed + replicate,
    });
    const windowSeconds = part.endSeconds - part.startSeconds;
    recordStations(stations, visits, network, { replicate, count: variants.length, windowSeconds });
    for (let i = 0; i < visits.count; i++) {
      const sojourn = visits.sojournSeconds[i]!;
      if (isSampled && visits.arrivalSeconds[i]! + sojourn < 0) continue;
      const operation = topologyOperation[visits.operation[i]!]!;
      replicateSamples(samples, operation, variants.length)[replicate]!.push(sojourn);
      // A visit under way whose caller is not known is a root to the simulator.
      if (visits.isRoot[i] === 1 && window.topology.operations[operation]!.isEntry) {
        entrySum += sojourn;
        entryCount++;
      }
    }
  }
  const operations = new Map<number, SimulatedOperation>();
  for (const [operation, lists] of samples) {
    const replicates = lists.map((list) => Float64Array.from(list).sort());
    operations.set(operation, { replicates, pooled: new Reference(Float64Array.from(lists.flat())) });
  }
  return { operations, stations, entryMeanSeconds: entryCount === 0 ? Number.NaN : entrySum / entryCount };
}

/** The part of the window that a replicate plays: parts lie evenly over it, from its first moment to its last. */
function partOf(window: Observation, replicate: number, count: number): Observation {
  const share = VISITS_PER_REPLICATE / window.visits.count;
  if (share >= 1) return window;
  const seconds = window.endSeconds - window.startSeconds;
  const place = count > 1 ? replicate / (count - 1) : 0.5;
  const startSeconds = window.startSeconds + place * (1 - share) * seconds;
  return { ...window, startSeconds, endSeconds: startSeconds + share * seconds };
}

function replicateSamples(samples: Map<number, number[][]>, operation: number, replicates: number): number[][] {
  let lists = samples.get(operation);
  if (lists === undefined) {
    lists = Array.from({ length: replicates }, () => []);
    samples.set(operation, lists);
  }
  return lists;
}

function recordStations(
  stations: Map<number, SimulatedStation>,
  visits: SimulatedVisits,
  { spec, stationNode }: BuiltNetwork,
  run: { readonly replicate: number; readonly count: number; readonly windowSeconds: number },
): void {
  const waited = new Float64Array(spec.stations.length);
  const departed = new Float64Array(spec.stations.length);
  for (let i = 0; i < visits.count; i++) {
    const { station } = spec.operations[visits.operation[i]!]!;
    waited[station] = waited[station]! + visits.waitingSeconds[i]!;
    departed[station] = departed[station]! + 1;
  }
  let replica = 0;
  spec.stations.forEach(({ serverCount, replicaWeights }, station) => {
    let busySeconds = 0;
    for (const end = replica + replicaWeights.length; replica < end; replica++)
      busySeconds += visits.busySeconds[replica]!;
    const node = stationNode[station]!;
    const own = stations.get(node) ?? emptyStation(run.count);
    stations.set(node, own);
    const servers = serverCount * replicaWeights.length;
    own.utilization[run.replicate] = Number.isFinite(servers)
      ? busySeconds / (servers * run.windowSeconds)
      : Number.NaN;
    own.waitingSeconds[run.replicate] = waited[station]! / departed[station]!;
  });
}

function emptyStation(replicates: number): SimulatedStation {
  const nothing = (): Float64Array => new Float64Array(replicates).fill(Number.NaN);
  return { utilization: nothing(), waitingSeconds: nothing() };
}
