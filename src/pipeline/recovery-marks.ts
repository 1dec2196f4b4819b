import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { JournalRecord } from "../telemetry/journal/record.ts";

/** A body in which so many recoveries in a row have died is left out of the next. */
const TRIES_MAX = 3;
const MARK_BYTES = 24;
const MARK_FILE = "recovery-mark";

/**
 * Remembers beyond the death of the process which record was being read again, so that a body that kills it (endless work,
 * no memory) does not do so at every start. A write of 24 bytes a record: the operating system keeps it when the process dies.
 */
export class RecoveryMarks {
  readonly #path: string;
  readonly #quarantine: string;
  /** Null where it cannot be written, on a full disk: recovery goes on without. */
  #file: number | null;
  readonly #mark = Buffer.alloc(MARK_BYTES);
  readonly #suspect: number;
  readonly #tries: number;

  private constructor(path: string, quarantine: string, suspect: number, tries: number) {
    this.#path = path;
    this.#quarantine = quarantine;
    this.#suspect = suspect;
    this.#tries = tries;
    this.#file = openedOrNull(path);
    this.begin(0);
  }

  static open(dataDirectory: string): RecoveryMarks {
    const path = join(dataDirectory, MARK_FILE);
    const { current, suspect, tries } = readMark(path);
    const isAgain = current !== 0 && current === suspect;
    const isDeath = current !== 0;
    return new RecoveryMarks(
      path,
      join(dataDirectory, "quarantine"),
      isDeath ? current : suspect,
      isAgain ? tries + 1 : Number(isDeath),
    );
  }

  /** This record is being read from now on. */
  begin(sequence: number): void {
    if (this.#file === null) return;
    this.#mark.writeDoubleLE(sequence, 0);
    this.#mark.writeDoubleLE(this.#suspect, 8);
    this.#mark.writeUInt32LE(this.#tries, 16);
    this.#mark.writeUInt32LE(crc32(this.#mark.subarray(0, 20)), 20);
    try {
      writeSync(this.#file, this.#mark, 0, MARK_BYTES, 0);
    } catch {
      this.close();
    }
  }

  /** True for a record that has killed every recovery of late. */
  isDeadly(sequence: number): boolean {
    return sequence === this.#suspect && this.#tries >= TRIES_MAX;
  }

  /** Puts a body aside for people to look at. @returns where it lies */
  async quarantine(record: JournalRecord): Promise<string> {
    await mkdir(this.#quarantine, { recursive: true });
    const path = join(this.#quarantine, `${record.sequence}.${record.signal}.${record.encoding}.${record.packing}`);
    await writeFile(path, record.bytes);
    return path;
  }

  /** The recovery is over. */
  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
    rmSync(this.#path, { force: true });
  }
}

function openedOrNull(path: string): number | null {
  try {
    return openSync(path, "w");
  } catch {
    return null;
  }
}

function readMark(path: string): { current: number; suspect: number; tries: number } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return { current: 0, suspect: 0, tries: 0 };
  }
  const isGood = bytes.length === MARK_BYTES && crc32(bytes.subarray(0, 20)) === bytes.readUInt32LE(20);
  if (!isGood) return { current: 0, suspect: 0, tries: 0 };
  return { current: bytes.readDoubleLE(0), suspect: bytes.readDoubleLE(8), tries: bytes.readUInt32LE(16) };
}
