import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { FEATURES } from "../../models/features.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TrainOrder } from "./train-order.ts";
import type { CheckpointIdentity } from "./training-checkpoint.ts";
import { describeSource } from "./training-data.ts";

/** Settings that say what the twin makes of a recording. */
const DATA_SETTINGS = [
  "seed",
  "windowSeconds",
  "latenessSeconds",
  "samplingProbability",
  "learningWindows",
  "learningDelaySeconds",
  "driftBudget",
  "replicates",
  "maxOpenTraces",
  "maxOperationsPerService",
  "exclude",
] as const satisfies readonly (keyof Settings)[];

/** @param hashes of the recordings to train on, then of those to validate on */
export function identityOf(order: TrainOrder, backend: string, hashes: readonly string[]): CheckpointIdentity {
  const { settings, training } = order;
  const described = [...training, ...order.validation].map((source, k) => `${describeSource(source)} (${hashes[k]})`);
  const init = order.initPath === null ? "none" : sha256(readFileSync(order.initPath));
  return {
    data: {
      ...Object.fromEntries(DATA_SETTINGS.map((key) => [key, JSON.stringify(settings[key])])),
      "the number of recordings to train on": `${training.length}`,
      ...Object.fromEntries(described.map((text, k) => [`recording ${k + 1}`, text])),
      features: sha256(FEATURES.join()),
      "spantwin version": order.version,
    },
    training: {
      "--epochs": `${order.epochs}`,
      "--features": order.features,
      "--messages": `${order.rounds}`,
      "--init": init,
      backend,
    },
  };
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
