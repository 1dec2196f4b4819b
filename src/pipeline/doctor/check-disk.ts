import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

import type { Settings } from "../../contracts/settings.ts";
import { bytesText, type Finding, failure, fine, messageOf, warning } from "./finding.ts";

const LEAST_FREE_BYTES = 256 * 1024 ** 2;
const COMFORTABLE_FREE_BYTES = 1024 ** 3;
/** Files and folders of a data directory that are looked at; a journal of usual size has some hundred. */
const ENTRIES_MAX = 20_000;

type DiskSettings = Pick<Settings, "dataDirectory" | "ack" | "journalMaxBytes">;

/** Whether the data directory can be written, how much room it has, and what lies in it. */
export function checkDisk(settings: DiskSettings): readonly Finding[] {
  const { dataDirectory } = settings;
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
  return [fine("disk", place), freeSpace(existing, settings), ...(isThere ? [contentsOf(existing)] : [])];
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

/** The journal grows to its limit: what it has not taken yet must still be there. */
function freeSpace(directory: string, { ack, journalMaxBytes }: DiskSettings): Finding {
  const { bavail, bsize, blocks } = statfsSync(directory);
  const free = bavail * bsize;
  const found = `${bytesText(free)} of ${bytesText(blocks * bsize)} are free`;
  const advice = "free some, enlarge the volume, or lower journalMaxBytes or retentionHours";
  if (free < LEAST_FREE_BYTES) return failure("disk", found, advice);
  const kept = sizeOf(join(directory, "journal")).bytes;
  const wanted = COMFORTABLE_FREE_BYTES + (ack === "memory" ? 0 : Math.max(0, journalMaxBytes - kept));
  return free < wanted
    ? warning("disk", `${found}; ${bytesText(wanted)} may be wanted, with the journal`, advice)
    : fine("disk", found);
}

/** What the store, the journal and the checkpoint take, by the entry of the directory. */
function contentsOf(directory: string): Finding {
  const sizes = entriesOf(directory)
    .map((name) => ({ name, ...sizeOf(join(directory, name)) }))
    .sort((a, b) => b.bytes - a.bytes);
  const files = (count: number): string => (count === 1 ? "" : ` in ${count} files`);
  const texts = sizes.slice(0, 8).map(({ name, bytes, count }) => `${name} ${bytesText(bytes)}${files(count)}`);
  return fine("disk", texts.length === 0 ? `${directory} is empty` : `it holds ${texts.join(", ")}`);
}

/** Files come and go while they are counted: what has gone counts nothing. */
function sizeOf(path: string): { bytes: number; count: number } {
  const total = { bytes: 0, count: 0 };
  const waiting = [path];
  for (let seen = 0; waiting.length > 0 && seen < ENTRIES_MAX; seen++) {
    const each = waiting.pop()!;
    const state = lstatSync(each, { throwIfNoEntry: false });
    if (state?.isDirectory() === true) waiting.push(...entriesOf(each).map((name) => join(each, name)));
    else if (state?.isFile() === true) {
      total.bytes += state.size;
      total.count += 1;
    }
  }
  return total;
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
