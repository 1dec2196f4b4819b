import { CheckpointFolder, type FoundHead, messageOf } from "./folder.ts";
import { Pieces } from "./pieces.ts";
import { readState, type State } from "./reading.ts";
import type { ValueClass } from "./value-tags.ts";
import { type Entry, type Written, writeCheckpoint } from "./writing.ts";

/**
 * Something with state. `snapshot` gives a plain record that shares nothing with it that will ever change, so that it can
 * be written while work goes on; `restore` takes such a record over, into an object that was just made with the same
 * options and has seen nothing yet.
 */
export interface Stateful {
  snapshot(): Readonly<Record<string, unknown>>;
  restore(state: never): void;
}

export interface CheckpointerParts {
  /** A folder of its own; made when it is not there. */
  readonly directory: string;
  /** What a checkpoint depends on, each by a name that people know: with another of these it is not used. */
  readonly identity: Readonly<Record<string, string>>;
  /** All state, by name; restored in this order. */
  readonly state: Readonly<Record<string, Stateful>>;
  /** Objects that state refers to without holding them, by name. They exist before anything is restored. */
  readonly anchors: Readonly<Record<string, object>>;
  /** Classes of values that never change. */
  readonly classes: readonly ValueClass[];
  /** Told in words why a checkpoint that is there is not used. */
  readonly onNotice: (text: string) => void;
}

/** What one checkpoint took. */
export interface CheckpointReport extends Pick<Written, "bytes" | "totalBytes" | "sliceMs" | "workMs"> {
  readonly sequence: number;
  /** For how long nothing else could run while the state was taken. */
  readonly pauseMs: number;
}

/**
 * Keeps all state of a line on disk, so that a process that was killed goes on where it was.
 *
 * At the start, on objects that have seen nothing, `restore()` gives the position of the checkpoint that it used, or null;
 * what was journaled after that position (all of it, for null) is then taken in again. While running, between two batches,
 * `capture(position)` takes the state down: `position` says what the state has taken in, is any plain value, and is given
 * back as it was. The state is taken before `capture` first waits, so the line may go on without waiting for it. The
 * journal must be kept from `keptPositions[0]` on, since the last checkpoint but one is used when the last cannot be read.
 *
 * What never changes (frozen objects) is written once and referred to from then on.
 */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  readonly #folder: CheckpointFolder;
  readonly #pieces: Pieces;
  #isWriting = false;

  /** @throws {SettingsError} when the folder cannot be had */
  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#folder = new CheckpointFolder(parts.directory, parts.onNotice);
    const names = new Map(Object.entries(parts.anchors).map(([name, anchor]) => [anchor, name]));
    this.#pieces = new Pieces((value) => names.get(value), parts.classes);
  }

  /** Positions of the checkpoints that are kept, the oldest first; known once something was restored or captured. */
  get keptPositions(): readonly unknown[] {
    return this.#folder.keptPositions;
  }

  /** Restores the last checkpoint that can be used. @returns its position; null when there is none: begin at the beginning */
  restore(): unknown {
    for (const found of this.#folder.heads()) {
      const state = this.#usable(found);
      if (state !== null) {
        for (const [name, part] of Object.entries(this.#parts.state)) part.restore(state[name] as never);
        this.#folder.goOnFrom(found.head);
        return found.head.position;
      }
    }
    return null;
  }

  /**
   * Writes a checkpoint. Null when the one before is still being written.
   *
   * @throws when it cannot be written; the ones before stay what they were
   */
  async capture(position: unknown): Promise<CheckpointReport | null> {
    if (this.#isWriting) return null;
    this.#isWriting = true;
    try {
      const began = performance.now();
      const entries = Object.entries(this.#parts.state).flatMap(([part, stateful]) =>
        Object.entries(stateful.snapshot()).map(([entry, value]): Entry => ({ name: `${part}.${entry}`, value })),
      );
      const pauseMs = performance.now() - began;
      const { identity } = this.#parts;
      const { head, ...written } = await writeCheckpoint(this.#folder, this.#pieces, { entries, identity, position });
      this.#folder.keep(head);
      return { sequence: head.sequence, pauseMs, ...written };
    } finally {
      this.#isWriting = false;
    }
  }

  #usable(found: FoundHead): State | null {
    const { sequence, identity } = found.head;
    const other = Object.entries({ ...identity, ...this.#parts.identity }).find(
      ([name]) => identity[name] !== this.#parts.identity[name],
    );
    try {
      if (other !== undefined) throw new Error(`${other[0]} is another than when it was written`);
      return readState(this.#folder.path, found, this.#parts);
    } catch (error) {
      this.#parts.onNotice(`checkpoint ${sequence} of ${this.#folder.path} is not used: ${messageOf(error)}`);
      return null;
    }
  }
}
