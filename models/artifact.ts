import { readFileSync } from "node:fs";
import { FAULT_KINDS } from "../src/contracts/score.ts";
import { isFeatureName } from "./feature-sets.ts";
import type { FeatureName } from "./features.ts";
import type { LayerWeights } from "./network.ts";
import type { NullScores } from "./null-scores.ts";
import { readLayers, storedLayers } from "./stored-layers.ts";

/** A trained network as it is stored: `models/artifacts/*.json`. */
export interface ModelArtifact {
  readonly name: string;
  /** What its first layer takes in, in this order. */
  readonly features: readonly FeatureName[];
  /** Whether the twin's largest residual has a say in the score: see `scoreOf`. */
  readonly isPooled: boolean;
  /** See network.ts: with a round of messages between neighbours, or without. */
  readonly layers: readonly LayerWeights[];
  /** Divides the guilt logit: calibrated on applications that were not trained on. */
  readonly temperature: number;
  /** How high scores get there when nothing is wrong. */
  readonly nullScores: NullScores;
  /** The model card, Markdown. */
  readonly card: string;
}

const FORMAT = "spantwin-model";
const VERSION = 2;

export function serializeArtifact(artifact: ModelArtifact): string {
  const document = {
    format: FORMAT,
    version: VERSION,
    name: artifact.name,
    features: artifact.features,
    isPooled: artifact.isPooled,
    kinds: FAULT_KINDS,
    temperature: artifact.temperature,
    nullScores: artifact.nullScores,
    layers: storedLayers(artifact.layers),
    card: artifact.card,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads an artifact.
 *
 * @throws {Error} naming the file and what is wrong: not readable, not an artifact, another version, features or fault
 *   kinds there are none of, layers that do not fit, numbers that are none.
 */
export function readArtifact(path: string): ModelArtifact {
  const fail = (what: string): never => {
    throw new Error(`model artifact ${path}: ${what}`);
  };
  let document: Record<string, unknown> | null;
  try {
    document = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> | null;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (document === null || document["format"] !== FORMAT || document["version"] !== VERSION) {
    return fail(`is not a ${FORMAT} of version ${VERSION}`);
  }
  const features = document["features"];
  if (!areFeatures(features)) return fail("was trained on other features than there are");
  // Of artifacts from before there was a choice, all were.
  const isPooled = document["isPooled"] ?? true;
  if (typeof isPooled !== "boolean") return fail("does not say whether residuals have a say in its score");
  if (JSON.stringify(document["kinds"]) !== JSON.stringify(FAULT_KINDS)) {
    return fail("was trained on another list of fault kinds");
  }
  const layers = readLayers(document["layers"], features.length, fail);
  const temperature = document["temperature"];
  if (!isFiniteNumber(temperature) || temperature <= 0) return fail("has a temperature that is not above 0");
  const nullScores = document["nullScores"];
  if (!areNullScores(nullScores)) return fail("has no usable scores of clean windows");
  const [name, card] = [String(document["name"]), String(document["card"])];
  return { name, features, isPooled, layers, temperature, nullScores, card };
}

function areFeatures(stored: unknown): stored is FeatureName[] {
  return (
    Array.isArray(stored) && stored.length > 0 && stored.every(isFeatureName) && new Set(stored).size === stored.length
  );
}

function areNullScores(stored: unknown): stored is NullScores {
  const { scores, chances, tailScale } = (stored ?? {}) as Partial<Record<keyof NullScores, unknown>>;
  if (!Array.isArray(scores) || !Array.isArray(chances) || scores.length < 2) return false;
  const areNumbers = [...scores, ...chances, tailScale].every(isFiniteNumber);
  const isRising = scores.every((score, k) => k === 0 || score >= scores[k - 1]);
  const isFalling = chances.every((chance, k) => chance > 0 && (k === 0 ? chance === 1 : chance < chances[k - 1]));
  return areNumbers && isRising && isFalling && chances.length === scores.length && (tailScale as number) > 0;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function parameterCount(artifact: ModelArtifact): number {
  return artifact.layers.reduce((sum, layer) => sum + layer.kernel.length + layer.bias.length, 0);
}
