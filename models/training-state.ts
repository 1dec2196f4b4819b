import type { Tensorflow } from "./backend.ts";
import { type LayerVariables, type LayerWeights, loadLayers, storeLayers } from "./network.ts";
import { fromBase64, readLayers, type StoredLayer, storedLayers, toBase64 } from "./stored-layers.ts";

/** All that training is between two epochs: whoever has it, and the data, goes on as if it had never stopped. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  readonly layers: readonly LayerWeights[];
  readonly optimizer: OptimizerState;
  readonly best: { readonly layers: readonly LayerWeights[]; readonly loss: number; readonly epoch: number };
}

/** What Adam remembers (Kingma and Ba 2015, algorithm 1). */
export interface OptimizerState {
  readonly steps: number;
  /** First moments of all variables, then second ones, each in the shape of its variable; none before the first step. */
  readonly moments: readonly Float32Array[];
}

/** @param loss of these layers on the validation set, as far as they are worth keeping; else infinite */
export function firstState(layers: readonly LayerWeights[], loss: number): TrainingState {
  return { epoch: 0, layers, optimizer: { steps: 0, moments: [] }, best: { layers, loss, epoch: 0 } };
}

type Adam = ReturnType<Tensorflow["train"]["adam"]>;

/** Variables of the layers, in the order in which moments are kept. */
export function variablesOf(layers: readonly LayerVariables[]): LayerVariables["kernel"][] {
  return layers.flatMap(({ kernel, bias }) => [kernel, bias]);
}

/** The network and its optimiser as they stood; both are to be disposed of. */
export async function resume(
  tf: Tensorflow,
  state: TrainingState,
  learningRate: number,
): Promise<{ layers: LayerVariables[]; optimizer: Adam }> {
  const layers = loadLayers(tf, state.layers);
  const optimizer = tf.train.adam(learningRate);
  const { steps, moments } = state.optimizer;
  if (moments.length === 0) return { layers, optimizer };
  const shapes = variablesOf(layers).map(({ shape }) => shape);
  const weights = [
    { name: "iter", tensor: tf.scalar(steps, "int32") },
    ...moments.map((values, k) => ({ name: `${k}`, tensor: tf.tensor(values, shapes[k % shapes.length]!) })),
  ];
  await optimizer.setWeights(weights);
  for (const { tensor } of weights) tensor.dispose();
  return { layers, optimizer };
}

/** What `resume` takes, of the network and the optimiser as they stand. */
export async function stateOf(
  layers: readonly LayerVariables[],
  optimizer: Adam,
): Promise<Pick<TrainingState, "layers" | "optimizer">> {
  const [iterations, ...moments] = await optimizer.getWeights();
  const steps = iterations!.tensor.dataSync()[0]!;
  iterations!.tensor.dispose();
  return {
    layers: storeLayers(layers),
    optimizer: { steps, moments: moments.map(({ tensor }) => Float32Array.from(tensor.dataSync())) },
  };
}

/** As plain data for a JSON file. */
export interface StoredTrainingState {
  readonly epoch: number;
  readonly layers: readonly StoredLayer[];
  readonly steps: number;
  readonly moments: readonly string[];
  readonly best: { readonly layers: readonly StoredLayer[]; readonly loss: number | null; readonly epoch: number };
}

export function storedState({ epoch, layers, optimizer, best }: TrainingState): StoredTrainingState {
  return {
    epoch,
    layers: storedLayers(layers),
    steps: optimizer.steps,
    moments: optimizer.moments.map(toBase64),
    // JSON has no infinity: nothing was ever better than nothing.
    best: { layers: storedLayers(best.layers), loss: Number.isFinite(best.loss) ? best.loss : null, epoch: best.epoch },
  };
}

/** @throws {Error} with what is wrong, for anything that `storedState` did not make of a network of so many features */
export function readState(stored: unknown, featureCount: number): TrainingState {
  const fail = (what: string): never => {
    throw new Error(what);
  };
  const { epoch, layers, steps, moments, best } = (stored ?? {}) as Partial<Record<keyof StoredTrainingState, unknown>>;
  const bestOf = (best ?? {}) as Partial<Record<keyof StoredTrainingState["best"], unknown>>;
  if (!isCount(epoch) || !isCount(steps) || !isCount(bestOf.epoch) || !Array.isArray(moments))
    return fail("has no count of epochs or steps, or no moments");
  const read = readLayers(layers, featureCount, fail);
  const values = moments.map((text) => fromBase64(String(text)));
  const lengths = read.flatMap(({ kernel, bias }) => [kernel.length, bias.length]);
  const isWhole =
    values.length === 2 * lengths.length && values.every((each, k) => each.length === lengths[k % lengths.length]);
  if (values.length > 0 && !isWhole) return fail("has moments of another network");
  return {
    epoch,
    layers: read,
    optimizer: { steps, moments: values },
    best: {
      layers: readLayers(bestOf.layers, featureCount, fail),
      loss: typeof bestOf.loss === "number" ? bestOf.loss : Number.POSITIVE_INFINITY,
      epoch: bestOf.epoch,
    },
  };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
