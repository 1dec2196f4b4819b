import { mkdir, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "../../contracts/errors.ts";
import type { SealedSegment } from "./retention.ts";
import { firstSequenceOf, segmentNames } from "./segment-name.ts";
import { segmentParts } from "./segment-reader.ts";

/** What a journal was found to hold when it was opened. */
export interface Inspection {
  readonly segments: readonly SealedSegment[];
  /** Of the last record that was ever written; 0 when there was none. */
  readonly lastSequence: number;
  /** Bytes of a record that was being written when the process ended; they were cut off. */
  readonly tornBytes: number;
}

/**
 * Looks at a folder of segments before it is written again: makes it, cuts the torn end of the last segment and removes
 * segments without a record. Only the last segment is read: the others were whole when they were left.
 *
 * @throws {SettingsError} naming `dataDirectory` when the folder cannot be used.
 */
export async function inspect(folder: string): Promise<Inspection> {
  try {
    await mkdir(folder, { recursive: true });
    return await inspected(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError("dataDirectory", folder, `cannot be used for the journal: ${reason}`);
  }
}

async function inspected(folder: string): Promise<Inspection> {
  const names = await segmentNames(folder);
  const firsts = names.map((name) => firstSequenceOf(name)!);
  const segments: SealedSegment[] = [];
  let lastSequence = 0;
  let tornBytes = 0;
  for (const [index, name] of names.entries()) {
    const path = join(folder, name);
    const isLast = index === names.length - 1;
    const found = isLast ? await lastOf(path, firsts[index]! - 1) : null;
    if (found !== null) {
      tornBytes = found.tornBytes;
      lastSequence = found.lastSequence;
      if (found.lastSequence < firsts[index]!) {
        await unlink(path);
        continue;
      }
      if (tornBytes > 0) await truncate(path, found.goodBytes);
    }
    const { size, mtimeMs } = await stat(path);
    segments.push({
      name,
      firstSequence: firsts[index]!,
      lastSequence: found?.lastSequence ?? firsts[index + 1]! - 1,
      byteCount: size,
      endedSeconds: mtimeMs / 1000,
    });
  }
  return { segments, lastSequence, tornBytes };
}

async function lastOf(path: string, before: number) {
  let lastSequence = before;
  let tornBytes = 0;
  let goodBytes = 0;
  for await (const part of segmentParts(path, { withBodies: true })) {
    if (part.kind === "record") lastSequence = Math.max(lastSequence, part.header.sequence);
    if (part.kind === "record" || !part.isTail) goodBytes = part.end;
    else tornBytes = part.byteCount;
  }
  return { lastSequence, tornBytes, goodBytes };
}
