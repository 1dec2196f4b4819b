import type { Alarm } from "./alarms.ts";
import type { Cases, EvaluationRules, FaultCase } from "./cases.ts";

export interface Detection {
  readonly fault: FaultCase;
  readonly alarm: Alarm;
}

/** Why an alarm is neither true nor false. */
export type IgnoredReason = "settling" | "code-defect" | "left-out" | "uncovered";

/** What became of every alarm and every performance fault. Each alarm is in exactly one list. */
export interface Matching {
  readonly detections: readonly Detection[];
  /** Alarms in the interval of a fault that another alarm had found before. */
  readonly duplicates: readonly Detection[];
  readonly falseAlarms: readonly Alarm[];
  readonly ignored: readonly { readonly alarm: Alarm; readonly reason: IgnoredReason }[];
  readonly missed: readonly FaultCase[];
  /** First alarm of each code defect that raised one; these alarms are in `ignored` too. */
  readonly codeDefectAlarms: readonly Detection[];
}

interface Candidate {
  readonly row: FaultCase;
  readonly kind: "performance" | "code-defect" | "left-out";
}

/**
 * Event-level matching. An alarm belongs to a fault when it opens in [start, end + slack]; the first to do so finds
 * it, the next is a duplicate. Otherwise, in (end, end + settle] of any fault it is neither true nor false; otherwise
 * it is a false alarm, where the labels cover it: of other times nobody knows what happened. In the interval of a code defect or of a fault left out it is neither, too.
 *
 * Where intervals overlap, a fault still running goes before one that ended, then one not yet found, then the one on
 * the node the alarm names first, then the latest to start. Alarms are taken by time of opening.
 */
export function matchEvents(cases: Cases, alarms: readonly Alarm[], rules: EvaluationRules): Matching {
  const candidates = candidatesOf(cases);
  const foundBy = new Map<FaultCase, Alarm>();
  const duplicates: Detection[] = [];
  const falseAlarms: Alarm[] = [];
  const ignored: { alarm: Alarm; reason: IgnoredReason }[] = [];
  for (const alarm of alarms.toSorted((a, b) => a.openedSeconds - b.openedSeconds || (a.id < b.id ? -1 : 1))) {
    const opened = alarm.openedSeconds;
    const inWindow = candidates.filter(
      ({ row }) => opened >= row.fault.start && opened <= row.fault.end + rules.detectionSlackSeconds,
    );
    const owner = bestOf(inWindow, alarm, foundBy);
    if (owner !== null) {
      const isFirst = !foundBy.has(owner.row);
      if (isFirst) foundBy.set(owner.row, alarm);
      if (owner.kind !== "performance") ignored.push({ alarm, reason: owner.kind });
      else if (!isFirst) duplicates.push({ fault: owner.row, alarm });
    } else if (candidates.some(({ row }) => opened > row.fault.end && opened <= row.fault.end + rules.settleSeconds)) {
      ignored.push({ alarm, reason: "settling" });
    } else if (!isCovered(opened, cases, rules)) {
      ignored.push({ alarm, reason: "uncovered" });
    } else {
      falseAlarms.push(alarm);
    }
  }
  return {
    detections: foundAmong(cases.performance, foundBy),
    duplicates,
    falseAlarms,
    ignored,
    missed: cases.performance.filter((row) => !foundBy.has(row)),
    codeDefectAlarms: foundAmong(cases.codeDefects, foundBy),
  };
}

function isCovered(seconds: number, cases: Cases, rules: EvaluationRules): boolean {
  return cases.covered.some(([from, to]) => seconds >= from && seconds <= to + rules.coverageSlackSeconds);
}

function candidatesOf(cases: Cases): Candidate[] {
  return [
    ...cases.performance.map((row): Candidate => ({ row, kind: "performance" })),
    ...cases.codeDefects.map((row): Candidate => ({ row, kind: "code-defect" })),
    ...cases.leftOut.map((row): Candidate => ({ row, kind: "left-out" })),
  ];
}

function bestOf(
  candidates: readonly Candidate[],
  alarm: Alarm,
  foundBy: ReadonlyMap<FaultCase, Alarm>,
): Candidate | null {
  const named = alarm.atOpening.suspectsAtOpening[0]?.node ?? alarm.atOpening.guiltyNode;
  const merits = ({ row }: Candidate): readonly number[] => [
    alarm.openedSeconds <= row.fault.end ? 1 : 0,
    foundBy.has(row) ? 0 : 1,
    row.fault.service === named ? 1 : 0,
    row.fault.start,
  ];
  let best: Candidate | null = null;
  for (const candidate of candidates) {
    if (best === null || isGreater(merits(candidate), merits(best))) best = candidate;
  }
  return best;
}

function isGreater(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value > b[i]!;
  return false;
}

function foundAmong(rows: readonly FaultCase[], foundBy: ReadonlyMap<FaultCase, Alarm>): Detection[] {
  return rows.flatMap((fault) => {
    const alarm = foundBy.get(fault);
    return alarm === undefined ? [] : [{ fault, alarm }];
  });
}
