import type { FaultKind } from "../../src/contracts/score.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { edgesBetween, operationsAt, shiftGaps, shiftWork } from "./edits.ts";
import { gapsGain } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import { meanShiftSeconds, type Shifts, stallShifts } from "./shifts.ts";
import { likeliest, shiftedGain } from "./sizing.ts";

// Nothing moves at a node for a while, again and again: neither its own work nor what comes in and goes out.

/** Samples beyond this quantile of what is usual may have met a stall. */
const FAR_QUANTILE = 0.97;
const STALL_SHARES = [0.5, 1, 1.5];
const STALL_LENGTHS = [0.6, 1, 1.5];
/** Quotas and rivals stop a process many times a second; what comes less often than this is called a pause. */
const PAUSE_INTERVAL_MIN_SECONDS = 1.2;
const STALL_MIN_SECONDS = 0.005;
const STALL_MAX_SECONDS = 10;
const STALLED_MIN = 3;

interface Stall {
  readonly share: number;
  readonly longestSeconds: number;
}

export function proposeStalls(scene: Scene, node: number): Proposal[] {
  const into = edgesBetween(scene, { callee: node });
  const outOf = edgesBetween(scene, { caller: node });
  const work = stallsOfWork(scene, node);
  const gaps = likeliestGapStall(scene, into);
  const seen = [work, gaps].filter((each) => each !== null);
  if (seen.length === 0 || scene.window.topology.nodes[node]!.kind !== "service") return [];
  const longestSeconds = Math.max(...seen.map((each) => each.longestSeconds));
  const ownShifts = stallShifts(work?.share ?? 0, longestSeconds);
  const gapShifts = stallShifts(gaps?.share ?? 0, longestSeconds);
  // An answer waits in front of a stalled caller just as a request does in front of a stalled callee.
  const outShifts = likeliest<Shifts | null>([null, gapShifts], (each) =>
    each === null ? 0 : gapsGain(scene, outOf, each),
  );
  const shifted = new Map<number, Shifts>(into.map((edge) => [edge, gapShifts]));
  if (outShifts !== null) for (const edge of outOf) shifted.set(edge, outShifts);
  const share = Math.max(work?.share ?? 0, gaps?.share ?? 0);
  // Who comes at any time meets a stall with the chance of its share of time.
  const kind: FaultKind = longestSeconds / share > PAUSE_INTERVAL_MIN_SECONDS ? "pause" : "cpu";
  return [
    {
      node,
      kind,
      size: { value: share, unit: "share", addedSeconds: longestSeconds / 2 },
      instance: -1,
      fitted: 3,
      edit: (spec: NetworkSpec) => shiftGaps(shiftWork(spec, operationsAt(scene, node), ownShifts), shifted),
      gapShifts: shifted,
      directGain: 0,
      ownGain: shiftedGain(scene, node, ownShifts),
    },
  ];
}

function stallsOfWork(scene: Scene, node: number): Stall | null {
  const usual = scene.usual.get(node);
  const seen = scene.observed.ownTimes.get(node)?.seconds ?? [];
  if (usual === undefined) return null;
  const far = usual.quantile(FAR_QUANTILE);
  const middle = usual.quantile(0.5);
  const guess = stallGuess(
    seen.filter((each) => each > far).map((each) => each - middle),
    seen.length,
  );
  return guess && bestStall(guess, (shifts) => shiftedGain(scene, node, shifts));
}

/** Of the gaps of these edges; null when none explains them better than none. */
export function likeliestGapStall(scene: Scene, edges: readonly number[]): Stall | null {
  const excess: number[] = [];
  let count = 0;
  for (const edge of edges) {
    const reference = scene.knowledge.gaps.get(edge);
    const seen = scene.observed.gaps.get(edge) ?? [];
    if (reference === undefined || reference.count === 0) continue;
    const far = reference.quantile(FAR_QUANTILE);
    const middle = reference.quantile(0.5);
    count += seen.length;
    for (const gap of seen) if (gap > far) excess.push(gap - middle);
  }
  const guess = stallGuess(excess, count);
  return guess && bestStall(guess, (shifts) => gapsGain(scene, edges, shifts));
}

function stallGuess(excess: readonly number[], count: number): Stall | null {
  const share = (excess.length - (1 - FAR_QUANTILE) * count) / Math.max(1, count);
  if (excess.length < STALLED_MIN || share <= 0) return null;
  const longestSeconds = 1.1 * quantileOfSorted(Float64Array.from(excess).sort(), 0.9);
  return longestSeconds < STALL_MIN_SECONDS ? null : { share, longestSeconds };
}

function bestStall(guess: Stall, gain: (shifts: Shifts) => number): Stall | null {
  const tried = STALL_SHARES.flatMap((byShare) =>
    STALL_LENGTHS.map((byLength) => ({
      share: Math.min(0.98, guess.share * byShare),
      longestSeconds: Math.min(STALL_MAX_SECONDS, guess.longestSeconds * byLength),
    })),
  );
  const best = likeliest(tried, (each) => gain(stallShifts(each.share, each.longestSeconds)));
  const shifts = stallShifts(best.share, best.longestSeconds);
  return gain(shifts) > 0 && meanShiftSeconds(shifts) > 0 ? best : null;
}
