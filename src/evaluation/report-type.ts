import type { EvaluationRules } from "./cases.ts";
import type { DelaySummary } from "./delay.ts";
import type { KindConfusion } from "./kind-confusion.ts";
import type { GridCell, LoadRecall } from "./load-grid.ts";
import type { LoadQuestion, LoadRow } from "./load-question.ts";
import type { IgnoredReason } from "./match-events.ts";
import type { DetectionRates } from "./rates.ts";
import type { HitsAtDepth, KindRootCause, RootCauseRates } from "./root-cause.ts";
import type { OnsetRanking } from "./shifted-onset.ts";
import type { Estimate } from "./statistics.ts";

/** What made the numbers: enough to make them again. */
export interface Provenance {
  readonly command: string;
  /** Version of each thing that matters, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
}

/** A labelled fault in the report. */
export interface CaseRow {
  readonly recording: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly service: string;
  readonly fault: string;
  readonly coverage: number;
  /** Name of the load at which it came. */
  readonly load: string;
  /** Median visits of the guilty node in the windows of the fault; null when nobody counted. */
  readonly visitsPerWindow: number | null;
}

/** What a scorer made of one performance fault. */
export interface OutcomeRow {
  readonly recording: string;
  readonly name: string;
  /** null when it was missed. */
  readonly delaySeconds: number | null;
  readonly hitsAtOpening: HitsAtDepth;
  readonly hitsAtEnd: HitsAtDepth;
  /** Kind said at the end, null when missed. */
  readonly kind: string | null;
  /** Node named first when it opened, null when missed. */
  readonly named: string | null;
  /** Where the page shows the incident that found it; null when missed. */
  readonly incidentPath: string | null;
}

export interface FalseAlarmRow {
  readonly recording: string;
  readonly openedSeconds: number;
  readonly named: string;
  readonly kind: string;
  readonly incidentPath: string;
}

export interface RootCauseReport {
  /** Over all performance faults, one not found counting as a miss: the same cases for every scorer. */
  readonly overAll: RootCauseRates;
  /** Over the faults it found: other cases for other scorers, so not for comparing. */
  readonly overDetected: RootCauseRates;
  /** Over all, by kind as labelled. */
  readonly byKind: readonly KindRootCause[];
}

/** One scorer on one recording. */
export interface RecordingScore {
  readonly recording: string;
  readonly detection: DetectionRates;
  /** At the end of the incident, over all performance faults. */
  readonly rootCause: RootCauseRates;
  readonly delayMedianSeconds: number | null;
}

export interface ScorerReport {
  readonly scorer: string;
  readonly isSubject: boolean;
  readonly detection: DetectionRates;
  readonly delay: DelaySummary;
  /** Of the faults whose guilty node had at least `BUSY_VISITS_PER_WINDOW`. */
  readonly busyDelay: DelaySummary;
  readonly rootCauseAtOpening: RootCauseReport;
  readonly rootCauseAtEnd: RootCauseReport;
  readonly onsetRanking: OnsetRanking;
  readonly kinds: KindConfusion;
  readonly load: LoadQuestion;
  readonly recallByLoad: readonly LoadRecall[];
  readonly gridCells: readonly GridCell[];
  /** Code defects that raised an alarm, of all with data; in no total. */
  readonly codeDefectsAlarmed: Estimate;
  /** The same one by one, in the order of the report's `codeDefects`. */
  readonly codeDefectAlarms: readonly boolean[];
  readonly byRecording: readonly RecordingScore[];
  readonly outcomes: readonly OutcomeRow[];
  readonly falseAlarms: readonly FalseAlarmRow[];
  readonly ignored: readonly {
    readonly recording: string;
    readonly openedSeconds: number;
    readonly reason: IgnoredReason;
  }[];
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

export interface RecordingRow {
  readonly recording: string;
  /** As the labels say; null when they do not. */
  readonly application: string | null;
  /** Hash of the recording and its labels. */
  readonly dataHash: string;
  /** The subject was trained, stopped or calibrated on it: what it reaches here proves nothing. */
  readonly isTrainedOn: boolean;
  readonly settleSeconds: number;
  readonly coveredHours: number;
  readonly faultFreeHours: number;
  readonly nodeCount: number;
  /** From the first covered instant to the first verdict that could be given; null when none could. */
  readonly firstVerdictSeconds: number | null;
  readonly loads: readonly Pick<LoadRow, "name" | "start" | "end" | "faults" | "saturates" | "bottleneck">[];
}

/** A scorer that is the subject with something left out, and what that is. */
export interface Ablation {
  readonly scorer: string;
  readonly what: string;
}

export interface EvaluationReport {
  /** Name of the recording, or how many they are. */
  readonly title: string;
  readonly subject: string;
  readonly provenance: Provenance;
  /** The settling time is each recording's own. */
  readonly rules: Omit<EvaluationRules, "settleSeconds">;
  readonly recordings: readonly RecordingRow[];
  readonly coveredHours: number;
  readonly faultFreeHours: number;
  readonly cases: readonly CaseRow[];
  readonly codeDefects: readonly CaseRow[];
  readonly leftOut: readonly CaseRow[];
  /** Cases that the onset tables leave out, by name, for want of data right after the onset. */
  readonly onsetWithoutData: readonly string[];
  /** Cases left out of the shifted ranking only: over, or without data, by then. */
  readonly onsetOverTooSoon: readonly string[];
  /** What ranking at random is expected to reach, each case among the nodes of its recording. */
  readonly randomRanking: { readonly ac1: number; readonly ac3: number; readonly avg5: number } | null;
  /** In the order given, the subject first. */
  readonly scorers: readonly ScorerReport[];
  readonly ablations: readonly Ablation[];
  readonly comparisons: readonly Comparison[];
}
