import { appendFileSync, statSync } from "node:fs";
import type { LogPosition } from "../log-source.ts";

export interface QuarantinedRecord extends LogPosition {
  readonly reason: string;
  readonly byteCount: number;
}

/** Bytes the list of left-out records may have in its file. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_REASON_CHARACTERS = 300;

/**
 * Records that could not be read, by where they stand: the log still has their bytes. All are counted; as many as fit are
 * written to a file, a JSON object a line. A file that cannot be written is said once and loses nothing but the list.
 */
export class Quarantine {
  readonly #path: string | null;
  readonly #say: (message: string) => void;
  #count = 0;
  #unlistedCount = 0;
  #fileBytes: number;
  readonly #topics = new Set<string>();

  /** `path` null keeps no list. */
  constructor(path: string | null, say: (message: string) => void) {
    this.#path = path;
    this.#say = say;
    this.#fileBytes = path === null ? 0 : sizeOf(path);
  }

  get count(): number {
    return this.#count;
  }

  /** Those that are counted only: the list is full, cannot be written, or there is none. */
  get unlistedCount(): number {
    return this.#unlistedCount;
  }

  add({ topic, partition, offset, reason, byteCount }: QuarantinedRecord): void {
    this.#count += 1;
    const short = reason.slice(0, MAX_REASON_CHARACTERS);
    if (!this.#topics.has(topic)) {
      this.#topics.add(topic);
      const where = this.#path === null ? "" : `, listed in ${this.#path}`;
      this.#say(
        `Kafka: record ${topic}/${partition}/${offset} is left out: ${short}; others of ${topic} are counted${where}`,
      );
    }
    const at = new Date().toISOString();
    this.#list(`${JSON.stringify({ at, topic, partition, offset: String(offset), byteCount, reason: short })}\n`);
  }

  #list(line: string): void {
    if (this.#path === null || this.#fileBytes + line.length > MAX_FILE_BYTES) {
      this.#unlistedCount += 1;
      return;
    }
    try {
      appendFileSync(this.#path, line);
      this.#fileBytes += Buffer.byteLength(line);
    } catch (error) {
      this.#unlistedCount += 1;
      this.#fileBytes = MAX_FILE_BYTES;
      this.#say(`${this.#path}: ${error instanceof Error ? error.message : error}; left-out records are only counted`);
    }
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
