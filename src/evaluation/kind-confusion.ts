import type { Incident, Suspect } from "../contracts/incident.ts";
import { FAULT_KINDS, type FaultKind } from "../contracts/score.ts";
import type { Alarm } from "./alarms.ts";
import type { Matching } from "./match-events.ts";
import { type Estimate, proportion } from "./statistics.ts";

/** Names other fault injectors give to the kinds a verdict can name, lower case, with hyphens. */
const KIND_OF_ALIAS: Readonly<Record<string, FaultKind>> = {
  "cpu-contention": "cpu",
  "cpu-consumed": "cpu",
  "cpu-hog": "cpu",
  "cpu-load": "cpu",
  "cpu-stress": "cpu",
  delay: "network-delay",
  latency: "network-delay",
  "edge-delay": "network-delay",
  loss: "network-loss",
  "edge-loss": "network-loss",
  "packet-loss": "network-loss",
  "lost-capacity": "capacity",
  gc: "pause",
  "slow-database": "slow-dependency",
  "cache-miss-storm": "cache-miss",
  restart: "crash",
  "crash-restart": "crash",
};

export interface ConfusionRow {
  /** Fault as labelled. */
  readonly labelled: string;
  /** The kind a verdict would name it by; null when there is none, and then the row is in no accuracy. */
  readonly expected: FaultKind | null;
  /** How often each kind was said; `UNDECIDED` where none was preferred. */
  readonly said: Readonly<Record<string, number>>;
  /** Faults of this label that were not found. */
  readonly missed: number;
}

export interface KindConfusion {
  readonly rows: readonly ConfusionRow[];
  /**
   * Of the faults found that have a kind: how many were called by it, at opening and at the end. A verdict that prefers
   * no kind counts as a guess, 1 in the number of kinds, not as whichever kind stands first in a list.
   */
  readonly accuracyAtOpening: Estimate;
  readonly accuracyAtEnd: Estimate;
  /** The same at the end, of those whose guilty node was named first. */
  readonly accuracyAtRightNode: Estimate;
}

/** What was said when the first suspect's kind is no likelier than any other. */
export const UNDECIDED = "undecided";

const CHANCE = 1 / FAULT_KINDS.length;

/** The kind of a labelled fault in the words of a verdict; null when no verdict can name it. */
export function kindOfLabel(label: string): FaultKind | null {
  const plain = label.toLowerCase().replaceAll(/[_\s]+/g, "-");
  return FAULT_KINDS.find((kind) => kind === plain) ?? KIND_OF_ALIAS[plain] ?? null;
}

/** Rows show what was said at the end, sorted by label. */
export function kindConfusion(matching: Matching): KindConfusion {
  const labels = [...matching.detections.map((row) => row.fault), ...matching.missed].map((row) => row.fault.fault);
  const rows = [...new Set(labels)].toSorted().map((labelled): ConfusionRow => {
    const said: Record<string, number> = {};
    for (const { fault, alarm } of matching.detections) {
      const kind = saidKind(alarm.atEnd, alarm.atEnd.suspects);
      if (fault.fault.fault === labelled) said[kind] = (said[kind] ?? 0) + 1;
    }
    const missed = matching.missed.filter((row) => row.fault.fault === labelled).length;
    return { labelled, expected: kindOfLabel(labelled), said, missed };
  });
  const judged = matching.detections.filter(({ fault }) => kindOfLabel(fault.fault.fault) !== null);
  const atRightNode = judged.filter(({ fault, alarm }) => alarm.atEnd.suspects[0]?.node === fault.fault.service);
  const accuracy = (found: typeof judged, kindOf: (alarm: Alarm) => string) => {
    const credits = found.map(({ fault, alarm }) => {
      const kind = kindOf(alarm);
      if (kind === UNDECIDED) return CHANCE;
      return kind === kindOfLabel(fault.fault.fault) ? 1 : 0;
    });
    return proportion(
      credits.reduce((sum, credit) => sum + credit, 0),
      found.length,
    );
  };
  const atOpening = (alarm: Alarm) => saidKind(alarm.atOpening, alarm.atOpening.suspectsAtOpening);
  const atEnd = (alarm: Alarm) => saidKind(alarm.atEnd, alarm.atEnd.suspects);
  return {
    rows,
    accuracyAtOpening: accuracy(judged, atOpening),
    accuracyAtEnd: accuracy(judged, atEnd),
    accuracyAtRightNode: accuracy(atRightNode, atEnd),
  };
}

/** The kind an incident names, or `UNDECIDED`. */
export function saidKind(incident: Incident, suspects: readonly Suspect[]): string {
  const first = suspects[0];
  // Means of equal probabilities are equal up to rounding.
  return first !== undefined && first.kindProbability <= CHANCE + 1e-6 ? UNDECIDED : incident.kind;
}
