import { join } from "node:path";
import { FEATURE_COUNT } from "../../models/features.ts";
import { train } from "../../src/pipeline/train.ts";
import type { TrainOrder, TrainWatch } from "../../src/pipeline/train-order.ts";
import type { LabelledExample, readTraining, TrainingSource } from "../../src/pipeline/training-data.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { stream } from "../../twin/kernel/random.ts";

const NODES = 20;
const WINDOWS = 80;

/** Examples of an application that there is none of: in every other window one node is guilty, and one feature shows it. */
export const readDrawn: typeof readTraining = (source, hash) => {
  const seed = source.kind === "simulated" ? source.seed : source.folder.length;
  const random = stream(seed, 0, "drawn training");
  const examples = Array.from({ length: WINDOWS }, (_, i): LabelledExample => {
    const rows = Float32Array.from({ length: NODES * FEATURE_COUNT }, () => random.nextUniform() - 0.5);
    const residualZ = Float32Array.from({ length: NODES }, () => 4 * random.nextUniform());
    const guiltyRow = i % 2 === 0 ? random.nextIndex(NODES) : -1;
    if (guiltyRow >= 0) rows[guiltyRow * FEATURE_COUNT]! += 1;
    return { rows, residualZ, calls: [[0, 1]], guiltyRow, kind: guiltyRow < 0 ? -1 : random.nextIndex(3) };
  });
  return Promise.resolve({ name: `drawn ${seed}`, hash, examples });
};

export function orderIn(folder: string, changes: Partial<TrainOrder> = {}): TrainOrder {
  const sources = (...seeds: number[]): TrainingSource[] => seeds.map((seed) => ({ kind: "simulated", seed }));
  return {
    settings: loadSettings({ env: {}, directory: folder, flags: { backend: "wasm" } }),
    training: sources(1, 2),
    validation: sources(101, 102),
    initPath: null,
    features: "full",
    rounds: 0,
    epochs: 5,
    name: "drawn",
    artifactPath: join(folder, "model.json"),
    checkpointFolder: join(folder, "checkpoint"),
    keepsExamples: false,
    version: "1",
    ...changes,
  };
}

/** Trains as ordered; `notices` gets what is said meanwhile. */
export function trainDrawn(
  order: TrainOrder,
  watch: Partial<TrainWatch> & { read?: typeof readTraining; notices?: string[] } = {},
) {
  const { read = readDrawn, notices = [], ...rest } = watch;
  const whole: TrainWatch = {
    signal: new AbortController().signal,
    onReading: () => {},
    onEpoch: () => {},
    onNotice: (text) => void notices.push(text),
    ...rest,
  };
  return train(order, whole, read);
}
