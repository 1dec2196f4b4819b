// Goal: training finds what is there, stops when it has, and is the same for the same seed; backends agree.
// Method: a tiny set in which one feature tells guilt and another the kind.
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backend, loadBackend } from "../../models/backend.ts";
import { FEATURE_COUNT } from "../../models/features.ts";
import { forward, freshLayers, loadLayers, OUTPUT_COUNT, storeLayers } from "../../models/network.ts";
import { createNodeModel } from "../../models/node-model.ts";
import { calibrateGuilt, type TrainingExample, type TrainingOptions, trainNetwork } from "../../models/training.ts";
import { stream } from "../../twin/kernel/random.ts";
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
    return { rows, guiltyRow, kind };
  });
}

const options = (changes: Partial<TrainingOptions> = {}): TrainingOptions => ({
  seed: 5,
  epochs: 80,
  learningRate: 0.01,
  patience: 10,
  init: null,
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

  test("learns a separable set: the guilty node first, and its kind", () => {
    const { tf } = backend;
    const result = trainNetwork(tf, training, validation, options());
    const layers = loadLayers(tf, result.layers);
    let right = 0;
    let guilty = 0;
    for (const { rows, guiltyRow, kind } of examples(40, 3)) {
      const logits = tf.tidy(() => forward(tf, layers, tf.tensor2d(rows, [NODES, FEATURE_COUNT])).dataSync());
      const guilt = Array.from(
        { length: NODES },
        (_, node) => logits[node * OUTPUT_COUNT]! / result.temperature + result.offset,
      );
      const named = guilt.map((logit, node) => (logit > 0 ? node : -1)).filter((node) => node >= 0);
      guilty += guiltyRow >= 0 ? 1 : 0;
      const kinds = [...logits.slice(named[0]! * OUTPUT_COUNT + 1, (named[0]! + 1) * OUTPUT_COUNT)];
      const isRight = guiltyRow < 0 ? named.length === 0 : named.join() === String(guiltyRow);
      right += isRight && (guiltyRow < 0 || kinds.indexOf(Math.max(...kinds)) === kind) ? 1 : 0;
    }
    expect(guilty).toBe(20);
    expect(right).toBeGreaterThanOrEqual(38);
  });

  test("gives the same weights for the same seed, and others for another", () => {
    const run = (seed: number) => trainNetwork(backend.tf, training, validation, options({ epochs: 6, seed }));
    expect(run(5)).toEqual(run(5));
    expect(run(6).layers).not.toEqual(run(5).layers);
  });

  test("stops when validation gets no better, and keeps the best epoch's weights", () => {
    const seen: number[] = [];
    // Validation that contradicts training can only get worse.
    const contrary = validation.map((each) => ({ ...each, guiltyRow: each.guiltyRow < 0 ? 0 : -1, kind: 0 }));
    const result = trainNetwork(
      backend.tf,
      training,
      contrary,
      options({
        epochs: 200,
        patience: 4,
        onEpoch: (_, __, loss) => seen.push(loss),
      }),
    );
    expect(seen.length).toBeLessThan(100);
    expect(seen.length).toBe(result.epochs + 4);
    expect(result.validationLoss).toBe(Math.min(...seen.slice(0, result.epochs)));
  });

  test("may begin at weights there are: no epochs leave them as they were", () => {
    const init = someLayers(3);
    const result = trainNetwork(backend.tf, training, validation, options({ init, epochs: 1, learningRate: 0 }));
    expect(result.layers).toEqual(init);
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

describe("calibration of guilt", () => {
  const clean = (logits: number[]) => ({
    logits: Float32Array.from(logits),
    example: { rows: new Float32Array(), guiltyRow: -1, kind: -1 },
  });

  test("leaves hardly any clean node above one half", () => {
    const windows = Array.from({ length: 100 }, (_, i) => clean([i === 0 ? 6 : 1, 0.5, -2]));
    const { temperature, offset } = calibrateGuilt(
      windows.map((each) => each.logits),
      windows.map((each) => each.example),
    );
    const above = windows.flatMap(({ logits }) => [...logits]).filter((logit) => logit / temperature + offset > 0);
    expect(offset).toBeLessThanOrEqual(0);
    expect(above.length / 300).toBeLessThanOrEqual(0.01);
  });

  test("cools down a network that is too sure of what is wrong half the time", () => {
    const windows = Array.from({ length: 40 }, (_, i) => ({
      logits: Float32Array.of(5),
      guiltyRow: i % 2 === 0 ? 0 : -1,
    }));
    const sure = calibrateGuilt(
      windows.map((each) => each.logits),
      windows.map(({ guiltyRow }) => ({ rows: new Float32Array(), guiltyRow, kind: 0 })),
    );
    expect(sure.temperature).toBeGreaterThan(3.5);
  });
});

describe("a backend", () => {
  test("wasm and cpu agree on every logit to 1e-4", async () => {
    const rows = Float32Array.from(examples(20, 9).flatMap((each) => [...each.rows]));
    const logits: Float32Array[] = [];
    for (const name of ["wasm", "cpu"] as const) {
      const { tf, name: used } = await loadBackend(name);
      expect(used).toBe(name);
      const layers = loadLayers(tf, someLayers());
      logits.push(
        tf.tidy(() => forward(tf, layers, tf.tensor2d(rows, [20 * NODES, FEATURE_COUNT])).dataSync() as Float32Array),
      );
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
    expect(storeLayers(freshLayers(tf, 4))).toEqual(storeLayers(freshLayers(tf, 4)));
    expect(storeLayers(freshLayers(tf, 4))).not.toEqual(storeLayers(freshLayers(tf, 5)));
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
