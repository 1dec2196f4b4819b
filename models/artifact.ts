import { readFileSync } from "node:fs";
import { FAULT_KINDS } from "../src/contracts/score.ts";
import { FEATURES } from "./features.ts";
import { areLayers, type LayerWeights } from "./network.ts";
import type { NullScores } from "./null-scores.ts";

/** A trained network as it is stored: `models/artifacts/*.json`. */
export interface ModelArtifact {
  readonly name: string;
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
    features: FEATURES,
    kinds: FAULT_KINDS,
    temperature: artifact.temperature,
    nullScores: artifact.nullScores,
    layers: artifact.layers.map((layer) => ({
      inputSize: layer.inputSize,
      outputSize: layer.outputSize,
      kernel: toBase64(layer.kernel),
      bias: toBase64(layer.bias),
    })),
    card: artifact.card,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads an artifact.
 *
 * @throws {Error} naming the file and what is wrong: not readable, not an artifact, another version or feature list,
 *   layers that do not fit, numbers that are none.
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
  if (JSON.stringify(document["features"]) !== JSON.stringify(FEATURES)) {
    return fail("was trained on another list of features");
  }
  if (JSON.stringify(document["kinds"]) !== JSON.stringify(FAULT_KINDS)) {
    return fail("was trained on another list of fault kinds");
  }
  const layers = readLayers(document["layers"], fail);
  const temperature = document["temperature"];
  if (!isFiniteNumber(temperature) || temperature <= 0) return fail("has a temperature that is not above 0");
  const nullScores = document["nullScores"];
  if (!areNullScores(nullScores)) return fail("has no usable scores of clean windows");
  return { name: String(document["name"]), layers, temperature, nullScores, card: String(document["card"]) };
}

function areNullScores(stored: unknown): stored is NullScores {
  const { scores, chances, tailScale } = (stored ?? {}) as Partial<Record<keyof NullScores, unknown>>;
  if (!Array.isArray(scores) || !Array.isArray(chances) || scores.length < 2) return false;
  const areNumbers = [...scores, ...chances, tailScale].every(isFiniteNumber);
  const isRising = scores.every((score, k) => k === 0 || score >= scores[k - 1]);
  const isFalling = chances.every((chance, k) => chance > 0 && (k === 0 ? chance === 1 : chance < chances[k - 1]));
  return areNumbers && isRising && isFalling && chances.length === scores.length && (tailScale as number) > 0;
}

/** Layers that fit each other, from a row of features to one guilt logit and one logit a kind. */
function readLayers(stored: unknown, fail: (what: string) => never): LayerWeights[] {
  if (!Array.isArray(stored)) return fail("has no layers");
  const layers = (stored as (Record<string, unknown> | null)[]).map((layer) => {
    const kernel = fromBase64(String(layer?.["kernel"]));
    const bias = fromBase64(String(layer?.["bias"]));
    const inputSize = layer?.["inputSize"];
    const outputSize = layer?.["outputSize"];
    if (!isFiniteNumber(inputSize) || !isFiniteNumber(outputSize)) return fail("has a layer without a size");
    if (kernel.length !== inputSize * outputSize || bias.length !== outputSize)
      return fail("has a layer of the wrong size");
    if (![...kernel, ...bias].every((weight) => Number.isFinite(weight))) return fail("has a weight that is no number");
    return { inputSize, outputSize, kernel, bias };
  });
  if (!areLayers(layers.map(({ inputSize, outputSize }) => [inputSize, outputSize])))
    return fail("has layers that do not fit each other, the features and the kinds");
  return layers;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function parameterCount(artifact: ModelArtifact): number {
  return artifact.layers.reduce((sum, layer) => sum + layer.kernel.length + layer.bias.length, 0);
}

function toBase64(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  return bytes.toString("base64");
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readFloatLE(4 * i));
}
