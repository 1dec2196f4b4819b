import { scaleWork } from "../what-if/work-edits.ts";
import { operationsAt, scaleShare } from "./edits.ts";
import { scaledGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import type { Shifts } from "./shifts.ts";
import { FACTOR_MIN, likeliestFactor, OBSERVED_MIN } from "./sizing.ts";

// Own work that takes longer: at all replicas, or at one.

/** Gain that lets a proposal be simulated which no closed form can rule out. Nats. */
const WORTH_A_LOOK = 1;
const NO_SHIFTS: ReadonlyMap<number, Shifts> = new Map();

/** All work of a node takes longer by one factor, or only what it does for messages where it does other work as well. */
export function proposeSlower(scene: Scene, node: number): Proposal[] {
  const seen = scene.observed.ownTimes.get(node);
  if (seen === undefined || seen.seconds.length < OBSERVED_MIN) return [];
  const factor = likeliestFactor(scene, node);
  if (factor < FACTOR_MIN) return [];
  const all = operationsAt(scene, node);
  const consuming = all.filter((each) => isConsuming(scene, each));
  const kind = scene.window.topology.nodes[node]!.kind === "service" ? "slow-code" : "slow-dependency";
  const slower = (named: Proposal["kind"], operations: readonly number[]): Proposal => ({
    node,
    kind: named,
    size: { value: factor, unit: "factor", addedSeconds: Number.NaN },
    instance: -1,
    fitted: 1,
    edit: (spec) => scaleWork(spec, new Map(operations.map((each) => [each, factor]))),
    gapShifts: NO_SHIFTS,
    directGain: 0,
    // What only some of its visits do cannot be told from the whole without a simulation.
    ownGain: operations.length === all.length ? scaledGain(scene, node, factor) : WORTH_A_LOOK,
  });
  if (consuming.length === 0) return [slower(kind, all)];
  if (consuming.length === all.length) return [slower("slow-consumer", all)];
  return [slower(kind, all), slower("slow-consumer", consuming)];
}

/** An operation that only messages ask for. */
function isConsuming({ variants, window: { topology } }: Scene, operation: number): boolean {
  const callee = variants[0]!.network.topologyOperation[operation];
  const into = topology.edges.filter((edge) => edge.calleeOperation === callee);
  return into.length > 0 && into.every((edge) => edge.isAsync);
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
