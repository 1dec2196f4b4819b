import { readFileSync } from "node:fs";
import { FAULT_KINDS } from "../src/contracts/score.ts";
import { FEATURES } from "./features.ts";

export interface LayerWeights {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [inputSize, outputSize] row-major, then [outputSize]. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** A trained network as it is stored: `models/artifacts/*.json`. */
export interface ModelArtifact {
  readonly name: string;
  readonly layers: readonly LayerWeights[];
  /** Divides the guilt logit: calibrated on held-out recordings. */
  readonly temperature: number;
  /** Added to the guilt logit after scaling. */
  readonly offset: number;
  /** The model card, Markdown. */
  readonly card: string;
}

const FORMAT = "spantwin-model";
const VERSION = 1;

export function serializeArtifact(artifact: ModelArtifact): string {
  const document = {
    format: FORMAT,
    version: VERSION,
    name: artifact.name,
    features: FEATURES,
    kinds: FAULT_KINDS,
    temperature: artifact.temperature,
    offset: artifact.offset,
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
  const offset = document["offset"];
  if (!isFiniteNumber(temperature) || temperature <= 0 || !isFiniteNumber(offset)) {
    return fail("has a temperature that is not above 0, or an offset that is no number");
  }
  return { name: String(document["name"]), layers, temperature, offset, card: String(document["card"]) };
}

/** Layers that fit each other, from one row of features to one guilt logit and one logit a kind. */
function readLayers(stored: unknown, fail: (what: string) => never): LayerWeights[] {
  if (!Array.isArray(stored)) {
    return fail("has no layers");
  }
  let width: number = FEATURES.length;
  const layers = (stored as (Record<string, unknown> | null)[]).map((layer) => {
    const kernel = fromBase64(String(layer?.["kernel"]));
    const bias = fromBase64(String(layer?.["bias"]));
    const inputSize = layer?.["inputSize"];
    const outputSize = layer?.["outputSize"];
    const isFitting = inputSize === width && isFiniteNumber(outputSize);
    if (!isFitting || kernel.length !== width * outputSize || bias.length !== outputSize) {
      return fail("has a layer of the wrong size");
    }
    if (![...kernel, ...bias].every((weight) => Number.isFinite(weight))) {
      return fail("has a weight that is no number");
    }
    width = outputSize;
    return { inputSize, outputSize, kernel, bias };
  });
  if (layers.length === 0 || width !== 1 + FAULT_KINDS.length) {
    return fail("has layers that do not end in one guilt logit and one logit a kind");
  }
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
