// Goal: training that was interrupted ends where training in one go ends, to the bit; a state that does not fit is refused.
// Method: a tiny set; stopped after every epoch in turn, the state sent through JSON, and gone on with.
import { beforeAll, describe, expect, test } from "vitest";
import { type Backend, loadBackend } from "../../models/backend.ts";
import { type TrainingOptions, trainNetwork } from "../../models/training.ts";
import type { TrainingExample } from "../../models/training-batches.ts";
import { readState, storedState, type TrainingState } from "../../models/training-state.ts";
import { stream } from "../../twin/kernel/random.ts";

const FEATURES = 4;
const NODES = 3;
const EPOCHS = 5;

function examples(count: number, seed: number): TrainingExample[] {
  const random = stream(seed, 0, "examples");
  return Array.from({ length: count }, (_, i) => {
    const rows = Float32Array.from({ length: NODES * FEATURES }, () => random.nextUniform() - 0.5);
    const guiltyRow = i % 2 === 0 ? random.nextIndex(NODES) : -1;
    if (guiltyRow >= 0) rows[guiltyRow * FEATURES]! += 1;
    return { rows, calls: [[0, 1]], guiltyRow, kind: guiltyRow < 0 ? -1 : random.nextIndex(2) };
  });
}

describe("interrupted training", () => {
  let backend: Backend;
  // More than a batch: the optimiser takes several steps an epoch.
  const [training, validation] = [examples(600, 1), examples(40, 2)];
  const train = (changes: Partial<TrainingOptions>) =>
    trainNetwork(backend.tf, training, validation, {
      seed: 5,
      epochs: EPOCHS,
      learningRate: 0.01,
      patience: 10,
      rounds: 1,
      featureCount: FEATURES,
      init: null,
      from: null,
      onEpoch: () => {},
      ...changes,
    });

  beforeAll(async () => {
    backend = await loadBackend("wasm");
  });

  test("ends with the same weights and loss, whatever epoch it was stopped after", async () => {
    const states: TrainingState[] = [];
    const whole = await train({ onEpoch: (_, state) => void states.push(state) });
    expect(states.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    for (const state of states) {
      const from = readState(JSON.parse(JSON.stringify(storedState(state))), FEATURES);
      expect(from).toEqual(state);
      const seen: number[] = [];
      const rest = await train({ from, onEpoch: (_, { epoch }) => void seen.push(epoch) });
      expect(rest).toEqual(whole);
      expect(seen).toEqual(states.map(({ epoch }) => epoch).filter((epoch) => epoch > state.epoch));
    }
  });

  test("that forgot what the optimiser knew would end elsewhere: so its moments and steps matter", async () => {
    const states: TrainingState[] = [];
    const whole = await train({ onEpoch: (_, state) => void states.push(state) });
    const forgetful = { ...states[1]!, optimizer: { steps: 0, moments: [] } };
    expect((await train({ from: forgetful })).layers).not.toEqual(whole.layers);
  });

  test("that was stopped by whoever watches leaves no tensor behind", async () => {
    await train({ epochs: 1 });
    const before = backend.tf.memory().numTensors;
    const stopped = train({
      onEpoch: (_, { epoch }) => {
        if (epoch === 2) throw new Error("enough");
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  test.each([
    ["nothing", () => null, /count of epochs/],
    ["another network's moments", (good: object) => ({ ...good, moments: ["AAAAAA=="] }), /moments of another network/],
    ["layers cut short", (good: object) => ({ ...good, layers: [] }), /do not fit/],
    ["a negative epoch", (good: object) => ({ ...good, epoch: -1 }), /count of epochs/],
  ])("does not go on from %s", async (_, spoil, rule) => {
    const stored: object[] = [];
    await train({ epochs: 1, onEpoch: (__, state) => void stored.push(storedState(state)) });
    expect(() => readState(spoil(stored[0]!), FEATURES)).toThrow(rule);
  });
});
