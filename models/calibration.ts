import { OUTPUT_COUNT } from "./network.ts";
import type { TrainingExample } from "./training-batches.ts";

const COLDEST = 0.3;
const HOTTEST = 5;
const STEPS = 60;

/**
 * What guilt logits are to be divided by, so that odds come true: the divisor under which what was the case in examples
 * the network was not trained on is likeliest, among "this node" for every node and "nobody".
 *
 * @param logits of each example, [nodes, OUTPUT_COUNT] row-major
 */
export function temperatureOf(logits: readonly Float32Array[], examples: readonly TrainingExample[]): number {
  let best = { temperature: 1, cost: Number.POSITIVE_INFINITY };
  for (let step = 0; step <= STEPS; step++) {
    const temperature = COLDEST * (HOTTEST / COLDEST) ** (step / STEPS);
    const cost = logits.reduce((sum, each, i) => sum + surprise(each, examples[i]!.guiltyRow, temperature), 0);
    if (cost < best.cost) best = { temperature, cost };
  }
  return best.temperature;
}

/** −log of the chance given to what was the case. */
function surprise(logits: Float32Array, guiltyRow: number, temperature: number): number {
  const guilt = guiltLogits(logits).map((logit) => logit / temperature);
  const top = Math.max(0, ...guilt);
  const total = guilt.reduce((sum, each) => sum + Math.exp(each - top), Math.exp(-top));
  const was = guiltyRow < 0 ? 0 : guilt[guiltyRow]!;
  return top + Math.log(total) - was;
}

/** Guilt logit of each node. */
export function guiltLogits(logits: Float32Array): number[] {
  return Array.from({ length: logits.length / OUTPUT_COUNT }, (_, row) => logits[row * OUTPUT_COUNT]!);
}
