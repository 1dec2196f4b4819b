/**
 * Describes recordings for the catalogue: files with bytes and SHA-256, duration, faults. Prints JSON, one recording a line.
 *
 *   node datasets/catalogue/describe-recordings.ts recordings/campaign-bank …
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readLabels } from "../labels.ts";

interface Description {
  readonly durationSeconds: number;
  readonly faultCount: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

/** Of the recording in this folder, or of all in the folders below it. */
function describeRecording(folder: string): Description {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes(".cut-") && /(^|\/)((spans|metrics)\.[\w.]+|labels\.json)$/.test(path))
    .sort();
  const labels = paths.filter((path) => path.endsWith("labels.json")).map((path) => readLabels(join(folder, path)));
  const seconds = labels.flatMap(({ covered }) => covered.map(([from, to]) => to - from));
  return {
    durationSeconds: Math.round(seconds.reduce((sum, each) => sum + each, 0)),
    faultCount: labels.reduce((sum, { faults }) => sum + faults.length, 0),
    files: paths.map((path) => {
      const content = readFileSync(join(folder, path));
      return { path, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
    }),
  };
}

for (const folder of process.argv.slice(2))
  process.stdout.write(`${JSON.stringify({ folder: relative(".", folder), ...describeRecording(folder) })}\n`);
