// Goal: an artifact comes back as it was stored, and one that does not fit is refused by file and rule.
// Method: round trips, and one thing wrong at a time.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parameterCount, readArtifact, serializeArtifact } from "../../models/artifact.ts";
import { FEATURE_SETS } from "../../models/feature-sets.ts";
import { anArtifact, someLayers } from "./artifacts.ts";

const directory = mkdtempSync(join(tmpdir(), "artifact-"));
const path = join(directory, "model.json");
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function read(text: string): ReturnType<typeof readArtifact> {
  writeFileSync(path, text);
  return readArtifact(path);
}

describe("an artifact", () => {
  test("comes back bit by bit", () => {
    const artifact = anArtifact({ layers: someLayers(7), temperature: 0.7 });
    expect(read(serializeArtifact(artifact))).toEqual(artifact);
    expect(serializeArtifact(read(serializeArtifact(artifact)))).toBe(serializeArtifact(artifact));
  });

  test("of fewer features, heard alone, comes back too; one from before there was a choice is pooled", () => {
    const { features, isPooled } = FEATURE_SETS["no-twin"];
    const artifact = anArtifact({ features, isPooled, layers: someLayers(3, features.length) });
    expect(read(serializeArtifact(artifact))).toEqual(artifact);
    const { isPooled: _, ...before } = JSON.parse(serializeArtifact(anArtifact())) as Record<string, unknown>;
    expect(read(JSON.stringify(before)).isPooled).toBe(true);
  });

  test("counts all its weights", () => {
    expect(parameterCount(anArtifact())).toBe(46 * 32 + 32 + 32 * 32 + 32 + 32 * 12 + 12);
  });

  const [first, second, last] = someLayers();
  const document = () => JSON.parse(serializeArtifact(anArtifact())) as Record<string, unknown>;
  test.each([
    ["not JSON", () => "{", /JSON/],
    ["of another version", () => JSON.stringify({ ...document(), version: 1 }), /not a spantwin-model of version 2/],
    [
      "of a feature there is none of",
      () => JSON.stringify({ ...document(), features: (document()["features"] as string[]).with(0, "phase.of.moon") }),
      /other features than there are/,
    ],
    [
      "of a feature twice",
      () => JSON.stringify({ ...document(), features: (document()["features"] as string[]).with(0, "lag.z") }),
      /other features than there are/,
    ],
    [
      "of fewer features than its first layer takes",
      () => JSON.stringify({ ...document(), features: (document()["features"] as string[]).slice(1) }),
      /do not fit/,
    ],
    ["that is pooled perhaps", () => JSON.stringify({ ...document(), isPooled: "perhaps" }), /have a say/],
    ["of other kinds", () => JSON.stringify({ ...document(), kinds: [] }), /fault kinds/],
    [
      "with a layer missing in between",
      () => serializeArtifact(anArtifact({ layers: [first!, last!, second!] })),
      /do not fit/,
    ],
    ["without its last layer", () => serializeArtifact(anArtifact({ layers: [first!, second!] })), /do not fit/],
    [
      "with weights cut short",
      () => serializeArtifact(anArtifact({ layers: [{ ...first!, kernel: first!.kernel.slice(1) }, second!, last!] })),
      /wrong size/,
    ],
    [
      "with a weight that is not a number",
      () =>
        serializeArtifact(
          anArtifact({ layers: [{ ...first!, bias: first!.bias.map(() => Number.NaN) }, second!, last!] }),
        ),
      /weight that is no number/,
    ],
    ["with a temperature of 0", () => serializeArtifact(anArtifact({ temperature: 0 })), /temperature/],
    [
      "without scores of clean windows",
      () => JSON.stringify({ ...document(), nullScores: undefined }),
      /clean windows/,
    ],
    [
      "with chances that rise",
      () => JSON.stringify({ ...document(), nullScores: { scores: [0, 1], chances: [1, 1.5], tailScale: 1 } }),
      /clean windows/,
    ],
  ])("%s is refused by name and rule", (_, text, rule) => {
    const broken = text();
    expect(() => read(broken)).toThrow(rule);
    expect(() => read(broken)).toThrow(`model artifact ${path}: `);
  });
});
