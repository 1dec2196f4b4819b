import { readLabels } from "../../datasets/labels.ts";
import { BASELINE_NAMES, createBaseline } from "../../models/baselines/all-baselines.ts";
import type { ModelView } from "../contracts/api.ts";
import { SourceError } from "../contracts/errors.ts";
import type { Labels } from "../contracts/labels.ts";
import type { Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import { totalSeconds } from "../evaluation/intervals.ts";
import { type JudgedRecording, judgeRecording } from "../evaluation/judge-recording.ts";
import { reportOf } from "../evaluation/report.ts";
import type { Ablation, EvaluationReport } from "../evaluation/report-type.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { type AblationScorer, ablationScorers } from "./ablations.ts";
import { dataHash } from "./data-hash.ts";
import type { LabelledRecording } from "./find-recordings.ts";
import { replay } from "./replay.ts";
import { RunRecorder } from "./run-recorder.ts";
import { loadScorer } from "./scorers.ts";
import { openRecording } from "./sources.ts";

export interface EvaluationRequest {
  readonly recordings: readonly LabelledRecording[];
  readonly settings: Settings;
  /** Put variants of the model with a part left out beside it. */
  readonly withAblations: boolean;
  readonly command: string;
  readonly version: string;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal: AbortSignal;
}

export interface EvaluationProgress {
  readonly recording: LabelledRecording;
  readonly index: number;
  readonly count: number;
  /** Of the data of all recordings, in [0, 1]. */
  readonly doneShare: number;
}

/**
 * Replays each labelled recording from a cold start with the shipped scorer deciding what is learned and all baselines
 * watching, and judges them together.
 *
 * @throws {SettingsError} before the first replay, for labels that cannot be used.
 * @throws {SourceError} when it is stopped: half a replay has no figures.
 */
export async function evaluateRecordings(request: EvaluationRequest): Promise<EvaluationReport> {
  const labelled = request.recordings.map((recording) => ({ recording, labels: readLabels(recording.labelsPath) }));
  const variants = request.withAblations ? ablationScorers(request.settings) : [];
  const judged: JudgedRecording[] = [];
  let model: ModelView | null = null;
  let subject = "";
  const coveredSeconds = labelled.map(({ labels }) => totalSeconds(labels.covered));
  const allSeconds = coveredSeconds.reduce((sum, seconds) => sum + seconds, 0);
  let doneSeconds = 0;
  for (const [index, { recording, labels }] of labelled.entries()) {
    // Loaded anew each time: a scorer that has seen another recording is no cold start.
    const { scorer, view } = await loadScorer(request.settings);
    model = view;
    subject = scorer.name;
    const onWindow = (windows: number): void => {
      const seconds = doneSeconds + Math.min(coveredSeconds[index]!, windows * request.settings.windowSeconds);
      request.onProgress?.({ recording, index, count: labelled.length, doneShare: seconds / allSeconds });
    };
    judged.push(await judgeOne({ request, recording, labels, scorer, view, variants, onWindow }));
    doneSeconds += coveredSeconds[index]!;
  }
  return reportOf({
    judged,
    subject,
    provenance: {
      command: request.command,
      versions: { spantwin: request.version, node: process.versions.node, ...versionsOf(subject, model) },
      seed: request.settings.seed,
    },
    ablations: request.withAblations ? ablationsBeside(subject, variants) : [],
  });
}

function versionsOf(subject: string, model: ModelView | null): Record<string, string> {
  const reason = model?.degradedReason ?? null;
  return {
    scorer: subject,
    backend: model?.backend ?? "none",
    ...(reason === null ? {} : { degraded: reason }),
  };
}

async function judgeOne(parts: {
  request: EvaluationRequest;
  recording: LabelledRecording;
  labels: Labels;
  scorer: Scorer;
  view: ModelView;
  variants: readonly AblationScorer[];
  onWindow: (windows: number) => void;
}): Promise<JudgedRecording> {
  const { request, recording, labels, scorer } = parts;
  const { settings, signal } = request;
  const ledger = new CountingLedger();
  const source = await openRecording(recording.path, recording.format, settings, ledger);
  const watchers = [
    ...BASELINE_NAMES.map((name) => createBaseline(name, { seed: settings.seed })),
    ...(await Promise.all(parts.variants.map((variant) => variant.create()))),
  ].filter((watcher) => watcher.name !== scorer.name);
  const runs = [scorer, ...watchers].map(({ name }, k) => new RunRecorder(name, { countsVisits: k === 0 }));
  let windows = 0;
  await replay({
    source,
    settings,
    scorer,
    model: parts.view,
    ledger,
    watchers,
    onWindow: (result) => {
      [result, ...result.watching].forEach((judgement, k) => {
        runs[k]!.take(judgement.scored, judgement.events);
      });
      parts.onWindow(++windows);
    },
    signal,
  });
  if (signal.aborted) throw new SourceError(`stopped while judging ${recording.name}`, { retriable: true });
  return judgeRecording({
    recording: recording.name,
    dataHash: `${await dataHash(recording.path)}-${await dataHash(recording.labelsPath)}`,
    labels,
    readyAtSeconds: runs[0]!.readyAtSeconds,
    runs: runs.map((run) => run.finish()),
  });
}

/** What left which part out; the twin alone is a baseline of its own right too. */
function ablationsBeside(subject: string, variants: readonly AblationScorer[]): Ablation[] {
  const twinOnly = { scorer: "twin-residual", what: "twin only: the residual that speaks against the node, by rules" };
  return [twinOnly, ...variants.map(({ scorer, what }) => ({ scorer, what }))].filter((row) => row.scorer !== subject);
}
