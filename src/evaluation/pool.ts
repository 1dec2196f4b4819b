import type { Cases } from "./cases.ts";
import type { Matching } from "./match-events.ts";
import type { OnsetHits } from "./shifted-onset.ts";

/** Cases of several recordings as if of one; each keeps its identity. */
export function poolCases(parts: readonly Cases[]): Cases {
  const sum = (of: (part: Cases) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    performance: parts.flatMap((part) => part.performance),
    codeDefects: parts.flatMap((part) => part.codeDefects),
    leftOut: parts.flatMap((part) => part.leftOut),
    covered: parts.flatMap((part) => part.covered),
    coveredHours: sum((part) => part.coveredHours),
    faultFreeHours: sum((part) => part.faultFreeHours),
  };
}

/** What became of the alarms of several recordings: each was matched within its own. */
export function poolMatchings(parts: readonly Matching[]): Matching {
  return {
    detections: parts.flatMap((part) => part.detections),
    duplicates: parts.flatMap((part) => part.duplicates),
    falseAlarms: parts.flatMap((part) => part.falseAlarms),
    ignored: parts.flatMap((part) => part.ignored),
    missed: parts.flatMap((part) => part.missed),
    codeDefectAlarms: parts.flatMap((part) => part.codeDefectAlarms),
  };
}

export function poolOnsetHits(parts: readonly OnsetHits[]): OnsetHits {
  return {
    atOnset: parts.flatMap((part) => part.atOnset),
    shifted: parts.flatMap((part) => part.shifted),
  };
}
