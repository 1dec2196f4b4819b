import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SettingsError } from "../../src/contracts/errors.ts";

const SPLITS = ["train", "validation", "test"] as const;

/** A file or folder of this repository. */
const path = z.string().regex(/^datasets\//, "must lie below datasets/");

const made = z.discriminatedUnion("by", [
  /** Cells of a fault × load grid: `spantwin inject`. */
  z.strictObject({ by: z.literal("campaign"), campaign: path, topology: path.nullable() }),
  /** Phases one after the other: `spantwin record`. */
  z.strictObject({ by: z.literal("schedule"), schedule: path, topology: path.nullable() }),
]);

const released = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  application: z.string(),
  /** By application: no application is in two. */
  split: z.enum(SPLITS),
  seed: z.int(),
  made,
  durationSeconds: z.int().positive(),
  /** The part of it that labels cover. */
  coveredSeconds: z.int().positive(),
  faultCount: z.int().min(0),
  /** Of these, faults in cells that the machine disturbed: no label covers them. */
  uncoveredFaults: z.int().min(0),
  /** Of the copy that was released. */
  files: z.array(
    z.strictObject({
      /** Below the recording's folder. */
      path: z.string(),
      bytes: z.int().positive(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  /** Folder of the copy; null when it is too large for the repository and has to be made again. */
  folder: path.nullable(),
});

/** One released recording. */
export type ReleasedRecording = z.infer<typeof released>;

const CATALOGUE_FILE = new URL("./catalogue.json", import.meta.url);

/** Where this repository lies on the disk. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export function readCatalogue(): readonly ReleasedRecording[] {
  return z.strictObject({ recordings: z.array(released) }).parse(JSON.parse(readFileSync(CATALOGUE_FILE, "utf8")))
    .recordings;
}

/** @throws {SettingsError} when there is none of this name. */
export function findReleased(name: string): ReleasedRecording {
  const recordings = readCatalogue();
  const found = recordings.find((recording) => recording.name === name);
  if (found !== undefined) return found;
  const names = recordings.map((recording) => recording.name).join(", ");
  throw new SettingsError("--catalogue", name, `is no released recording; there are ${names}`);
}
