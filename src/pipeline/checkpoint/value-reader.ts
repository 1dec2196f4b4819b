import { TAG, TYPED_ARRAYS, type ValueClass } from "./value-tags.ts";

/** What a reader asks of its surroundings. */
export interface ReaderScope {
  /** The object of the running line by that name. @throws when there is none */
  anchor(name: string): object;
  /** The value of a piece; the same object each time. @throws when there is none */
  piece(number: number): unknown;
  readonly classes: readonly ValueClass[];
}

/**
 * Reads what `ValueWriter` wrote. Bytes are held against a checksum before they come here, so what is wrong here was
 * written by another version.
 *
 * @throws {RangeError} when the bytes are none of a value
 */
export class ValueReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #scope: ReaderScope;
  #at = 0;
  readonly #texts: string[] = [];
  readonly #shapes: (readonly string[])[] = [];
  readonly #seen: object[] = [];

  constructor(bytes: Uint8Array, scope: ReaderScope) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#scope = scope;
  }

  read(): unknown {
    const tag = this.#byte();
    switch (tag) {
      case TAG.undefined:
        return undefined;
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.integer:
        return this.#unsigned();
      case TAG.double:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8, true);
      case TAG.text:
      case TAG.knownText:
        return this.#text(tag);
      default:
        return this.#object(tag);
    }
  }

  #object(tag: number): unknown {
    switch (tag) {
      case TAG.array:
        return this.#array();
      case TAG.map:
        return this.#map();
      case TAG.set:
        return this.#set();
      case TAG.record:
        return this.#record();
      case TAG.typedArray:
        return this.#typedArray();
      case TAG.instance:
        return this.#instance();
      case TAG.again:
        return this.#seen[this.#unsigned()];
      case TAG.piece:
        return this.#scope.piece(this.#unsigned());
      case TAG.anchor:
        return this.#scope.anchor(this.#text(this.#byte()));
      default:
        throw new RangeError(`no value begins with ${tag}`);
    }
  }

  #array(): unknown[] {
    const length = this.#unsigned();
    const array: unknown[] = [];
    this.#seen.push(array);
    for (let i = 0; i < length; i++) array.push(this.read());
    return array;
  }

  #map(): Map<unknown, unknown> {
    const size = this.#unsigned();
    const map = new Map<unknown, unknown>();
    this.#seen.push(map);
    for (let i = 0; i < size; i++) {
      const key = this.read();
      map.set(key, this.read());
    }
    return map;
  }

  #set(): Set<unknown> {
    const size = this.#unsigned();
    const set = new Set<unknown>();
    this.#seen.push(set);
    for (let i = 0; i < size; i++) set.add(this.read());
    return set;
  }

  #record(): object {
    const record: Record<string, unknown> = {};
    this.#seen.push(record);
    for (const key of this.#shape()) record[key] = this.read();
    return record;
  }

  #shape(): readonly string[] {
    const known = this.#unsigned();
    if (known > 0) return this.#shapes[known - 1]!;
    const shape = Array.from({ length: this.#unsigned() }, () => this.#text(this.#byte()));
    this.#shapes.push(shape);
    return shape;
  }

  #typedArray(): object {
    const type = TYPED_ARRAYS[this.#byte()]!;
    const length = this.#unsigned();
    const start = this.#bytes.byteOffset + this.#at;
    const byteLength = length * type.BYTES_PER_ELEMENT;
    if (this.#at + byteLength > this.#bytes.byteLength) throw new RangeError("a column is longer than what holds it");
    this.#at += byteLength;
    // A copy, since columns must begin at a multiple of their width.
    return new type(this.#bytes.buffer.slice(start, start + byteLength) as ArrayBuffer);
  }

  #instance(): object {
    const at = this.#seen.length;
    this.#seen.push(this);
    const name = this.#text(this.#byte());
    const known = this.#scope.classes.find((each) => each.name === name);
    if (known === undefined) throw new RangeError(`there is no class ${name}`);
    const instance = known.restored(this.read() as never);
    this.#seen[at] = instance;
    return instance;
  }

  #text(tag: number): string {
    if (tag === TAG.knownText) return this.#texts[this.#unsigned()]!;
    const length = this.#unsigned();
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.#view.getUint16(this.#at + 2 * i, true));
    this.#at += 2 * length;
    this.#texts.push(text);
    return text;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("the bytes end in the middle of a value");
    return byte;
  }

  #unsigned(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}
