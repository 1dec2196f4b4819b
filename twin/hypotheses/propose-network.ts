import { quantileOfSorted } from "../learning/reference.ts";
import { edgesBetween, operationsAt, shiftGaps, shiftWork } from "./edits.ts";
import { gapsGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import { delayShifts, lossShifts, meanShiftSeconds, type Shifts } from "./shifts.ts";
import { likeliest, shiftedGain } from "./sizing.ts";

// The way to a node: longer for every call, or for those whose messages get lost.

const DELAY_FACTORS = [0.6, 0.8, 1, 1.25];
const DELAY_MIN_SECONDS = 0.0005;
const LOSS_FACTORS = [0.5, 0.75, 1, 1.4];
const LOSS_SHARE_MIN = 0.01;
const LOSS_SHARE_MAX = 0.9;
/** What is sent again comes at least so much later. */
const RESENT_SECONDS = 0.15;
const CALLS_MIN = 4;
/** Round trips of a visit to who sends no telemetry. */
const UNSEEN_TRIPS = [1, 2, 4];

export function proposeNetwork(scene: Scene, node: number): Proposal[] {
  const into = edgesBetween(scene, { callee: node });
  const delay = likeliestDelay(scene, into);
  const loss = likeliestLoss(scene, into);
  return [
    ...(delay === null ? [] : delayed(scene, node, delay)),
    ...(loss === null ? [] : [proposal(scene, node, { kind: "network-loss", ...loss })]),
  ];
}

interface Slowdown {
  readonly shifts: Shifts;
  /** Seconds of delay, or share of calls. */
  readonly value: number;
}

/** The delay of calls along these edges that fits best; null when half of them are no later than usual. */
export function likeliestDelay(scene: Scene, edges: readonly number[]): Slowdown | null {
  const sorted = excessOf(scene, edges);
  const middle = quantileOfSorted(sorted, 0.5);
  if (sorted.length < CALLS_MIN || !(middle > DELAY_MIN_SECONDS)) return null;
  const tried = DELAY_FACTORS.map((each) => each * middle);
  const value = likeliest(tried, (each) => gapsGain(scene, edges, delayShifts(each)));
  return { value, shifts: delayShifts(value) };
}

function likeliestLoss(scene: Scene, edges: readonly number[]): Slowdown | null {
  const sorted = excessOf(scene, edges);
  const resent = sorted.filter((each) => each > RESENT_SECONDS).length / sorted.length;
  if (sorted.length < CALLS_MIN || resent <= LOSS_SHARE_MIN) return null;
  const tried = LOSS_FACTORS.map((each) => Math.min(LOSS_SHARE_MAX, each * resent));
  const value = likeliest(tried, (each) => gapsGain(scene, edges, lossShifts(each)));
  return { value, shifts: lossShifts(value) };
}

/** The way to a node is longer; and so may be its ways to what sends no telemetry, which then look like its own work. */
function delayed(scene: Scene, node: number, delay: Slowdown): Proposal[] {
  const plain = proposal(scene, node, { kind: "network-delay", ...delay });
  const seconds = likeliest(
    UNSEEN_TRIPS.map((trips) => trips * delay.value),
    (each) => shiftedGain(scene, node, delayShifts(each)),
  );
  const unseen = delayShifts(seconds);
  const ownGain = shiftedGain(scene, node, unseen);
  if (ownGain <= 0) return [plain];
  const operations = operationsAt(scene, node);
  return [
    plain,
    {
      ...plain,
      fitted: plain.fitted + 1,
      ownGain,
      edit: (spec) => plain.edit(shiftWork(spec, operations, unseen)),
    },
  ];
}

/** The node's end of the way is at fault when its own calls suffer as well. */
function proposal(
  scene: Scene,
  node: number,
  { kind, shifts, value }: Slowdown & { readonly kind: "network-delay" | "network-loss" },
): Proposal {
  const outOf = edgesBetween(scene, { caller: node }).filter((edge) => scene.observed.gaps.has(edge));
  const isBothWays = gapsGain(scene, outOf, shifts) > 0;
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

const RETRANSMIT_MEAN_SECONDS = meanShiftSeconds(lossShifts(1));

/** How much later than the usual median each call came, ascending. */
function excessOf({ knowledge, observed }: Scene, edges: readonly number[]): Float64Array {
  const excess = edges.flatMap((edge) => {
    const reference = knowledge.gaps.get(edge);
    if (reference === undefined || reference.count === 0) return [];
    const middle = reference.quantile(0.5);
    return (observed.gaps.get(edge) ?? []).map((gap) => gap - middle);
  });
  return Float64Array.from(excess).sort();
}
