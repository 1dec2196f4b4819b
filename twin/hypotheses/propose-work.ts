import type { NetworkSpec } from "../kernel/spec.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { editOperations, scaleWork } from "../what-if/work-edits.ts";
import { ownTimeGain, scaledGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, shiftRows } from "./shifts.ts";

/** Own work that takes longer: at all replicas, or at one. */

const NO_SHIFTS: ReadonlyMap<number, Shifts> = new Map();
/** Less than this is no fault anybody would look for. */
const FACTOR_MIN = 1.1;
const FACTOR_MAX = 200;
/** Around a first guess, the factors tried. */
const GUESS_FACTORS = [0.6, 0.75, 0.87, 1, 1.15, 1.35];
const OBSERVED_MIN = 4;

/** All work of a node takes longer by one factor. */
export function proposeSlower(scene: Scene, node: number): Proposal[] {
  const seen = scene.observed.ownTimes.get(node);
  if (seen === undefined || seen.seconds.length < OBSERVED_MIN) return [];
  const factor = likeliestFactor(scene, node);
  if (factor < FACTOR_MIN) return [];
  return [
    {
      node,
      kind: slowKind(scene, node),
      size: { value: factor, unit: "factor", addedSeconds: Number.NaN },
      instance: -1,
      fitted: 1,
      edit: (spec) => scaleWork(spec, new Map(operationsAt(scene, node).map((each) => [each, factor]))),
      gapShifts: NO_SHIFTS,
      directGain: 0,
      ownGain: scaledGain(scene, node, factor),
    },
  ];
}

/** One replica of several takes longer: the one that gains most from that. */
export function proposeBadReplica(scene: Scene, node: number): Proposal[] {
  const instances = scene.knowledge.nodes.get(node)?.instances ?? [];
  if (instances.length < 2) return [];
  const found = instances
    .map(({ instance, weight }) => {
      const factor = likeliestFactor(scene, node, instance);
      return { instance, weight, factor, gain: scaledGain(scene, node, factor, instance) };
    })
    .sort((a, b) => b.gain - a.gain || a.instance - b.instance);
  const { instance, weight, factor, gain } = found[0]!;
  if (factor < FACTOR_MIN) return [];
  return [
    {
      node,
      kind: "bad-replica",
      size: { value: factor, unit: "factor", addedSeconds: Number.NaN },
      instance,
      fitted: 2,
      edit: (spec) => scaleShare(spec, operationsAt(scene, node), factor, weight),
      gapShifts: NO_SHIFTS,
      directGain: 0,
      ownGain: gain,
    },
  ];
}

/** What is gained when all own times of a node are believed to be longer by the likeliest factor; 0 when none is. */
export function slowerGain(scene: Scene, node: number): number {
  const factor = likeliestFactor(scene, node);
  return factor < FACTOR_MIN ? 0 : scaledGain(scene, node, factor);
}

function slowKind({ window: { topology } }: Scene, node: number): "slow-code" | "slow-dependency" | "slow-consumer" {
  if (topology.nodes[node]!.kind !== "service") return "slow-dependency";
  const isConsumer = topology.edges.some(
    (edge) => edge.isAsync && topology.operations[edge.calleeOperation]!.node === node,
  );
  return isConsumer ? "slow-consumer" : "slow-code";
}

/** The likeliest factor on the usual own times; queues are left to the simulation. */
export function likeliestFactor(scene: Scene, node: number, instance = -1): number {
  const usual = scene.usual.get(node);
  const seen = scene.observed.ownTimes.get(node);
  if (usual === undefined || seen === undefined) return 1;
  const meant = seen.seconds.filter((_, i) => instance < 0 || seen.instance[i] === instance);
  const sorted = Float64Array.from(meant).sort();
  const guess = quantileOfSorted(sorted, 0.5) / Math.max(1e-9, usual.quantile(0.5));
  if (!(guess > 0) || meant.length < OBSERVED_MIN) return 1;
  const tried = GUESS_FACTORS.map((each) => Math.min(FACTOR_MAX, guess * each));
  return likeliest(tried, (factor) => scaledGain(scene, node, factor, instance));
}

/** The one of several sizes, at least one, that gains most. */
export function likeliest<Size>(sizes: readonly Size[], gain: (size: Size) => number): Size {
  let best = sizes[0] as Size;
  let most = gain(best);
  for (const size of sizes.slice(1)) {
    const its = gain(size);
    if (its > most) {
      most = its;
      best = size;
    }
  }
  return best;
}

/** Operations of the network at a node. */
export function operationsAt({ variants, window }: Scene, node: number): number[] {
  const { topologyOperation } = variants[0]!.network;
  return [...topologyOperation.keys()].filter(
    (each) => window.topology.operations[topologyOperation[each]!]!.node === node,
  );
}

function scaleShare(spec: NetworkSpec, operations: readonly number[], factor: number, share: number): NetworkSpec {
  return editOperations(spec, operations, (operation) => ({
    ...operation,
    // Visits under way name their programs by number: the slow ones stand behind.
    programs: [
      ...operation.programs.map((program) => ({ ...program, probability: program.probability * (1 - share) })),
      ...operation.programs.map((program) => ({
        ...program,
        probability: program.probability * share,
        segmentSamples: program.segmentSamples.map((each) => each * factor),
      })),
    ],
  }));
}

/** Own work of these operations, delayed by the shifts at its beginning. */
export function shiftWork(spec: NetworkSpec, operations: readonly number[], shifts: Shifts): NetworkSpec {
  return editOperations(spec, operations, (operation) => ({
    ...operation,
    programs: operation.programs.map((program) => ({
      ...program,
      segmentSamples: shiftRows(program.segmentSamples, program.groups.length + 1, shifts),
    })),
  }));
}

/** What is gained when own times of a node come later by these shifts, queues left alone. */
export function shiftedGain(scene: Scene, node: number, shifts: Shifts): number {
  const usual = scene.usual.get(node);
  return usual === undefined ? 0 : ownTimeGain(scene, node, [...shiftRows(usual.sorted, 1, shifts)]);
}
