import { scaleWork } from "../what-if/work-edits.ts";
import { operationsAt, scaleShare } from "./edits.ts";
import { scaledGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import type { Shifts } from "./shifts.ts";
import { FACTOR_MIN, likeliestFactor, OBSERVED_MIN } from "./sizing.ts";

// Own work that takes longer: at all replicas, or at one.

const NO_SHIFTS: ReadonlyMap<number, Shifts> = new Map();

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

function slowKind({ window: { topology } }: Scene, node: number): "slow-code" | "slow-dependency" | "slow-consumer" {
  if (topology.nodes[node]!.kind !== "service") return "slow-dependency";
  const isConsumer = topology.edges.some(
    (edge) => edge.isAsync && topology.operations[edge.calleeOperation]!.node === node,
  );
  return isConsumer ? "slow-consumer" : "slow-code";
}
