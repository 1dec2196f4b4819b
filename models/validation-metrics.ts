import { guiltLogits } from "./calibration.ts";
import { OUTPUT_COUNT } from "./network.ts";
import { scoreOf } from "./score.ts";
import type { TrainingExample } from "./training-batches.ts";

/** An example with what the twin alone makes of each of its nodes: the largest standardised residual, by row. */
export interface ScoredExample extends TrainingExample {
  readonly residualZ: ArrayLike<number>;
}

/** How far probabilities are to be believed. The answers of a window are its nodes and "nobody", which one is right. */
export interface Reliability {
  /** Brier score, summed over the answers of a window and averaged over windows: 0 … 2. */
  readonly brier: number;
  /** Expected calibration error of the likeliest answer, 10 bins of equal width (Guo et al. 2017): 0 … 1. */
  readonly calibrationError: number;
}

/** What a model is worth on windows it was not trained on. Shares in [0, 1]; NaN where there is nothing to share. */
export interface ValidationMetrics {
  readonly windows: number;
  readonly faultWindows: number;
  /** Share of the windows with a fault in which the guilty node scores highest, and among the highest three. */
  readonly ac1: number;
  readonly ac3: number;
  /** Share of them in which the guilty node's likeliest kind is the right one. */
  readonly kind: number;
  /** Of the network's probabilities, as trained and divided by the temperature. */
  readonly before: Reliability;
  readonly after: Reliability;
}

/** @param logits of each example, [nodes, OUTPUT_COUNT] row-major */
export function validationMetrics(
  logits: readonly Float32Array[],
  examples: readonly ScoredExample[],
  model: { readonly temperature: number; readonly isPooled: boolean },
): ValidationMetrics {
  const faulty = examples.flatMap((example, i) => (example.guiltyRow < 0 ? [] : [{ example, logits: logits[i]! }]));
  const ranks = faulty.map(({ example, logits: own }) => {
    const scores = scoresOf(own, example, model);
    const guilty = scores[example.guiltyRow]!;
    return scores.filter((score, row) => row !== example.guiltyRow && score >= guilty).length;
  });
  const rightKinds = faulty.filter(
    ({ example, logits: own }) => likeliestKind(own, example.guiltyRow) === example.kind,
  );
  return {
    windows: examples.length,
    faultWindows: faulty.length,
    ac1: ranks.filter((rank) => rank < 1).length / faulty.length,
    ac3: ranks.filter((rank) => rank < 3).length / faulty.length,
    kind: rightKinds.length / faulty.length,
    before: reliabilityOf(logits, examples, 1),
    after: reliabilityOf(logits, examples, model.temperature),
  };
}

/** Score of every node of a window, as the detector gets it. */
export function scoresOf(
  logits: Float32Array,
  { residualZ }: Pick<ScoredExample, "residualZ">,
  { temperature, isPooled }: { readonly temperature: number; readonly isPooled: boolean },
): number[] {
  return guiltLogits(logits).map((logit, row) => scoreOf(logit / temperature, residualZ[row]!, isPooled));
}

function likeliestKind(logits: Float32Array, row: number): number {
  const kinds = logits.subarray(row * OUTPUT_COUNT + 1, (row + 1) * OUTPUT_COUNT);
  return kinds.indexOf(Math.max(...kinds));
}

const BINS = 10;

function reliabilityOf(
  logits: readonly Float32Array[],
  examples: readonly ScoredExample[],
  temperature: number,
): Reliability {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, right: 0 }));
  let brier = 0;
  examples.forEach(({ guiltyRow }, i) => {
    const chances = chancesOf(logits[i]!, temperature);
    const truth = guiltyRow < 0 ? chances.length - 1 : guiltyRow;
    brier += chances.reduce((sum, chance, k) => sum + (chance - (k === truth ? 1 : 0)) ** 2, 0);
    const confidence = Math.max(...chances);
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.confidence += confidence;
    bin.right += chances.indexOf(confidence) === truth ? 1 : 0;
  });
  const apart = bins.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0);
  return { brier: brier / examples.length, calibrationError: apart / examples.length };
}

/** Chance of each node, then of nobody. */
function chancesOf(logits: Float32Array, temperature: number): number[] {
  const scaled = [...guiltLogits(logits).map((logit) => logit / temperature), 0];
  const top = Math.max(...scaled);
  const powers = scaled.map((each) => Math.exp(each - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
