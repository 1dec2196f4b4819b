import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "../../contracts/errors.ts";
import { decodeHead, type Head } from "./head.ts";

const HEAD_FILE = /^checkpoint-(\d{12})$/;
const OWN_FILE = /^(checkpoint|pieces)-\d{12}(\.part)?$/;
/** Checkpoints that are kept: the last, and the one before for the case that the last cannot be read. */
const KEPT = 2;

/** A checkpoint whose head can be read. */
export interface FoundHead {
  readonly head: Head;
  /** The head's file, whole. */
  readonly bytes: Buffer;
  readonly sectionsBegin: number;
}

/** The folder in which checkpoints lie: a head each, and files of pieces that several of them share. */
export class CheckpointFolder {
  readonly path: string;
  readonly #onNotice: (text: string) => void;
  /** Oldest first. */
  #kept: Pick<Head, "sequence" | "files" | "position">[] = [];
  #lastSequence: number;

  /** @throws {SettingsError} when the folder cannot be had */
  constructor(path: string, onNotice: (text: string) => void) {
    this.path = path;
    this.#onNotice = onNotice;
    let names: string[];
    try {
      mkdirSync(path, { recursive: true });
      names = readdirSync(path);
    } catch (error) {
      throw new SettingsError("dataDirectory", path, `cannot be used for checkpoints: ${String(error)}`);
    }
    const numbers = names.flatMap((name) => (OWN_FILE.test(name) ? Number(name.replace(/\D/g, "")) : []));
    this.#lastSequence = Math.max(0, ...numbers);
  }

  /** Positions of the checkpoints that are kept, the oldest first. */
  get keptPositions(): readonly unknown[] {
    return this.#kept.map(({ position }) => position);
  }

  /** The checkpoints that are there, the latest first. What cannot be read is told and left out. */
  *heads(): Generator<FoundHead> {
    const names = readdirSync(this.path).filter((name) => HEAD_FILE.test(name));
    for (const name of names.sort().reverse()) {
      try {
        const bytes = readFileSync(join(this.path, name));
        yield { ...decodeHead(bytes), bytes };
      } catch (error) {
        this.#onNotice(`${join(this.path, name)} is not used: ${messageOf(error)}`);
      }
    }
  }

  /** A number and the names of the files for the next checkpoint. */
  next(): { readonly sequence: number; readonly headName: string; readonly piecesName: string } {
    const sequence = ++this.#lastSequence;
    return { sequence, headName: headNameOf(sequence), piecesName: `pieces-${digitsOf(sequence)}` };
  }

  /** Work goes on from this checkpoint; those after it, which cannot be used, stay until there is a new one. */
  goOnFrom(head: Head): void {
    this.#kept = [head];
  }

  /** This checkpoint is the last one now: what is not needed any more is deleted. */
  keep(head: Head): void {
    this.#kept = [...this.#kept, head].slice(-KEPT);
    const needed = new Set(this.#kept.flatMap(({ sequence, files }) => [headNameOf(sequence), ...files]));
    try {
      for (const name of readdirSync(this.path))
        if (OWN_FILE.test(name) && !needed.has(name)) rmSync(join(this.path, name), { force: true });
    } catch (error) {
      this.#onNotice(`${this.path} keeps more than is needed: ${messageOf(error)}`);
    }
  }

  /** Makes names that were given survive a power failure. */
  async sync(): Promise<void> {
    const directory = await open(this.path);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

function headNameOf(sequence: number): string {
  return `checkpoint-${digitsOf(sequence)}`;
}

function digitsOf(sequence: number): string {
  return String(sequence).padStart(12, "0");
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
