import { areLayers, type LayerWeights } from "./network.ts";

/** A dense layer as it stands in a JSON file: 32-bit floats, little-endian, in base64. */
export interface StoredLayer {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly kernel: string;
  readonly bias: string;
}

export function storedLayers(layers: readonly LayerWeights[]): StoredLayer[] {
  return layers.map(({ inputSize, outputSize, kernel, bias }) => ({
    inputSize,
    outputSize,
    kernel: toBase64(kernel),
    bias: toBase64(bias),
  }));
}

/** Layers that fit each other, from a row of so many features to one guilt logit and one logit a kind. */
export function readLayers(stored: unknown, featureCount: number, fail: (what: string) => never): LayerWeights[] {
  if (!Array.isArray(stored)) return fail("has no layers");
  const layers = (stored as (Record<string, unknown> | null)[]).map((layer) => {
    const kernel = fromBase64(String(layer?.["kernel"]));
    const bias = fromBase64(String(layer?.["bias"]));
    const inputSize = layer?.["inputSize"];
    const outputSize = layer?.["outputSize"];
    if (typeof inputSize !== "number" || typeof outputSize !== "number") return fail("has a layer without a size");
    if (kernel.length !== inputSize * outputSize || bias.length !== outputSize)
      return fail("has a layer of the wrong size");
    if (![...kernel, ...bias].every((weight) => Number.isFinite(weight))) return fail("has a weight that is no number");
    return { inputSize, outputSize, kernel, bias };
  });
  const sizes = layers.map(({ inputSize, outputSize }) => [inputSize, outputSize] as const);
  if (!areLayers(sizes, featureCount)) return fail("has layers that do not fit each other, the features and the kinds");
  return layers;
}

export function toBase64(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  return bytes.toString("base64");
}

export function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readFloatLE(4 * i));
}
