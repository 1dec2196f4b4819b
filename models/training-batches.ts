import type { Tensor2D } from "@tensorflow/tfjs";
import type { Tensorflow } from "./backend.ts";
import { type CallPairs, writeAverages } from "./neighbours.ts";
import { OUTPUT_COUNT, type WindowTensors } from "./network.ts";

/** One window of one recording. */
export interface TrainingExample {
  /** [nodes, features] row-major: see `rowsOf`. */
  readonly rows: Float32Array;
  readonly calls: CallPairs;
  /** Row of the guilty node, −1 when nothing is wrong. */
  readonly guiltyRow: number;
  /** Index in `FAULT_KINDS`, −1 when nothing is wrong. */
  readonly kind: number;
}

export interface Batch extends WindowTensors {
  /** [windows, size + 1]: 1 for the guilty row, or in the last column when nothing is wrong. */
  readonly guilty: Tensor2D;
  /** [windows, size + 1]: 0 for nodes and for "nothing", a large negative number where there is no node. */
  readonly absence: Tensor2D;
  /** [windows · size, kinds]: 1 for the kind of a guilty row. */
  readonly kind: Tensor2D;
}

const KIND_COUNT = OUTPUT_COUNT - 1;
/** As a logit, impossible. */
const ABSENT = -1e9;

/** Cuts examples, in their order, into batches; windows are padded to the largest one of their batch. */
export function batchesOf(
  tf: Tensorflow,
  examples: readonly TrainingExample[],
  sizes: { readonly featureCount: number; readonly windowsMax: number },
): Batch[] {
  const batches: Batch[] = [];
  for (let first = 0; first < examples.length; first += sizes.windowsMax)
    batches.push(batchOf(tf, examples.slice(first, first + sizes.windowsMax), sizes.featureCount));
  return batches;
}

export function disposeBatch(batch: Batch): void {
  for (const tensor of Object.values(batch)) tensor.dispose();
}

/** The windows of a batch as tensors, without what is known of them. */
export function windowTensors(
  tf: Tensorflow,
  examples: readonly Pick<TrainingExample, "rows" | "calls">[],
  featureCount: number,
): WindowTensors {
  const count = examples.length;
  const size = Math.max(1, ...examples.map(({ rows }) => rows.length / featureCount));
  const rows = new Float32Array(count * size * featureCount);
  const callees = new Float32Array(count * size * size);
  const callers = new Float32Array(count * size * size);
  examples.forEach((example, index) => {
    rows.set(example.rows, index * size * featureCount);
    writeAverages(example.calls, size, { callees, callers, at: index * size * size });
  });
  return {
    rows: tf.tensor3d(rows, [count, size, featureCount]),
    callees: tf.tensor3d(callees, [count, size, size]),
    callers: tf.tensor3d(callers, [count, size, size]),
  };
}

function batchOf(tf: Tensorflow, examples: readonly TrainingExample[], featureCount: number): Batch {
  const windows = windowTensors(tf, examples, featureCount);
  const [count, size] = windows.rows.shape;
  const choices = size + 1;
  const guilty = new Float32Array(count * choices);
  const absence = new Float32Array(count * choices);
  const kind = new Float32Array(count * size * KIND_COUNT);
  examples.forEach((example, index) => {
    const { guiltyRow } = example;
    guilty[index * choices + (guiltyRow < 0 ? size : guiltyRow)] = 1;
    absence.fill(ABSENT, index * choices + example.rows.length / featureCount, index * choices + size);
    if (guiltyRow >= 0) kind[(index * size + guiltyRow) * KIND_COUNT + example.kind] = 1;
  });
  return {
    ...windows,
    guilty: tf.tensor2d(guilty, [count, choices]),
    absence: tf.tensor2d(absence, [count, choices]),
    kind: tf.tensor2d(kind, [count * size, KIND_COUNT]),
  };
}
