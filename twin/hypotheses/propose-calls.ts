import type { NetworkSpec } from "../kernel/spec.ts";
import { editOperations } from "../what-if/work-edits.ts";
import { effectiveShare } from "./bins.ts";
import { operationsAt } from "./edits.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";

// What no time shows: calls that nobody answers, and visits that make other calls than usual.

/** Even at rest so many calls go unanswered, or their spans are lost. */
const MISSING_FLOOR = 0.005;
const CRASH_SHARE_MIN = 0.05;
/** So far learned shares of programs are believed to wander by themselves. */
const PROGRAM_DISCREPANCY = 0.05;
const PROGRAM_VISITS_MIN = 8;
/** Visits that every program is believed to have had before any was seen. */
const PROGRAM_PRIOR = 0.5;

/** Visits that run a program nobody has run before, in quiet times. */
const STRANGE_SHARE = 0.01;

const UNCHANGED = (spec: NetworkSpec): NetworkSpec => spec;

export function proposeCrash(scene: Scene, node: number): Proposal[] {
  const { made, missing } = scene.observed.calls.get(node) ?? { made: 0, missing: 0 };
  const usual = Math.max(MISSING_FLOOR, scene.ratesOf(node)?.missingShare ?? 0);
  const share = missing / Math.max(1, made);
  if (share < usual + CRASH_SHARE_MIN) return [];
  const directGain = binomialGain(missing, made, usual);
  return [
    {
      node,
      kind: "crash",
      size: { value: share, unit: "share", addedSeconds: Number.NaN },
      instance: -1,
      fitted: 1,
      edit: UNCHANGED,
      gapShifts: new Map(),
      directGain,
      ownGain: 0,
    },
  ];
}

/** The visits of a node run other programs: more calls after misses of a cache, other branches, N + 1 calls. */
export function proposePrograms(scene: Scene, node: number): Proposal[] {
  const changed = operationsAt(scene, node)
    .map((operation) => ({ operation, ...programChange(scene, operation) }))
    .filter((each) => each.gain > 0);
  if (changed.length === 0) return [];
  const shares = new Map(changed.map((each) => [each.operation, each.shares]));
  return [
    {
      node,
      kind: "cache-miss",
      size: { value: Math.max(...changed.map((each) => each.distance)), unit: "share", addedSeconds: Number.NaN },
      instance: -1,
      fitted: changed.reduce((sum, each) => sum + each.fitted, 0),
      edit: (spec) =>
        editOperations(spec, shares.keys(), (operation, index) => ({
          ...operation,
          programs: operation.programs.map((program, k) => ({ ...program, probability: shares.get(index)![k]! })),
        })),
      gapShifts: new Map(),
      directGain: changed.reduce((sum, each) => sum + each.gain, 0),
      ownGain: 0,
    },
  ];
}

interface ProgramChange {
  /** Of the network's programs, as observed. */
  readonly shares: readonly number[];
  readonly gain: number;
  /** Total variation, programs never seen before included. */
  readonly distance: number;
  readonly fitted: number;
}

const NO_CHANGE: ProgramChange = { shares: [], gain: 0, distance: 0, fitted: 0 };

function programChange(scene: Scene, operation: number): ProgramChange {
  const { network } = scene.variants[0]!;
  const { programs } = network.spec.operations[operation]!;
  const counts = new Float64Array(programs.length);
  let strange = 0;
  for (const [program, count] of scene.observed.programs.get(network.topologyOperation[operation]!) ?? []) {
    const at = network.programIndex[program] ?? -1;
    if (at >= 0) counts[at] = count;
    else strange += count;
  }
  const known = counts.reduce((sum, each) => sum + each, 0);
  const n = known + strange;
  if (n < PROGRAM_VISITS_MIN || (programs.length < 2 && strange === 0)) return NO_CHANGE;
  const total = known + PROGRAM_PRIOR * programs.length;
  const shares = programs.map((_, k) => (counts[k]! + PROGRAM_PRIOR) / total);
  const strangeShare = strange / n;
  let gain = strangeShare > STRANGE_SHARE ? binomialGain(strange, n, STRANGE_SHARE) : 0;
  let distance = strangeShare;
  programs.forEach(({ probability }, k) => {
    const learned = (probability * known + PROGRAM_PRIOR) / total;
    gain += counts[k]! * Math.log(shares[k]! / learned);
    distance += (Math.abs(shares[k]! - learned) / 2) * (1 - strangeShare);
  });
  const fitted = programs.length - 1 + (strange > 0 ? 1 : 0);
  return { shares, gain: effectiveShare(n, PROGRAM_DISCREPANCY) * gain, distance, fitted };
}

/** Log likelihood of `hits` of n at their own share, over that at the usual one. */
function binomialGain(hits: number, n: number, usual: number): number {
  const share = hits / n;
  return hits * Math.log(share / usual) + (share < 1 ? (n - hits) * Math.log((1 - share) / (1 - usual)) : 0);
}
