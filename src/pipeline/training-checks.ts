import { CLEAN_SCORES_MIN } from "../../models/null-scores.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { TrainOrder } from "./train-order.ts";
import { describeSource, type TrainingRecording, windowsOf } from "./training-data.ts";

/** What was trained on says nothing of what is not known. */
export function refuseTwice(
  { training, validation }: Pick<TrainOrder, "training" | "validation">,
  hashes: readonly string[],
): void {
  const trainedOn = new Set(hashes.slice(0, training.length));
  const twice = validation.find((_, k) => trainedOn.has(hashes[training.length + k]!));
  if (twice !== undefined)
    throw new SettingsError("--validation", describeSource(twice), "is trained on too: choose other recordings");
}

/** Before any time is spent on training: what would fail after it, or teach nothing. */
export function refuseUseless(training: readonly TrainingRecording[], validation: readonly TrainingRecording[]): void {
  for (const [key, recordings] of [
    ["--data", training],
    ["--validation", validation],
  ] as const) {
    if (!windowsOf(recordings).some(({ guiltyRow }) => guiltyRow >= 0))
      throw new SettingsError(
        key,
        recordings.map(({ name }) => name).join("; "),
        "holds no window with a labelled fault",
      );
  }
  const clean = windowsOf(validation).filter(({ guiltyRow }) => guiltyRow < 0);
  const scores = clean.reduce((sum, { residualZ }) => sum + residualZ.length, 0);
  if (scores < CLEAN_SCORES_MIN)
    throw new SettingsError(
      "--validation",
      validation.map(({ name }) => name).join("; "),
      `holds ${scores} clean windows of a node; ${CLEAN_SCORES_MIN} are needed to calibrate on`,
    );
}
