import type { ValueClass } from "./value-tags.ts";
import { ValueWriter } from "./value-writer.ts";

/** A file of pieces. */
export interface PieceFile {
  readonly name: string;
  bytes: number;
  /** True when what is still needed of it is to be written again, so that it can go. */
  isRetired: boolean;
}

/** Where the bytes of a piece stand. */
export interface Place {
  readonly file: PieceFile;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** A value that never changes, with bytes of its own. */
export interface Piece {
  readonly number: number;
  readonly value: object;
  /** Pieces that its bytes refer to. */
  needs: readonly Piece[];
  /** Null while it was never written. */
  place: Place | null;
}

/** Bytes, and the pieces that these refer to. */
interface Encoded {
  readonly bytes: Uint8Array;
  readonly needs: readonly Piece[];
}

/** Knows which frozen values have been written, as long as these live. */
export class Pieces {
  readonly #anchorOf: (value: object) => string | undefined;
  readonly #classes: readonly ValueClass[];
  readonly #byValue = new WeakMap<object, Piece>();
  #count = 0;

  constructor(anchorOf: (value: object) => string | undefined, classes: readonly ValueClass[]) {
    this.#anchorOf = anchorOf;
    this.#classes = classes;
  }

  /** The bytes of a value that may change. */
  encode(value: unknown): Encoded {
    return this.#encoded((writer) => writer.write(value));
  }

  encodePiece({ value }: Piece): Encoded {
    return this.#encoded((writer) => writer.writeFrozen(value));
  }

  #encoded(write: (writer: ValueWriter) => Uint8Array): Encoded {
    const needs = new Set<Piece>();
    const writer = new ValueWriter({
      anchorOf: this.#anchorOf,
      classes: this.#classes,
      pieceOf: (frozen) => {
        const piece = this.#of(frozen);
        needs.add(piece);
        return piece.number;
      },
    });
    return { bytes: write(writer), needs: [...needs] };
  }

  #of(value: object): Piece {
    let piece = this.#byValue.get(value);
    if (piece === undefined) {
      piece = { number: this.#count++, value, needs: [], place: null };
      this.#byValue.set(value, piece);
    }
    return piece;
  }
}

/** True when its bytes must be written with the next checkpoint. */
export function isUnwritten({ place }: Piece): boolean {
  return place === null || place.file.isRetired;
}
