// Goal: training finds what is there, stops when it has, and is the same for the same seed; backends agree.
// Method: a tiny set in which one feature tells guilt and another the kind.
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backend, loadBackend } from "../../models/backend.ts";
import { guiltLogits, temperatureOf } from "../../models/calibration.ts";
import { FEATURE_COUNT } from "../../models/features.ts";
import { freshLayers, loadLayers, OUTPUT_COUNT, storeLayers } from "../../models/network.ts";
import { createNodeModel } from "../../models/node-model.ts";
import { nullScoresOf, pValueOf } from "../../models/null-scores.ts";
import { logitsOf, type TrainingOptions, trainNetwork } from "../../models/training.ts";
import type { TrainingExample } from "../../models/training-batches.ts";
import { normal, stream } from "../../twin/kernel/random.ts";
import { anArtifact, someLayers } from "./artifacts.ts";
import { nodeForecast, residual, twinView } from "./baselines/fixtures.ts";

const NODES = 3;

/** Windows of three nodes; in half of them one is guilty: feature 0 tells which, feature 1 of which of two kinds. */
function examples(count: number, seed: number): TrainingExample[] {
  const random = stream(seed, 0, "examples");
  return Array.from({ length: count }, (_, i) => {
    const rows = Float32Array.from({ length: NODES * FEATURE_COUNT }, () => 0.2 * (random.nextUniform() - 0.5));
    const guiltyRow = i % 2 === 0 ? random.nextIndex(NODES) : -1;
    const kind = guiltyRow < 0 ? -1 : random.nextIndex(2);
    if (guiltyRow >= 0) {
      rows[guiltyRow * FEATURE_COUNT] = 1;
      rows[guiltyRow * FEATURE_COUNT + 1] = kind;
    }
    return { rows, calls: [[0, 1]], guiltyRow, kind };
  });
}

const options = (changes: Partial<TrainingOptions> = {}): TrainingOptions => ({
  seed: 5,
  epochs: 80,
  learningRate: 0.01,
  patience: 10,
  rounds: 0,
  featureCount: FEATURE_COUNT,
  init: null,
  from: null,
  onEpoch: () => {},
  ...changes,
});

describe("training on wasm", () => {
  let backend: Backend;
  const training = examples(60, 1);
  const validation = examples(30, 2);

  beforeAll(async () => {
    backend = await loadBackend("wasm");
    expect(backend.name).toBe("wasm");
  });

  test("learns a separable set: the guilty node first, and its kind", async () => {
    const { tf } = backend;
    const result = await trainNetwork(tf, training, validation, options());
    const layers = loadLayers(tf, result.layers);
    let right = 0;
    let guilty = 0;
    for (const example of examples(40, 3)) {
      const { guiltyRow, kind } = example;
      const logits = logitsOf(tf, layers, [example])[0]!;
      const guilt = guiltLogits(logits);
      const named = guilt.map((logit, node) => (logit > 0 ? node : -1)).filter((node) => node >= 0);
      guilty += guiltyRow >= 0 ? 1 : 0;
      const kinds = [...logits.slice(named[0]! * OUTPUT_COUNT + 1, (named[0]! + 1) * OUTPUT_COUNT)];
      const isRight = guiltyRow < 0 ? named.length === 0 : named.join() === String(guiltyRow);
      right += isRight && (guiltyRow < 0 || kinds.indexOf(Math.max(...kinds)) === kind) ? 1 : 0;
    }
    expect(guilty).toBe(20);
    expect(right).toBeGreaterThanOrEqual(38);
  });

  test("gives the same weights for the same seed, and others for another", async () => {
    const run = (seed: number) => trainNetwork(backend.tf, training, validation, options({ epochs: 6, seed }));
    const first = await run(5);
    expect(await run(5)).toEqual(first);
    expect((await run(6)).layers).not.toEqual(first.layers);
  });

  test("stops when validation gets no better, and keeps the best epoch's weights", async () => {
    const seen: number[] = [];
    // Validation that contradicts training can only get worse.
    const contrary = validation.map((each) => ({ ...each, guiltyRow: each.guiltyRow < 0 ? 0 : -1, kind: 0 }));
    const result = await trainNetwork(
      backend.tf,
      training,
      contrary,
      options({
        epochs: 200,
        patience: 4,
        onEpoch: ({ validation: loss }) => void seen.push(loss),
      }),
    );
    expect(seen.length).toBeLessThan(100);
    expect(seen.length).toBe(result.epochs + 4);
    expect(result.validationLoss).toBe(Math.min(...seen.slice(0, result.epochs)));
  });

  test("may begin at weights there are: no epochs leave them as they were", async () => {
    const init = someLayers(3, FEATURE_COUNT);
    const result = await trainNetwork(backend.tf, training, validation, options({ init, epochs: 1, learningRate: 0 }));
    expect(result.layers).toEqual(init);
  });

  test("that only makes the weights it began at worse keeps them, as epoch 0", async () => {
    const { layers: init, validationLoss } = await trainNetwork(backend.tf, training, validation, options());
    const contrary = training.map((each) => ({ ...each, guiltyRow: each.guiltyRow < 0 ? 0 : -1, kind: 0 }));
    const result = await trainNetwork(backend.tf, contrary, validation, options({ init, epochs: 3 }));
    expect(result).toEqual({ layers: init, epochs: 0, validationLoss });
  });

  test("leaves no tensors behind but the weights themselves, window after window", () => {
    const model = createNodeModel(backend, anArtifact());
    const forecast = twinView(nodeForecast(1, { service: residual(6) }));
    model.score(forecast);
    const before = backend.tf.memory().numTensors;
    for (let i = 0; i < 5; i++) model.score(forecast);
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});

describe("a round of messages", () => {
  /** Nobody shows anything but a caller: its callee is guilty, which it cannot know without being told. */
  function told(count: number, seed: number): TrainingExample[] {
    const random = stream(seed, 0, "told");
    return Array.from({ length: count }, (_, i) => {
      const rows = Float32Array.from({ length: NODES * FEATURE_COUNT }, () => 0.1 * (random.nextUniform() - 0.5));
      const caller = random.nextIndex(NODES);
      const callee = (caller + 1) % NODES;
      const isGuilty = i % 2 === 0;
      rows[caller * FEATURE_COUNT] = isGuilty ? 1 : 0;
      return { rows, calls: [[caller, callee]], guiltyRow: isGuilty ? callee : -1, kind: isGuilty ? 0 : -1 };
    });
  }

  test("finds who is guilty by what a neighbour sees; without it nobody can", async () => {
    const { tf } = await loadBackend("wasm");
    const right: number[] = [];
    for (const rounds of [0, 1] as const) {
      const { layers } = await trainNetwork(tf, told(120, 1), told(60, 2), options({ rounds, epochs: 150 }));
      const test = told(60, 3);
      right[rounds] = logitsOf(tf, loadLayers(tf, layers), test).filter((logits, i) => {
        const guilt = [...guiltLogits(logits), 0];
        const named = guilt.indexOf(Math.max(...guilt));
        return named === (test[i]!.guiltyRow < 0 ? NODES : test[i]!.guiltyRow);
      }).length;
    }
    expect(right[1]).toBeGreaterThanOrEqual(57);
    expect(right[0]).toBeLessThan(50);
  });
});

describe("calibration", () => {
  const example = (guiltyRow: number): TrainingExample => ({
    rows: new Float32Array(FEATURE_COUNT),
    calls: [],
    guiltyRow,
    kind: guiltyRow < 0 ? -1 : 0,
  });
  const logit = (value: number): Float32Array => new Float32Array(OUTPUT_COUNT).fill(value, 0, 1);

  test("cools down a network that is too sure of what is wrong half the time", () => {
    const guilty = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0 : -1));
    expect(
      temperatureOf(
        guilty.map(() => logit(5)),
        guilty.map(example),
      ),
    ).toBeGreaterThan(3.5);
  });

  test("leaves one that is right as often as it says as it is", () => {
    // Odds of 3 to 1: guilty three times in four.
    const guilty = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? -1 : 0));
    const temperature = temperatureOf(
      guilty.map(() => logit(Math.log(3))),
      guilty.map(example),
    );
    expect(temperature).toBeGreaterThan(0.9);
    expect(temperature).toBeLessThan(1.1);
  });

  test("p-values of clean scores are uniform, and fall beyond the highest one ever seen", () => {
    const random = stream(3, 0, "scores");
    const nullScores = nullScoresOf(Array.from({ length: 20_000 }, () => normal(random, -4, 1)));
    const fresh = Array.from({ length: 20_000 }, () => pValueOf(normal(random, -4, 1), nullScores));
    for (const chance of [0.3, 0.1, 0.01, 0.001]) {
      const share = fresh.filter((p) => p <= chance).length / fresh.length;
      expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt((2 * chance) / 20_000));
    }
    expect(pValueOf(5, nullScores)).toBeLessThan(1e-6);
    expect(pValueOf(6, nullScores)).toBeLessThan(pValueOf(5, nullScores));
    expect(pValueOf(-20, nullScores)).toBe(1);
    expect(() => nullScoresOf(new Float64Array(999))).toThrow("at least 1000");
  });
});

describe("a backend", () => {
  test("wasm and cpu agree on every logit to 1e-4", async () => {
    const windows = examples(20, 9);
    const logits: Float32Array[] = [];
    for (const name of ["wasm", "cpu"] as const) {
      const { tf, name: used } = await loadBackend(name);
      expect(used).toBe(name);
      const layers = loadLayers(tf, someLayers(1, FEATURE_COUNT));
      logits.push(Float32Array.from(logitsOf(tf, layers, windows).flatMap((each) => [...each])));
    }
    expect(logits[0]).toHaveLength(20 * NODES * OUTPUT_COUNT);
    expect(Math.max(...logits[0]!.map((logit, i) => Math.abs(logit - logits[1]![i]!)))).toBeLessThan(1e-4);
  });

  test("node is used when its optional package is there; otherwise another, with the reason", async () => {
    const isInstalled = (() => {
      try {
        createRequire(import.meta.url).resolve("@tensorflow/tfjs-node");
        return true;
      } catch {
        return false;
      }
    })();
    const { name, degradedReason, tf } = await loadBackend("node");
    if (isInstalled && name === "node") {
      expect(degradedReason).toBeNull();
    } else {
      expect(name).toBe("wasm");
      expect(degradedReason).toMatch(/^backend node: \S/);
    }
    expect([...tf.add(1, 2).dataSync()]).toEqual([3]);
  });

  test("draws the same first weights for the same seed", async () => {
    const { tf } = await loadBackend("auto");
    expect(storeLayers(freshLayers(tf, 4, 0, 46))).toEqual(storeLayers(freshLayers(tf, 4, 0, 46)));
    expect(storeLayers(freshLayers(tf, 4, 0, 46))).not.toEqual(storeLayers(freshLayers(tf, 5, 0, 46)));
  });
});

describe("the node model", () => {
  test("gives every node a probability, kinds that sum to one, and is silent about a window without nodes", async () => {
    const model = createNodeModel(await loadBackend("auto"), anArtifact());
    const { nodes, scorer } = model.score(twinView(nodeForecast(1, { service: residual(6) })));
    expect(scorer).toBe("test-model");
    for (const { probability, kindProbabilities } of nodes) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
      expect(kindProbabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 6);
    }
    expect(model.score({ ...twinView(), nodes: [] }).nodes).toEqual([]);
  });

  test("scores a node the same whatever the others' order", async () => {
    const model = createNodeModel(await loadBackend("auto"), anArtifact());
    const forecast = twinView(nodeForecast(1, { service: residual(6) }), nodeForecast(2, { gapIn: residual(3) }));
    const turned = { ...forecast, nodes: [...forecast.nodes].reverse() };
    const byNode = (nodes: readonly { node: number; probability: number }[]) =>
      new Map(nodes.map((each) => [each.node, each.probability]));
    const [first, second] = [byNode(model.score(forecast).nodes), byNode(model.score(turned).nodes)];
    for (const [node, probability] of first) expect(second.get(node)).toBeCloseTo(probability, 6);
  });
});
