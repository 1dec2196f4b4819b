import { readLabels } from "../../datasets/labels.ts";
import type { Settings } from "../contracts/settings.ts";
import { totalSeconds } from "../evaluation/intervals.ts";
import { reportOf } from "../evaluation/report.ts";
import type { EvaluationReport } from "../evaluation/report-type.ts";
import type { LabelledRecording } from "./find-recordings.ts";
import { judgeInWorkers } from "./judge-in-workers.ts";
import { type JudgeOrder, type JudgeOutcome, judgeLabelled } from "./judge-labelled.ts";

export interface EvaluationRequest {
  readonly recordings: readonly LabelledRecording[];
  readonly settings: Settings;
  /** Put variants of the model with a part left out beside it. */
  readonly withAblations: boolean;
  /** Recordings judged at once; with one, no thread is made. */
  readonly workerCount: number;
  readonly command: string;
  readonly version: string;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal: AbortSignal;
}

export interface EvaluationProgress {
  /** The one that was judged a window further. */
  readonly recording: LabelledRecording;
  readonly index: number;
  readonly count: number;
  /** Of the data of all recordings, in [0, 1]. */
  readonly doneShare: number;
}

/**
 * Replays each labelled recording from a cold start and judges them together.
 *
 * @throws {SettingsError} before the first replay, for labels that cannot be used.
 * @throws {SourceError} when it is stopped: half a replay has no figures.
 */
export async function evaluateRecordings(request: EvaluationRequest): Promise<EvaluationReport> {
  const { recordings, settings, withAblations } = request;
  const coveredSeconds = recordings.map(({ labelsPath }) => totalSeconds(readLabels(labelsPath).covered));
  const doneSeconds = recordings.map(() => 0);
  const sum = (seconds: readonly number[]): number => seconds.reduce((total, one) => total + one, 0);
  const onWindow = (index: number, windows: number): void => {
    doneSeconds[index] = Math.min(coveredSeconds[index]!, windows * settings.windowSeconds);
    const doneShare = sum(doneSeconds) / Math.max(sum(coveredSeconds), Number.MIN_VALUE);
    request.onProgress?.({ recording: recordings[index]!, index, count: recordings.length, doneShare });
  };
  const orders = recordings.map((recording): JudgeOrder => ({ recording, settings, withAblations }));
  const outcomes = await judgeAll(orders, request, onWindow);
  const { subject, ablations, model } = outcomes[0]!;
  return reportOf({
    judged: outcomes.map(({ judged }) => judged),
    subject,
    provenance: {
      command: request.command,
      versions: {
        spantwin: request.version,
        node: process.versions.node,
        scorer: subject,
        backend: model.backend,
        ...(model.degradedReason === null ? {} : { degraded: model.degradedReason }),
      },
      seed: settings.seed,
    },
    ablations,
  });
}

async function judgeAll(
  orders: readonly JudgeOrder[],
  { workerCount, signal }: EvaluationRequest,
  onWindow: (index: number, windows: number) => void,
): Promise<JudgeOutcome[]> {
  if (workerCount > 1 && orders.length > 1) return judgeInWorkers(orders, workerCount, onWindow, signal);
  const outcomes: JudgeOutcome[] = [];
  for (const [index, order] of orders.entries())
    outcomes.push(await judgeLabelled(order, (windows) => onWindow(index, windows), signal));
  return outcomes;
}
