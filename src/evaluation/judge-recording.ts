import type { IncidentEvent } from "../contracts/incident.ts";
import type { Labels } from "../contracts/labels.ts";
import { alarmsOf, trafficVerdictsOf } from "./alarms.ts";
import { type Cases, casesOf, DEFAULT_RULES, type EvaluationRules, type FaultCase } from "./cases.ts";
import type { Interval } from "./intervals.ts";
import { alarmsHeldAgainstLoads, type LoadRow, loadRows } from "./load-question.ts";
import { type Matching, matchEvents } from "./match-events.ts";
import { medianVisits, type ScoredTimeline } from "./scored-timeline.ts";
import { type OnsetCases, type OnsetHits, onsetCases, onsetHits } from "./shifted-onset.ts";

/** What one scorer, with the common decision rule behind it, made of the recording. */
export interface ScorerRun {
  readonly scorer: string;
  readonly incidents: readonly IncidentEvent[];
  readonly timeline: ScoredTimeline;
}

export interface RecordingInput {
  readonly recording: string;
  /** Hash of the recording and its labels. */
  readonly dataHash: string;
  readonly labels: Labels;
  /** When there was data, if not as the labels say (a replay in part). */
  readonly covered?: readonly Interval[];
  /** Rules that differ from `DEFAULT_RULES` and the labels' settling time. */
  readonly rules?: Partial<EvaluationRules>;
  /** The subject was trained, stopped or calibrated on it: what it reaches here proves nothing. */
  readonly isTrainedOn?: boolean;
  /** Unix seconds from which verdicts are given, null when never; from the beginning when absent. */
  readonly readyAtSeconds?: number | null;
  /** Every scorer of the same replay: same windows, same cases. */
  readonly runs: readonly ScorerRun[];
}

/** What became of one recording's faults and alarms, scorer by scorer; rates are only made of it when all are pooled. */
export interface JudgedRecording {
  readonly recording: string;
  readonly application: string | null;
  readonly dataHash: string;
  readonly isTrainedOn: boolean;
  readonly rules: EvaluationRules;
  readonly cases: Cases;
  readonly nodeCount: number;
  /** From the first covered instant to the first verdict that could be given; null when none could. */
  readonly firstVerdictSeconds: number | null;
  readonly onset: OnsetCases;
  /** Median visits of the guilty node in the windows of its fault; null when nobody counted. */
  readonly visitsPerWindow: ReadonlyMap<FaultCase, number | null>;
  readonly scorers: readonly JudgedScorer[];
}

export interface JudgedScorer {
  readonly scorer: string;
  readonly matching: Matching;
  readonly onset: OnsetHits;
  readonly loads: readonly LoadRow[];
}

/**
 * Matches every scorer of one replay to the same labelled faults. Pure.
 *
 * @throws {RangeError} when a scorer is there twice.
 */
export function judgeRecording(input: RecordingInput): JudgedRecording {
  const names = input.runs.map((run) => run.scorer);
  if (new Set(names).size < names.length) throw new RangeError(`a scorer is there twice: ${names.join(", ")}`);
  const { labels } = input;
  const rules: EvaluationRules = { ...DEFAULT_RULES, settleSeconds: labels.settleSeconds, ...input.rules };
  const covered = input.covered ?? labels.covered;
  const cases = casesOf(labels, covered, rules);
  const timelines = input.runs.map((run) => run.timeline);
  const onset = onsetCases(cases.performance, timelines, rules);
  const counted = timelines.find((timeline) => timeline.visits !== undefined);
  const readyAtSeconds = input.readyAtSeconds === undefined ? Number.NEGATIVE_INFINITY : input.readyAtSeconds;
  const judged = covered.flatMap(([from, to]): Interval[] =>
    readyAtSeconds === null || to <= readyAtSeconds ? [] : [[Math.max(from, readyAtSeconds), to]],
  );
  const all = [...cases.performance, ...cases.codeDefects, ...cases.leftOut];
  return {
    recording: input.recording,
    application: labels.application ?? null,
    dataHash: input.dataHash,
    isTrainedOn: input.isTrainedOn ?? false,
    rules,
    cases,
    nodeCount: new Set(timelines.flatMap((timeline) => timeline.nodes)).size,
    onset,
    firstVerdictSeconds:
      readyAtSeconds === null || covered.length === 0 ? null : Math.max(0, readyAtSeconds - covered[0]![0]),
    visitsPerWindow: new Map(
      all.map((row) => {
        const { service, start, end } = row.fault;
        return [row, counted === undefined ? null : medianVisits(counted, service, start, end)];
      }),
    ),
    scorers: input.runs.map(({ scorer, incidents, timeline }): JudgedScorer => {
      const matching = matchEvents(cases, alarmsOf(incidents), rules);
      const alarms = alarmsHeldAgainstLoads(matching, rules);
      return {
        scorer,
        matching,
        onset: onsetHits(onset, timeline, rules),
        loads: loadRows({ labels, judged, alarms, verdicts: trafficVerdictsOf(incidents), rules }),
      };
    }),
  };
}
