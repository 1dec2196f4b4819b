import type { IncidentEvent } from "../contracts/incident.ts";
import type { Labels } from "../contracts/labels.ts";
import type { EvaluationRules } from "./cases.ts";
import type { DelaySummary } from "./delay.ts";
import type { Interval } from "./intervals.ts";
import type { KindConfusion } from "./kind-confusion.ts";
import type { LoadQuestion } from "./load-question.ts";
import type { IgnoredReason } from "./match-events.ts";
import type { DetectionRates } from "./rates.ts";
import type { HitsAtDepth, KindRootCause, RootCauseRates } from "./root-cause.ts";
import type { ScoredTimeline } from "./scored-timeline.ts";
import type { OnsetRanking } from "./shifted-onset.ts";
import type { Estimate } from "./statistics.ts";

/** What made the numbers: enough to make them again. */
export interface Provenance {
  readonly command: string;
  /** Version of each thing that matters, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  /** Hash of the recording and its labels. */
  readonly dataHash: string;
}

/** What one scorer, with the common decision rule behind it, made of the recording. */
export interface ScorerRun {
  readonly scorer: string;
  readonly incidents: readonly IncidentEvent[];
  readonly timeline: ScoredTimeline;
}

export interface EvaluationInput {
  readonly recording: string;
  readonly labels: Labels;
  /** When there was data, if not as the labels say (a replay in part). */
  readonly covered?: readonly Interval[];
  /** Rules that differ from `DEFAULT_RULES` and the labels' settling time. */
  readonly rules?: Partial<EvaluationRules>;
  /** Every scorer of the same replay: same windows, same cases. */
  readonly runs: readonly ScorerRun[];
  /** The scorer whose claim is judged; all others are baselines. */
  readonly subject: string;
  readonly provenance: Provenance;
}

/** A labelled fault in the report. */
export interface CaseRow {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly service: string;
  readonly fault: string;
  readonly coverage: number;
}

/** What a scorer made of one performance fault. */
export interface OutcomeRow {
  readonly name: string;
  /** null when it was missed. */
  readonly delaySeconds: number | null;
  readonly hitsAtOpening: HitsAtDepth;
  readonly hitsAtEnd: HitsAtDepth;
  /** Kind said at the end, null when missed. */
  readonly kind: string | null;
  /** Node named first when it opened, null when missed. */
  readonly named: string | null;
}

export interface RootCauseReport {
  /** Over all performance faults, one not found counting as a miss: the same cases for every scorer. */
  readonly overAll: RootCauseRates;
  /** Over the faults it found: other cases for other scorers, so not for comparing. */
  readonly overDetected: RootCauseRates;
  /** Over all, by kind as labelled. */
  readonly byKind: readonly KindRootCause[];
}

export interface ScorerReport {
  readonly scorer: string;
  readonly isSubject: boolean;
  readonly detection: DetectionRates;
  readonly delay: DelaySummary;
  readonly rootCauseAtOpening: RootCauseReport;
  readonly rootCauseAtEnd: RootCauseReport;
  readonly onsetRanking: OnsetRanking;
  readonly kinds: KindConfusion;
  readonly load: LoadQuestion;
  /** Code defects that raised an alarm, of all with data; in no total. */
  readonly codeDefectsAlarmed: Estimate;
  readonly codeDefectNames: readonly string[];
  readonly outcomes: readonly OutcomeRow[];
  readonly falseAlarms: readonly { readonly openedSeconds: number; readonly named: string; readonly kind: string }[];
  readonly ignored: readonly { readonly openedSeconds: number; readonly reason: IgnoredReason }[];
}

/** One measure over all scorers. */
export interface Comparison {
  readonly measure: string;
  readonly isHigherBetter: boolean;
  readonly subjectValue: number | null;
  readonly bestBaseline: string | null;
  readonly bestBaselineValue: number | null;
  /** The best baseline is strictly better than the subject, or has a value where the subject has none. */
  readonly isBaselineBetter: boolean;
}

export interface EvaluationReport {
  readonly recording: string;
  readonly subject: string;
  readonly provenance: Provenance;
  readonly rules: EvaluationRules;
  readonly coveredHours: number;
  readonly faultFreeHours: number;
  readonly nodeCount: number;
  readonly cases: readonly CaseRow[];
  readonly codeDefects: readonly CaseRow[];
  readonly leftOut: readonly CaseRow[];
  /** Cases that the onset tables leave out, by name, for want of data right after the onset. */
  readonly onsetWithoutData: readonly string[];
  /** What ranking at random is expected to reach on this many nodes. */
  readonly randomRanking: { readonly ac1: number; readonly ac3: number; readonly avg5: number } | null;
  /** In the order given, the subject first. */
  readonly scorers: readonly ScorerReport[];
  readonly comparisons: readonly Comparison[];
}
