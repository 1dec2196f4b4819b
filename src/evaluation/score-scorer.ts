import type { Incident } from "../contracts/incident.ts";
import type { Cases } from "./cases.ts";
import { delaySummary } from "./delay.ts";
import { incidentPath } from "./incident-path.ts";
import type { JudgedRecording, JudgedScorer } from "./judge-recording.ts";
import { kindConfusion, saidKind } from "./kind-confusion.ts";
import { gridCells, recallByLoad } from "./load-grid.ts";
import { loadQuestion } from "./load-question.ts";
import type { Matching } from "./match-events.ts";
import { poolCases, poolMatchings, poolOnsetHits } from "./pool.ts";
import { detectionRates } from "./rates.ts";
import type { OutcomeRow, RecordingScore, RootCauseReport, ScorerReport } from "./report-type.ts";
import { type CaseHits, hitsOfSuspects, NO_HITS, rootCauseByKind, rootCauseRates } from "./root-cause.ts";
import { onsetRanking } from "./shifted-onset.ts";
import { proportion } from "./statistics.ts";

/** Visits of the guilty node in a window from which a quick verdict can be asked for. */
export const BUSY_VISITS_PER_WINDOW = 50;

/** A recording with what one scorer made of it. */
interface Part {
  readonly judged: JudgedRecording;
  readonly own: JudgedScorer;
}

/**
 * Pools what one scorer made of all recordings. A rate is over all cases, so a recording weighs as many as it has.
 *
 * @throws {RangeError} when the scorer is absent from one of the recordings.
 */
export function scoreScorer(
  scorer: string,
  judged: readonly JudgedRecording[],
  options: { readonly isSubject: boolean; readonly seed: number },
): ScorerReport {
  const parts = judged.map((recording): Part => {
    const own = recording.scorers.find((row) => row.scorer === scorer);
    if (own === undefined) throw new RangeError(`no run of the scorer "${scorer}" on ${recording.recording} to judge`);
    return { judged: recording, own };
  });
  const { seed, isSubject } = options;
  const cases = poolCases(judged.map((recording) => recording.cases));
  const matching = poolMatchings(parts.map(({ own }) => own.matching));
  const loads = parts.flatMap(({ own }) => own.loads);
  return {
    scorer,
    isSubject,
    detection: detectionRates(matching, cases),
    delay: delaySummary(matching, seed),
    busyDelay: delaySummary(busyOnly(matching, judged), seed),
    rootCauseAtOpening: rootCauseReport(cases, matching, suspectsAtOpening, seed),
    rootCauseAtEnd: rootCauseReport(cases, matching, suspectsAtEnd, seed),
    onsetRanking: onsetRanking(poolOnsetHits(parts.map(({ own }) => own.onset)), seed),
    kinds: kindConfusion(matching),
    load: loadQuestion(loads, judged[0]?.rules.minimumRunSeconds ?? 0),
    recallByLoad: recallByLoad(cases.performance, matching),
    gridCells: gridCells(cases.performance, matching, seed),
    codeDefectsAlarmed: proportion(matching.codeDefectAlarms.length, cases.codeDefects.length),
    codeDefectAlarms: cases.codeDefects.map((row) => matching.codeDefectAlarms.some(({ fault }) => fault === row)),
    byRecording: parts.map((part) => recordingScore(part, seed)),
    outcomes: parts.flatMap(outcomesOf),
    falseAlarms: parts.flatMap(({ judged: { recording }, own }) =>
      own.matching.falseAlarms.map((alarm) => ({
        recording,
        openedSeconds: alarm.openedSeconds,
        named: alarm.atOpening.guiltyNode,
        kind: alarm.atOpening.kind,
        incidentPath: incidentPath(alarm.id),
      })),
    ),
    ignored: parts.flatMap(({ judged: { recording }, own }) =>
      own.matching.ignored.map(({ alarm, reason }) => ({ recording, openedSeconds: alarm.openedSeconds, reason })),
    ),
  };
}

/** Only the faults whose guilty node was busy enough for a quick verdict. */
function busyOnly(matching: Matching, judged: readonly JudgedRecording[]): Matching {
  const visits = new Map(judged.flatMap((recording) => [...recording.visitsPerWindow]));
  const isBusy = (fault: Cases["performance"][number]) => (visits.get(fault) ?? 0) >= BUSY_VISITS_PER_WINDOW;
  return {
    ...matching,
    detections: matching.detections.filter((row) => isBusy(row.fault)),
    missed: matching.missed.filter(isBusy),
  };
}

type SuspectsOf = (detection: Matching["detections"][number]) => Incident["suspects"];
const suspectsAtOpening: SuspectsOf = ({ alarm }) => alarm.atOpening.suspectsAtOpening;
const suspectsAtEnd: SuspectsOf = ({ alarm }) => alarm.atEnd.suspects;

function rootCauseReport(cases: Cases, matching: Matching, suspectsOf: SuspectsOf, seed: number): RootCauseReport {
  const hits = new Map(
    matching.detections.map((row) => [row.fault, hitsOfSuspects(suspectsOf(row), row.fault.fault.service)]),
  );
  const overAll = cases.performance.map((fault): CaseHits => ({ fault, hits: hits.get(fault) ?? NO_HITS }));
  return {
    overAll: rootCauseRates(overAll, seed),
    overDetected: rootCauseRates(
      overAll.filter((row) => hits.has(row.fault)),
      seed,
    ),
    byKind: rootCauseByKind(overAll, seed),
  };
}

function recordingScore({ judged, own }: Part, seed: number): RecordingScore {
  return {
    recording: judged.recording,
    detection: detectionRates(own.matching, judged.cases),
    rootCause: rootCauseReport(judged.cases, own.matching, suspectsAtEnd, seed).overAll,
    delayMedianSeconds: delaySummary(own.matching, seed).medianSeconds.value,
  };
}

function outcomesOf({ judged, own }: Part): OutcomeRow[] {
  const detections = new Map(own.matching.detections.map((row) => [row.fault, row]));
  return judged.cases.performance.map((fault): OutcomeRow => {
    const at = { recording: judged.recording, name: fault.name };
    const found = detections.get(fault);
    if (found === undefined) {
      const nothing = { delaySeconds: null, kind: null, named: null, incidentPath: null };
      return { ...at, ...nothing, hitsAtOpening: NO_HITS, hitsAtEnd: NO_HITS };
    }
    const { alarm } = found;
    return {
      ...at,
      delaySeconds: alarm.openedSeconds - fault.fault.start,
      hitsAtOpening: hitsOfSuspects(suspectsAtOpening(found), fault.fault.service),
      hitsAtEnd: hitsOfSuspects(suspectsAtEnd(found), fault.fault.service),
      kind: saidKind(alarm.atEnd, alarm.atEnd.suspects),
      named: suspectsAtOpening(found)[0]?.node ?? alarm.atOpening.guiltyNode,
      incidentPath: incidentPath(alarm.id),
    };
  });
}
