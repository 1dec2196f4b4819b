/**
 * Describes recordings for the catalogue: files with bytes and SHA-256, duration, faults. Prints JSON, one recording a line.
 *
 *   node datasets/catalogue/describe-recordings.ts recordings/campaign-bank …
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Labels } from "../../src/contracts/labels.ts";
import { readLabels } from "../labels.ts";

interface Description {
  readonly durationSeconds: number;
  readonly coveredSeconds: number;
  readonly faultCount: number;
  readonly uncoveredFaults: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

/** Of the recording in this folder, or of all in the folders below it. */
function describeRecording(folder: string): Description {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes(".cut-") && /(^|\/)((spans|metrics)\.[\w.]+|labels\.json)$/.test(path))
    .sort();
  const labels = paths.filter((path) => path.endsWith("labels.json")).map((path) => readLabels(join(folder, path)));
  const lengthOf = (intervals: Labels["covered"]) => intervals.reduce((sum, [from, to]) => sum + to - from, 0);
  return {
    durationSeconds: Math.round(lengthOf(labels.map(extentOf))),
    coveredSeconds: Math.round(lengthOf(labels.flatMap(({ covered }) => covered))),
    faultCount: labels.reduce((sum, { faults }) => sum + faults.length, 0),
    uncoveredFaults: labels.flatMap(({ faults, covered }) =>
      faults.filter(({ start, end }) => !covered.some(([from, to]) => from <= start && end <= to)),
    ).length,
    files: paths.map((path) => {
      const content = readFileSync(join(folder, path));
      return { path, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
    }),
  };
}

/** From the first to the last moment that anything is labelled. */
function extentOf({ covered, faults, loads = [] }: Labels): readonly [number, number] {
  const all = [...covered, ...[...faults, ...loads].map(({ start, end }) => [start, end] as const)];
  return [Math.min(...all.map(([from]) => from)), Math.max(...all.map(([, to]) => to))];
}

for (const folder of process.argv.slice(2))
  process.stdout.write(`${JSON.stringify({ folder: relative(".", folder), ...describeRecording(folder) })}\n`);
