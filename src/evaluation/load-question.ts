import type { LabelledLoad, Labels } from "../contracts/labels.ts";
import type { Alarm, TrafficVerdict } from "./alarms.ts";
import type { EvaluationRules } from "./cases.ts";
import { type Interval, overlapSeconds } from "./intervals.ts";
import { nameOfLoad } from "./load-level.ts";
import type { Detection, Matching } from "./match-events.ts";
import { type Estimate, proportion } from "./statistics.ts";

/** Load is not a fault: what was said of one labelled load. */
export interface LoadRow {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Seconds of it with data and a twin that knows enough to judge. */
  readonly judgedSeconds: number;
  /** Faults in it, of any sort: with these, silence was not wanted. */
  readonly faults: number;
  /** As labelled; null when nobody knows. */
  readonly saturates: boolean | null;
  readonly bottleneck: string | null;
  /** Alarms held against it that opened in it or while it settled. */
  readonly falseAlarms: number;
  /** A "traffic" verdict was in force at some time of it. */
  readonly hasTrafficVerdict: boolean;
  /** The station that verdict named, if any. */
  readonly namedBottleneck: string | null;
}

/** Loads of one sort, none with a fault in it. */
export interface LoadRuns {
  readonly runs: number;
  readonly falseAlarms: number;
  /** Runs in which no false alarm opened. */
  readonly silent: Estimate;
}

export interface LoadQuestion {
  readonly rows: readonly LoadRow[];
  /** All loads without a fault, short ones too. */
  readonly all: LoadRuns;
  /** The no-fault column of the load grid: runs that last long enough, by whether the bottleneck keeps up. */
  readonly belowSaturation: LoadRuns;
  readonly aboveSaturation: LoadRuns;
  readonly saturationUnknown: LoadRuns;
  /** Of the runs above saturation whose bottleneck is labelled: silent, and "traffic" said with that station named. */
  readonly rightVerdict: Estimate;
}

/**
 * Alarms that a load without a fault has to answer for: the false ones, and those that the matching gives to a fault long
 * over. Past its settling time only an alarm that finds it and names it first is excused.
 */
export function alarmsHeldAgainstLoads(matching: Matching, rules: EvaluationRules): Alarm[] {
  const isSettled = ({ fault, alarm }: Detection) => alarm.openedSeconds > fault.fault.end + rules.settleSeconds;
  const isNamed = ({ fault, alarm }: Detection) => alarm.atOpening.suspectsAtOpening[0]?.node === fault.fault.service;
  const late = [...matching.duplicates, ...matching.detections.filter((row) => !isNamed(row))].filter(isSettled);
  return [...matching.falseAlarms, ...late.map((row) => row.alarm)];
}

/** One row a labelled load. An alarm is held against one load only: the one it opened in, else the last that settles. */
export function loadRows(parts: {
  labels: Labels;
  /** When there was data and verdicts were given. */
  judged: readonly Interval[];
  alarms: readonly Alarm[];
  verdicts: readonly TrafficVerdict[];
  rules: EvaluationRules;
}): LoadRow[] {
  const loads = parts.labels.loads ?? [];
  const { settleSeconds } = parts.rules;
  const owners = parts.alarms.map((alarm) => ownerOf(alarm.openedSeconds, loads, settleSeconds));
  return loads.map((load): LoadRow => {
    const interval: Interval = [load.start, load.end];
    const until = settledAt(load, loads, settleSeconds);
    const inForce = parts.verdicts.filter((row) => row.openedSeconds <= until && row.resolvedSeconds >= load.start);
    return {
      name: nameOfLoad(load),
      start: load.start,
      end: load.end,
      judgedSeconds: overlapSeconds(interval, parts.judged),
      faults: parts.labels.faults.filter((fault) => overlapSeconds([fault.start, fault.end], [interval]) > 0).length,
      saturates: load.saturates ?? null,
      bottleneck: load.bottleneck ?? null,
      falseAlarms: owners.filter((owner) => owner === load).length,
      hasTrafficVerdict: inForce.length > 0,
      namedBottleneck: inForce.find((row) => row.bottleneckNode !== null)?.bottleneckNode ?? null,
    };
  });
}

/** @param minimumSeconds judged time a load needs to be a run of the grid: silence while learning proves nothing */
export function loadQuestion(rows: readonly LoadRow[], minimumSeconds: number): LoadQuestion {
  const faultless = rows.filter((row) => row.faults === 0);
  // To the second: a player of schedules is some milliseconds early or late.
  const runs = faultless.filter((row) => Math.round(row.judgedSeconds) >= minimumSeconds);
  const above = runs.filter((row) => row.saturates === true);
  const judged = above.filter((row) => row.bottleneck !== null);
  return {
    rows,
    all: runsOf(faultless),
    belowSaturation: runsOf(runs.filter((row) => row.saturates === false)),
    aboveSaturation: runsOf(above),
    saturationUnknown: runsOf(runs.filter((row) => row.saturates === null)),
    rightVerdict: proportion(judged.filter(isRightVerdict).length, judged.length),
  };
}

function isRightVerdict(row: LoadRow): boolean {
  return row.falseAlarms === 0 && row.hasTrafficVerdict && row.namedBottleneck === row.bottleneck;
}

function runsOf(rows: readonly LoadRow[]): LoadRuns {
  return {
    runs: rows.length,
    falseAlarms: rows.reduce((sum, row) => sum + row.falseAlarms, 0),
    silent: proportion(rows.filter((row) => row.falseAlarms === 0).length, rows.length),
  };
}

function ownerOf(atSeconds: number, loads: readonly LabelledLoad[], settleSeconds: number): LabelledLoad | undefined {
  return (
    loads.findLast((load) => atSeconds >= load.start && atSeconds < load.end) ??
    loads.findLast((load) => atSeconds >= load.end && atSeconds <= load.end + settleSeconds)
  );
}

/** A load settles until the next one begins: what is said then is said of that one. */
function settledAt(load: LabelledLoad, loads: readonly LabelledLoad[], settleSeconds: number): number {
  const later = loads.filter((row) => row.start >= load.end).map((row) => row.start);
  return Math.min(load.end + settleSeconds, ...later);
}
