import { closeSync, fsyncSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import type { Settings } from "../../contracts/settings.ts";
import { bytesText, type Finding, failure, fine, messageOf, warning } from "./finding.ts";

const LEAST_FREE_BYTES = 256 * 1024 ** 2;
const COMFORTABLE_FREE_BYTES = 2 * 1024 ** 3;
/** Files of a data directory that are counted; a journal of usual size has some hundred. */
const ENTRIES_MAX = 100_000;

/** Whether the data directory can be written, how much room it has, and what lies in it. */
export function checkDisk({ dataDirectory }: Pick<Settings, "dataDirectory">): readonly Finding[] {
  if (dataDirectory === ":memory:") {
    const advice = "name a directory on a disk that outlives the process";
    return [warning("disk", 'dataDirectory ":memory:" keeps nothing: incidents go with the process', advice)];
  }
  const existing = nearestExisting(resolve(dataDirectory));
  const trouble = writeTrouble(existing);
  if (trouble !== null) {
    const advice = `give the user that runs spantwin the right to write there, or set dataDirectory to another directory`;
    return [failure("disk", `${existing} cannot be written: ${trouble}`, advice)];
  }
  const isThere = existing === resolve(dataDirectory);
  const place = isThere ? `${dataDirectory} can be written` : `${dataDirectory} does not exist yet and can be created`;
  return [fine("disk", place), freeSpace(existing), ...(isThere ? [contentsOf(existing)] : [])];
}

function nearestExisting(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined && dirname(path) !== path
    ? nearestExisting(dirname(path))
    : path;
}

/** Writes a small file through to the disk and removes it; null when that went well. */
function writeTrouble(directory: string): string | null {
  const path = join(directory, `.spantwin-doctor-${process.pid}`);
  try {
    const file = openSync(path, "wx");
    try {
      writeSync(file, "written by spantwin doctor, to see whether it can\n");
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function freeSpace(directory: string): Finding {
  const { bavail, bsize, blocks } = statfsSync(directory);
  const free = bavail * bsize;
  const found = `${bytesText(free)} of ${bytesText(blocks * bsize)} are free`;
  const advice = "free some, enlarge the volume, or shorten retentionHours";
  if (free < LEAST_FREE_BYTES) return failure("disk", found, advice);
  return free < COMFORTABLE_FREE_BYTES ? warning("disk", found, advice) : fine("disk", found);
}

/** What the store, the journal and the checkpoint take, by the entry of the directory. */
function contentsOf(directory: string): Finding {
  const sizes = readdirSync(directory, { withFileTypes: true })
    .map((entry) => ({ name: entry.name, ...sizeOf(join(directory, entry.name), entry.isDirectory()) }))
    .sort((a, b) => b.bytes - a.bytes);
  const files = (count: number): string => (count === 1 ? "" : ` in ${count} files`);
  const texts = sizes.slice(0, 8).map(({ name, bytes, count }) => `${name} ${bytesText(bytes)}${files(count)}`);
  return fine("disk", texts.length === 0 ? `${directory} is empty` : `it holds ${texts.join(", ")}`);
}

function sizeOf(path: string, isDirectory: boolean): { bytes: number; count: number } {
  const paths = isDirectory
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))
    : [path];
  const files = paths.slice(0, ENTRIES_MAX).map((each) => statSync(each, { throwIfNoEntry: false }));
  const counted = files.filter((each) => each?.isFile() === true);
  return { bytes: counted.reduce((sum, each) => sum + (each?.size ?? 0), 0), count: counted.length };
}
