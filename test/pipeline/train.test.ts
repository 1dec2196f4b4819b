// Goal: training may be interrupted at any moment and ends with the same bytes; what it cannot use it says, and a checkpoint
// of something else is never mixed in. Method: drawn examples; stopped after an epoch, while reading, and by SIGKILL.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readArtifact } from "../../models/artifact.ts";
import { FEATURE_SETS } from "../../models/feature-sets.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import type { TrainOrder } from "../../src/pipeline/train-order.ts";
import { nodeForecast, twinView } from "../models/baselines/fixtures.ts";
import { orderIn, readDrawn, trainDrawn } from "./drawn-training.ts";

const root = mkdtempSync(join(tmpdir(), "train-"));
let folder: string;
let whole: string;
beforeAll(async () => {
  whole = await trainedIn(join(root, "whole"));
});
beforeEach(() => {
  folder = mkdtempSync(join(root, "run-"));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

async function trainedIn(path: string, changes: Partial<TrainOrder> = {}): Promise<string> {
  mkdirSync(path, { recursive: true });
  await trainDrawn(orderIn(path, changes));
  return artifactIn(path);
}

const artifactIn = (path: string): string => readFileSync(join(path, "model.json"), "utf8");

/** Trains in the folder until so many epochs are done, as somebody would who presses Ctrl-C. */
async function stopAfter(epochs: number, order: TrainOrder): Promise<void> {
  const stopping = new AbortController();
  const stopped = trainDrawn(order, {
    signal: stopping.signal,
    onEpoch: ({ epoch }) => {
      if (epoch === epochs) stopping.abort();
    },
  });
  await expect(stopped).rejects.toThrow(`stopped after epoch ${epochs}`);
}

describe("training that was stopped", () => {
  test("ends with the same bytes as in one go, and reads nothing again", async () => {
    const order = orderIn(folder);
    await stopAfter(1, order);
    await stopAfter(3, order);
    expect(existsSync(order.artifactPath)).toBe(false);
    const epochs: number[] = [];
    const notices: string[] = [];
    await trainDrawn(order, {
      read: () => Promise.reject(new Error("read again")),
      onEpoch: ({ epoch }) => void epochs.push(epoch),
      notices,
    });
    expect(epochs).toEqual([4, 5]);
    expect(artifactIn(folder)).toBe(whole);
    expect(notices.join("\n")).toMatch(/4 of 4 recordings had been read before.*\n.*going on after epoch 3/);
  });

  test("while it read goes on with the recording at which it was", async () => {
    const order = orderIn(folder);
    const read: string[] = [];
    const failing = trainDrawn(order, {
      read: (source, hash, ...rest) =>
        read.push(hash) === 3 ? Promise.reject(new Error("power cut")) : readDrawn(source, hash, ...rest),
    });
    await expect(failing).rejects.toThrow("power cut");
    await trainDrawn(order, {
      read: (source, hash, ...rest) => {
        read.push(hash);
        return readDrawn(source, hash, ...rest);
      },
    });
    expect(read).toEqual(["seed 1", "seed 2", "seed 101", "seed 101", "seed 102"]);
    expect(artifactIn(folder)).toBe(whole);
  });

  test("leaves nothing behind when it is done, unless the examples are to be kept for others", async () => {
    await trainDrawn(orderIn(folder));
    expect(readdirSync(folder).toSorted()).toEqual(["model.json", "model.md"]);
    const keeping = orderIn(folder, { keepsExamples: true });
    await trainDrawn(keeping);
    const kept = ["data-1.json", "data-2.json", "data-3.json", "data-4.json", "identity.json"];
    expect(readdirSync(keeping.checkpointFolder).toSorted()).toEqual(kept);
    const other = orderIn(folder, { keepsExamples: true, features: "no-edges", artifactPath: join(folder, "b.json") });
    await trainDrawn(other, { read: () => Promise.reject(new Error("read again")) });
    expect(readArtifact(other.artifactPath).features).toEqual(FEATURE_SETS["no-edges"].features);
  });
});

describe("a checkpoint", () => {
  test("of other data is refused, with what is other, and stays as it is", async () => {
    const order = orderIn(folder);
    await stopAfter(2, order);
    const others: [Partial<TrainOrder>, RegExp][] = [
      [{ settings: { ...order.settings, replicates: 4 } }, /^--checkpoint: .*other data \(replicates was 19, is 4\)/],
      [
        { training: [{ kind: "simulated", seed: 7 }, order.training[1]!] },
        /recording 1 was .* 1 .*, is .* 7 \(seed 7\)/,
      ],
      [{ version: "2" }, /spantwin version was 1, is 2/],
    ];
    for (const [changes, rule] of others) await expect(trainDrawn(orderIn(folder, changes))).rejects.toThrow(rule);
    const epochs: number[] = [];
    await trainDrawn(order, { onEpoch: ({ epoch }) => void epochs.push(epoch) });
    expect(epochs).toEqual([3, 4, 5]);
  });

  test("of other options gives its examples but not its network, and says so", async () => {
    await stopAfter(2, orderIn(folder));
    const notices: string[] = [];
    const epochs: number[] = [];
    await trainDrawn(orderIn(folder, { epochs: 3 }), { onEpoch: ({ epoch }) => void epochs.push(epoch), notices });
    expect(epochs).toEqual([1, 2, 3]);
    expect(notices[0]).toMatch(/--epochs was 5, is 3: training begins anew, the examples are kept/);
  });

  test.each([
    ["data-2.json", ["seed 2"]],
    ["training.json", []],
    ["identity.json", ["seed 1", "seed 2", "seed 101", "seed 102"]],
  ])("whose %s is damaged does that part again, says so, and ends with the same bytes", async (name, again) => {
    const order = orderIn(folder);
    await stopAfter(2, order);
    const path = join(order.checkpointFolder, name);
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(/[0-9](?=[^0-9]*$)/, (digit) => String((Number(digit) + 1) % 10)),
    );
    expect(readFileSync(path, "utf8")).not.toBe(text);
    const [read, notices]: string[][] = [[], []];
    await trainDrawn(order, {
      read: (source, hash, ...rest) => {
        read!.push(hash);
        return readDrawn(source, hash, ...rest);
      },
      notices: notices!,
    });
    expect(read).toEqual(again);
    expect(notices!.join("\n")).toContain(`${path} is damaged`);
    expect(artifactIn(folder)).toBe(whole);
  });

  test("is no folder with anything else in it, and nothing of that is touched", async () => {
    const order = orderIn(folder);
    mkdirSync(order.checkpointFolder);
    writeFileSync(join(order.checkpointFolder, "thesis.txt"), "my only copy");
    await expect(trainDrawn(order)).rejects.toThrow(/--checkpoint: .* holds thesis\.txt/);
    expect(readdirSync(order.checkpointFolder)).toEqual(["thesis.txt"]);
  });
});

test("training that was killed outright goes on and ends with the same bytes", async () => {
  const child = fileURLToPath(new URL("drawn-training-child.ts", import.meta.url));
  const run = (killsItselfAfter: number): Promise<{ said: string; signal: string | null }> =>
    new Promise((resolve, reject) => {
      const started = spawn(process.execPath, [child, folder, String(killsItselfAfter)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      started.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      started.on("error", reject);
      started.on("close", (_, signal) => resolve({ said, signal }));
    });
  expect(await run(2)).toEqual({ said: "epoch 1\nepoch 2\n", signal: "SIGKILL" });
  expect(await run(Number.NaN)).toEqual({ said: "epoch 3\nepoch 4\nepoch 5\ndone\n", signal: null });
  expect(artifactIn(folder)).toBe(whole);
});

describe("training", () => {
  test("on data without a fault, or too few clean windows to calibrate on, is refused before it begins", async () => {
    const cut = (keep: (guiltyRow: number, i: number) => boolean): typeof readDrawn => {
      return async (...args) => {
        const recording = await readDrawn(...args);
        return { ...recording, examples: recording.examples.filter(({ guiltyRow }, i) => keep(guiltyRow, i)) };
      };
    };
    const refused = (read: typeof readDrawn) => trainDrawn(orderIn(mkdtempSync(join(root, "run-"))), { read });
    await expect(refused(cut((guiltyRow) => guiltyRow < 0))).rejects.toThrow(
      /--data: .* no window with a labelled fault/,
    );
    const few = cut((_, i) => i < 20);
    await expect(refused(few)).rejects.toThrow(/--validation: .* holds 400 clean windows of a node; 1000/);
  });

  test("that was refused for its data leaves no checkpoint in the way of better data", async () => {
    const order = orderIn(folder);
    const none: typeof readDrawn = async (...args) => ({ ...(await readDrawn(...args)), examples: [] });
    await expect(trainDrawn(order, { read: none })).rejects.toThrow(/--data/);
    expect(existsSync(order.checkpointFolder)).toBe(false);
  });

  test("asks for the labels of all recordings before it reads the first", async () => {
    const training = [{ kind: "recording", folder: join(folder, "unlabelled"), windowSeconds: 5 }] as const;
    const read: typeof readDrawn = () => Promise.reject(new Error("was read"));
    await expect(trainDrawn(orderIn(folder, { training }), { read })).rejects.toThrow(
      /^labels: .*unlabelled.labels\.json/,
    );
  });

  test.each([
    ["missing", null, /ENOENT/],
    ["cut short", "{", /JSON/],
    ["of another version", '{"format":"spantwin-model","version":1}', /not a spantwin-model of version 2/],
  ])(
    "that is to go on from an artifact that is %s is refused, and what was there before stays",
    async (_, text, rule) => {
      const order = orderIn(folder, { initPath: join(folder, "init.json") });
      writeFileSync(order.artifactPath, whole);
      if (text !== null) writeFileSync(order.initPath!, text);
      await expect(trainDrawn(order)).rejects.toThrow(rule);
      await expect(trainDrawn(order)).rejects.toThrow(/^--init: .* cannot be gone on from/);
      expect(artifactIn(folder)).toBe(whole);
    },
  );

  test("goes on from an artifact with the features that this one has", async () => {
    const initPath = join(folder, "init.json");
    await trainDrawn(orderIn(folder, { features: "no-twin", epochs: 1, artifactPath: initPath }));
    const outcome = await trainDrawn(orderIn(folder, { initPath, epochs: 2 }));
    const { features, isPooled, card } = readArtifact(outcome.artifactPath);
    expect([features, isPooled]).toEqual([FEATURE_SETS["no-twin"].features, false]);
    expect(card).toContain(`from \`${initPath}\``);
  });

  test("is not stopped by what it is trained on", async () => {
    const validation = [{ kind: "simulated", seed: 2 }] as const;
    await expect(trainDrawn(orderIn(folder, { validation }))).rejects.toThrow(/--validation: .* 2" is trained on too/);
  });

  test.each(["full", "no-edges", "no-twin"] as const)(
    "with features %s gives a model that scores with them",
    async (features) => {
      await trainedIn(folder, { features, epochs: 1 });
      const path = join(folder, "model.json");
      const artifact = readArtifact(path);
      expect([artifact.features, artifact.isPooled]).toEqual([FEATURE_SETS[features].features, features !== "no-twin"]);
      const { scorer, view } = await loadScorer({ ...orderIn(folder).settings, model: path });
      expect(view.degradedReason).toBeNull();
      expect(scorer.score(twinView(nodeForecast(0))).nodes).toHaveLength(3);
    },
  );
});
