import { readLabels } from "../../datasets/labels.ts";
import { BASELINE_NAMES, createBaseline } from "../../models/baselines/all-baselines.ts";
import type { ModelView } from "../contracts/api.ts";
import { SourceError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import { type JudgedRecording, judgeRecording } from "../evaluation/judge-recording.ts";
import type { Ablation } from "../evaluation/report-type.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { ablationScorers } from "./ablations.ts";
import { dataHash } from "./data-hash.ts";
import type { LabelledRecording } from "./find-recordings.ts";
import { replay } from "./replay.ts";
import { RunRecorder } from "./run-recorder.ts";
import { loadScorer } from "./scorers.ts";
import { openRecording } from "./sources.ts";
import { isTrainedOn } from "./trained-on.ts";

/** Plain data: it can be sent to a worker. */
export interface JudgeOrder {
  readonly recording: LabelledRecording;
  readonly settings: Settings;
  /** Put variants of the model with a part left out beside it. */
  readonly withAblations: boolean;
}

/** Plain data: it can be sent from a worker. */
export interface JudgeOutcome {
  readonly judged: JudgedRecording;
  /** Name of the scorer that decided. */
  readonly subject: string;
  readonly ablations: readonly Ablation[];
  readonly model: Pick<ModelView, "backend" | "degradedReason">;
}

/** The twin alone is a baseline of its own right too. */
const TWIN_ONLY: Ablation = {
  scorer: "twin-residual",
  what: "twin only: the residual that speaks against the node, by rules",
};

/**
 * Replays one labelled recording from a cold start, the scorer of the settings deciding what is learned and all baselines
 * watching. Everything is made anew: what has seen another recording is not cold.
 *
 * @throws {SourceError} when it is stopped: half a replay has no figures.
 */
export async function judgeLabelled(
  order: JudgeOrder,
  onWindow: (windows: number) => void,
  signal: AbortSignal,
): Promise<JudgeOutcome> {
  const { recording, settings } = order;
  const ledger = new CountingLedger();
  const source = await openRecording(recording.path, recording.format, settings, ledger);
  const { scorer, view } = await loadScorer(settings);
  const variants = order.withAblations ? ablationScorers(settings) : [];
  const watchers = [
    ...BASELINE_NAMES.map((name) => createBaseline(name, { seed: settings.seed })),
    ...(await Promise.all(variants.map((variant) => variant.create()))),
  ].filter((watcher) => watcher.name !== scorer.name);
  const runs = [scorer, ...watchers].map(({ name }, k) => new RunRecorder(name, { countsVisits: k === 0 }));
  let windows = 0;
  await replay({
    source,
    settings,
    scorer,
    model: view,
    ledger,
    watchers,
    onWindow: (result) => {
      [result, ...result.watching].forEach((judgement, k) => {
        runs[k]!.take(judgement.scored, judgement.events);
      });
      onWindow(++windows);
    },
    signal,
  });
  if (signal.aborted) throw new SourceError(`stopped while judging ${recording.name}`, { retriable: true });
  const judged = judgeRecording({
    recording: recording.name,
    dataHash: `${await dataHash(recording.path)}-${await dataHash(recording.labelsPath)}`,
    isTrainedOn: await isTrainedOn(view.card, recording.path),
    labels: readLabels(recording.labelsPath),
    readyAtSeconds: runs[0]!.readyAtSeconds,
    runs: runs.map((run) => run.finish()),
  });
  const { backend, degradedReason } = view;
  const beside = order.withAblations
    ? [TWIN_ONLY, ...variants.map(({ scorer: name, what }) => ({ scorer: name, what }))]
    : [];
  return {
    judged,
    subject: scorer.name,
    ablations: beside.filter((row) => row.scorer !== scorer.name),
    model: { backend, degradedReason },
  };
}
