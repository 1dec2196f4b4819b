import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { FoundHead } from "./folder.ts";
import { type ReaderScope, ValueReader } from "./value-reader.ts";
import type { ValueClass } from "./value-tags.ts";

/** State by part and entry. */
export type State = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The state that a checkpoint holds.
 *
 * @throws {Error} saying what of it cannot be read; nothing was restored then
 */
export function readState(
  folder: string,
  { head, bytes, sectionsBegin }: FoundHead,
  given: { readonly anchors: Readonly<Record<string, object>>; readonly classes: readonly ValueClass[] },
): State {
  const scope = scopeOf(piecesOf(folder, head), given);
  const state: Record<string, Record<string, unknown>> = {};
  let at = sectionsBegin;
  for (const { name, length, checksum } of head.sections) {
    const section = bytes.subarray(at, at + length);
    at += length;
    if (section.length !== length || crc32(section) !== checksum) throw new RangeError(`its ${name} is damaged`);
    const [part, entry] = name.split(".") as [string, string];
    state[part] ??= {};
    state[part][entry] = new ValueReader(section, scope).read();
  }
  return state;
}

function scopeOf(
  pieces: ReadonlyMap<number, Uint8Array>,
  { anchors, classes }: { readonly anchors: Readonly<Record<string, object>>; readonly classes: readonly ValueClass[] },
): ReaderScope {
  const values = new Map<number, unknown>();
  const scope: ReaderScope = {
    classes,
    anchor: (name) => {
      const anchor = anchors[name];
      if (anchor === undefined) throw new RangeError(`it refers to an unknown ${name}`);
      return anchor;
    },
    piece: (number) => {
      let value = values.get(number);
      if (value === undefined) {
        const bytes = pieces.get(number);
        if (bytes === undefined) throw new RangeError(`it has no piece ${number}`);
        value = new ValueReader(bytes, scope).read();
        values.set(number, typeof value === "object" && value !== null ? Object.freeze(value) : value);
      }
      return value;
    },
  };
  return scope;
}

/** Bytes of every piece by number, all held against their checksums. */
function piecesOf(folder: string, { files, pieces }: FoundHead["head"]): Map<number, Uint8Array> {
  const contents = files.map((name) => readFileSync(join(folder, name)));
  const found = new Map<number, Uint8Array>();
  for (let row = 0; row < pieces.number.length; row++) {
    const name = files[pieces.file[row]!]!;
    const offset = pieces.offset[row]!;
    const bytes = contents[pieces.file[row]!]!.subarray(offset, offset + pieces.length[row]!);
    if (bytes.length !== pieces.length[row] || crc32(bytes) !== pieces.checksum[row])
      throw new RangeError(`${name} is damaged at ${offset}`);
    found.set(pieces.number[row]!, bytes);
  }
  return found;
}
