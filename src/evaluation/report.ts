import type { Incident } from "../contracts/incident.ts";
import { alarmsOf, trafficVerdictsOf } from "./alarms.ts";
import { type Cases, casesOf, DEFAULT_RULES, type EvaluationRules, type FaultCase } from "./cases.ts";
import { compareScorers } from "./comparison.ts";
import { delaySummary } from "./delay.ts";
import { kindConfusion } from "./kind-confusion.ts";
import { loadQuestion } from "./load-question.ts";
import { type Matching, matchEvents } from "./match-events.ts";
import { detectionRates } from "./rates.ts";
import type {
  CaseRow,
  EvaluationInput,
  EvaluationReport,
  OutcomeRow,
  RootCauseReport,
  ScorerReport,
  ScorerRun,
} from "./report-type.ts";
import {
  type CaseHits,
  hitsOfSuspects,
  NO_HITS,
  randomRankingExpectation,
  rootCauseByKind,
  rootCauseRates,
} from "./root-cause.ts";
import { onsetCases, onsetRanking } from "./shifted-onset.ts";
import { proportion } from "./statistics.ts";

/**
 * Judges every scorer of one replay on identical cases. Pure: the same input gives the same report.
 *
 * @throws {RangeError} when the subject is not among the runs, or a scorer is there twice.
 */
export function evaluateRuns(input: EvaluationInput): EvaluationReport {
  const names = input.runs.map((run) => run.scorer);
  if (!names.includes(input.subject)) throw new RangeError(`no run of the scorer "${input.subject}" to judge`);
  if (new Set(names).size < names.length) throw new RangeError(`a scorer is there twice: ${names.join(", ")}`);
  const rules: EvaluationRules = { ...DEFAULT_RULES, settleSeconds: input.labels.settleSeconds, ...input.rules };
  const cases = casesOf(input.labels, input.covered ?? input.labels.covered, rules);
  const timelines = input.runs.map((run) => run.timeline);
  const onset = onsetCases(cases.performance, timelines, rules);
  const context: JudgeContext = { input, rules, cases, onsetRanked: onset.ranked };
  const reports = input.runs.map((run) => judge(run, context));
  const nodeCount = new Set(timelines.flatMap((timeline) => timeline.nodes)).size;
  return {
    recording: input.recording,
    subject: input.subject,
    provenance: input.provenance,
    rules,
    coveredHours: cases.coveredHours,
    faultFreeHours: cases.faultFreeHours,
    nodeCount,
    cases: cases.performance.map(caseRow),
    codeDefects: cases.codeDefects.map(caseRow),
    leftOut: cases.leftOut.map(caseRow),
    onsetWithoutData: onset.withoutData,
    randomRanking: randomRankingExpectation(nodeCount),
    scorers: reports.toSorted((a, b) => Number(b.isSubject) - Number(a.isSubject)),
    comparisons: compareScorers(reports),
  };
}

interface JudgeContext {
  readonly input: EvaluationInput;
  readonly rules: EvaluationRules;
  readonly cases: Cases;
  readonly onsetRanked: readonly FaultCase[];
}

function judge(run: ScorerRun, { input, rules, cases, onsetRanked }: JudgeContext): ScorerReport {
  const matching = matchEvents(cases, alarmsOf(run.incidents), rules);
  const { seed } = input.provenance;
  const verdicts = trafficVerdictsOf(run.incidents);
  return {
    scorer: run.scorer,
    isSubject: run.scorer === input.subject,
    detection: detectionRates(matching, cases),
    delay: delaySummary(matching, seed),
    rootCauseAtOpening: rootCauseReport(cases, matching, suspectsAtOpening, seed),
    rootCauseAtEnd: rootCauseReport(cases, matching, suspectsAtEnd, seed),
    onsetRanking: onsetRanking(onsetRanked, run.timeline, rules, seed),
    kinds: kindConfusion(matching),
    load: loadQuestion(input.labels.loads ?? [], cases, matching, verdicts, rules),
    codeDefectsAlarmed: proportion(matching.codeDefectAlarms.length, cases.codeDefects.length),
    codeDefectNames: matching.codeDefectAlarms.map((row) => row.fault.name),
    outcomes: outcomesOf(cases, matching),
    falseAlarms: matching.falseAlarms.map((alarm) => ({
      openedSeconds: alarm.openedSeconds,
      named: alarm.atOpening.guiltyNode,
      kind: alarm.atOpening.kind,
    })),
    ignored: matching.ignored.map(({ alarm, reason }) => ({ openedSeconds: alarm.openedSeconds, reason })),
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

function outcomesOf(cases: Cases, matching: Matching): OutcomeRow[] {
  const detections = new Map(matching.detections.map((row) => [row.fault, row]));
  return cases.performance.map((fault): OutcomeRow => {
    const found = detections.get(fault);
    if (found === undefined) {
      return {
        name: fault.name,
        delaySeconds: null,
        hitsAtOpening: NO_HITS,
        hitsAtEnd: NO_HITS,
        kind: null,
        named: null,
      };
    }
    return {
      name: fault.name,
      delaySeconds: found.alarm.openedSeconds - fault.fault.start,
      hitsAtOpening: hitsOfSuspects(suspectsAtOpening(found), fault.fault.service),
      hitsAtEnd: hitsOfSuspects(suspectsAtEnd(found), fault.fault.service),
      kind: found.alarm.atEnd.kind,
      named: suspectsAtOpening(found)[0]?.node ?? found.alarm.atOpening.guiltyNode,
    };
  });
}

function caseRow({ name, fault, coverage }: FaultCase): CaseRow {
  return { name, start: fault.start, end: fault.end, service: fault.service, fault: fault.fault, coverage };
}
