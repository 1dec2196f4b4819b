// Goal: a broken artifact never stops the line, and never goes unnoticed.
// Method: every kind of broken file is asked for; what scores instead must score.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serializeArtifact } from "../../models/artifact.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { anArtifact } from "../models/artifacts.ts";
import { nodeForecast, residual, twinView } from "../models/baselines/fixtures.ts";
import { settings } from "./windows.ts";

const directory = mkdtempSync(join(tmpdir(), "scorers-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const good = serializeArtifact(anArtifact());
const foreign = JSON.parse(good) as Record<string, unknown>;

describe("a scorer", () => {
  test("that is a sound artifact is used, and says what computes it", async () => {
    const { scorer, view } = await loadScorer(settings({ model: file("good.json", good) }));
    expect(scorer.name).toBe("test-model");
    expect(view.degradedReason).toBeNull();
    expect(["wasm", "cpu"]).toContain(view.backend);
    expect(view.parameterCount).toBeGreaterThan(1000);
    expect(scorer.score(twinView(nodeForecast(0))).nodes).toHaveLength(3);
  });

  test.each([
    ["missing", () => join(directory, "nowhere.json"), /nowhere\.json.*ENOENT/],
    ["cut short", () => file("cut.json", good.slice(0, 200)), /cut\.json/],
    ["of another format", () => file("other.json", '{"format":"onnx"}'), /is not a spantwin-model of version 2/],
    ["not an object", () => file("null.json", "null"), /null\.json/],
    ["a list", () => file("list.json", "[1]"), /list\.json.*is not a spantwin-model/],
    [
      "of other features",
      () => file("features.json", JSON.stringify({ ...foreign, features: ["a"] })),
      /other features than there are/,
    ],
    ["without layers", () => file("empty.json", JSON.stringify({ ...foreign, layers: undefined })), /empty\.json/],
    ["without any layer", () => file("none.json", JSON.stringify({ ...foreign, layers: [] })), /none\.json/],
    [
      "of the wrong size",
      () =>
        file(
          "size.json",
          JSON.stringify({ ...foreign, layers: [{ inputSize: 2, outputSize: 2, kernel: "", bias: "" }] }),
        ),
      /layer of the wrong size/,
    ],
  ])(
    "that is %s gives way to the shipped one, and that to the twin's residuals, with reason and file",
    async (_, path, reason) => {
      const shipped = await loadScorer(settings({ model: path() }));
      expect(shipped.view.name).toBe("node-model");
      expect(shipped.view.parameterCount).toBeGreaterThan(1000);
      expect(shipped.view.degradedReason).toMatch(
        /^the model is not used: .*; node-model of .*node-model\.json is used instead$/,
      );
      expect(shipped.view.degradedReason).toMatch(reason);
      const { scorer, view } = await loadScorer(settings(), [path()]);
      expect(view.name).toBe("twin-residual");
      expect(view.degradedReason).toMatch(/^the model is not used: .*; the twin's residuals decide$/);
      expect(view.degradedReason).toMatch(reason);
      const scored = scorer.score(twinView(nodeForecast(1, { service: residual(12), impactShare: 0.5 })));
      expect(scored.nodes[1]!.probability).toBeGreaterThan(0.5);
    },
  );

  test("that is a baseline asked for by name is no degradation", async () => {
    for (const name of ["twin-residual", "n-sigma", "ewma", "dummy", "crude"] as const) {
      const { scorer, view } = await loadScorer(settings({ scorer: name, model: "/nowhere" }));
      expect(scorer.name).toBe(name);
      expect([view.degradedReason, view.parameterCount]).toEqual([null, 0]);
    }
  });
});
