import { scaleWork } from "../what-if/work-edits.ts";
import { edgesBetween, operationsAt, shiftGaps } from "./edits.ts";
import { gapsGain, scaledGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import { likeliestDelay } from "./propose-network.ts";
import { likeliestGapStall } from "./propose-stalls.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, stallShifts } from "./shifts.ts";
import { likeliest, likeliestFactor } from "./sizing.ts";

/** Either half must gain at least so much by itself, or it is not both. Nats. */
const HALF_MIN = 3;

/**
 * Too little CPU: a node's own work takes longer by a factor, and what it is sent waits before the node so much as looks
 * at it. Slower code does only the first, a slow network only the second.
 */
export function proposeStarved(scene: Scene, node: number): Proposal[] {
  if (scene.window.topology.nodes[node]!.kind !== "service") return [];
  const factor = likeliestFactor(scene, node);
  const ownGain = scaledGain(scene, node, factor);
  const into = edgesBetween(scene, { callee: node });
  const shifts = likeliestWait(scene, into);
  if (shifts === null || ownGain < HALF_MIN || gapsGain(scene, into, shifts) < HALF_MIN) return [];
  const gapShifts = new Map(into.map((edge) => [edge, shifts]));
  const factors = new Map(operationsAt(scene, node).map((each) => [each, factor]));
  return [
    {
      node,
      kind: "cpu",
      size: { value: factor, unit: "factor", addedSeconds: Number.NaN },
      instance: -1,
      fitted: 3,
      edit: (spec) => shiftGaps(scaleWork(spec, factors), gapShifts),
      gapShifts,
      directGain: 0,
      ownGain,
    },
  ];
}

/** How those who call it wait: all about as long, or only those who come at a bad time. */
function likeliestWait(scene: Scene, into: readonly number[]): Shifts | null {
  const stall = likeliestGapStall(scene, into);
  const waits = [
    likeliestDelay(scene, into)?.shifts ?? null,
    stall === null ? null : stallShifts(stall.share, stall.longestSeconds),
  ].filter((each) => each !== null);
  return waits.length === 0 ? null : likeliest(waits, (each) => gapsGain(scene, into, each));
}
