import type { FaultKind } from "../../src/contracts/score.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { edgesBetween, shiftGaps } from "./edges.ts";
import { gapGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import { likeliest } from "./propose-work.ts";
import type { Scene } from "./scene.ts";
import { delayShifts, lossShifts, type Shifts } from "./shifts.ts";

/** The way to a node: longer for every call, or for those whose messages get lost. */

const DELAY_FACTORS = [0.6, 0.8, 1, 1.25];
const DELAY_MIN_SECONDS = 0.0005;
const LOSS_FACTORS = [0.5, 0.75, 1, 1.4];
const LOSS_SHARE_MIN = 0.01;
const LOSS_SHARE_MAX = 0.9;
/** What is sent again comes at least so much later. */
const RESENT_SECONDS = 0.15;
const CALLS_MIN = 4;

export function proposeNetwork(scene: Scene, node: number): Proposal[] {
  const into = edgesBetween(scene, { callee: node });
  const excess = into.flatMap((edge) => excessOf(scene, edge));
  if (excess.length < CALLS_MIN) return [];
  const sorted = Float64Array.from(excess).sort();
  const middle = quantileOfSorted(sorted, 0.5);
  const resent = sorted.filter((each) => each > RESENT_SECONDS).length / sorted.length;
  const found: Proposal[] = [];
  if (middle > DELAY_MIN_SECONDS) {
    const tried = DELAY_FACTORS.map((each) => each * middle);
    const seconds = likeliest(tried, (each) => gainOf(scene, into, delayShifts(each)));
    found.push(proposal(scene, node, { kind: "network-delay", shifts: delayShifts(seconds), value: seconds }));
  }
  if (resent > LOSS_SHARE_MIN) {
    const tried = LOSS_FACTORS.map((each) => Math.min(LOSS_SHARE_MAX, each * resent));
    const share = likeliest(tried, (each) => gainOf(scene, into, lossShifts(each)));
    found.push(proposal(scene, node, { kind: "network-loss", shifts: lossShifts(share), value: share }));
  }
  return found;
}

/** The node's end of the way is at fault when its own calls suffer as well. */
function proposal(
  scene: Scene,
  node: number,
  { kind, shifts, value }: { kind: FaultKind & ("network-delay" | "network-loss"); shifts: Shifts; value: number },
): Proposal {
  const outOf = edgesBetween(scene, { caller: node }).filter((edge) => scene.observed.gaps.has(edge));
  const isBothWays = gainOf(scene, outOf, shifts) > 0;
  const edges = [...edgesBetween(scene, { callee: node }), ...(isBothWays ? outOf : [])];
  const gapShifts = new Map(edges.map((edge) => [edge, shifts]));
  const isDelay = kind === "network-delay";
  return {
    node,
    kind,
    size: { value, unit: isDelay ? "seconds" : "share", addedSeconds: isDelay ? value : RETRANSMIT_MEAN_SECONDS },
    instance: -1,
    fitted: isBothWays ? 2 : 1,
    edit: (spec) => shiftGaps(spec, gapShifts),
    gapShifts,
    directGain: 0,
    ownGain: 0,
  };
}

const RETRANSMIT_MEAN_SECONDS = lossShifts(1).reduce((sum, each) => sum + each.weight * each.seconds, 0);

function gainOf(scene: Scene, edges: readonly number[], shifts: Shifts): number {
  return edges.reduce((sum, edge) => sum + gapGain(scene, edge, shifts), 0);
}

function excessOf({ knowledge, observed }: Scene, edge: number): number[] {
  const reference = knowledge.gaps.get(edge);
  if (reference === undefined || reference.count === 0) return [];
  const middle = reference.quantile(0.5);
  return (observed.gaps.get(edge) ?? []).map((gap) => gap - middle);
}
