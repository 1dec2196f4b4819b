import type { SourceError } from "../../../src/contracts/errors.ts";
import { fingerprintOf } from "../../../src/telemetry/journal/fingerprint.ts";
import { Journal, type JournalOptions } from "../../../src/telemetry/journal/journal.ts";
import { journalRecords } from "../../../src/telemetry/journal/journal-reader.ts";
import type { JournalEntry, JournalRecord } from "../../../src/telemetry/journal/record.ts";
import { type JournalFile, openJournalFile } from "../../../src/telemetry/journal/segment-writer.ts";

export function entryOf(bytes: Uint8Array, more: Partial<JournalEntry> = {}): JournalEntry {
  const fingerprint = fingerprintOf(bytes);
  return {
    signal: "traces",
    encoding: "otlp_proto",
    packing: "none",
    bytes,
    fingerprint,
    itemCount: 1,
    source: null,
    ...more,
  };
}

export const body = (text: string): JournalEntry => entryOf(Buffer.from(text));

export async function openJournal(folder: string, more: Partial<JournalOptions> = {}) {
  const troubles: string[] = [];
  const journal = await Journal.open({
    folder,
    isSynced: false,
    maxBytes: 1e9,
    maxAgeSeconds: 1e9,
    onTrouble: (message) => troubles.push(message),
    ...more,
  });
  return { journal, troubles };
}

/** Appends each and waits until all are kept. */
export async function keep(journal: Journal, texts: readonly string[]): Promise<number[]> {
  const appended = texts.map((text) => journal.append(body(text)));
  await Promise.all(appended.map(({ kept }) => kept));
  return appended.map(({ sequence }) => sequence);
}

export async function read(folder: string, afterSequence = 0) {
  const records: JournalRecord[] = [];
  const damage: { byteCount: number; missingRecords: number }[] = [];
  const options = { afterSequence, onDamage: (each: (typeof damage)[number]) => damage.push(each) };
  for await (const record of journalRecords(folder, options)) records.push(record);
  return { records, damage, texts: records.map(({ bytes }) => Buffer.from(bytes).toString()) };
}

/** A disk with room for so many bytes; as a real one it takes the part that fits and refuses the next write. */
export class SmallDisk {
  freeBytes: number;
  isSyncBroken = false;
  /** What was asked of it, in order. */
  readonly asked: string[] = [];

  constructor(freeBytes: number) {
    this.freeBytes = freeBytes;
  }

  readonly openFile = async (path: string): Promise<JournalFile> => {
    const file = await openJournalFile(path);
    let length = 0;
    return {
      write: (async (bytes: Uint8Array, offset: number, byteCount: number, position: number) => {
        const fitting = Math.min(byteCount, this.freeBytes);
        if (fitting === 0) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
        this.asked.push("write");
        this.freeBytes -= fitting;
        length += fitting;
        return file.write(bytes, offset, fitting, position);
      }) as JournalFile["write"],
      datasync: async () => {
        if (this.isSyncBroken) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
        await file.datasync();
        this.asked.push("sync");
      },
      truncate: async (byteCount?: number) => {
        this.freeBytes += length - (byteCount ?? 0);
        length = byteCount ?? 0;
        await file.truncate(byteCount);
      },
      close: () => file.close(),
    };
  };
}

export async function refusalOf(kept: Promise<void>): Promise<SourceError | null> {
  return kept.then(
    () => null,
    (error: SourceError) => error,
  );
}
