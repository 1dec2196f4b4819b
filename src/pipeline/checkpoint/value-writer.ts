import { TAG, TYPED_ARRAYS, type TypedArray, type ValueClass } from "./value-tags.ts";

/** What a writer asks of its surroundings. */
export interface WriterScope {
  /** Name of an object that is not part of the state but has one of its own; undefined for all others. */
  anchorOf(value: object): string | undefined;
  /** Number of the piece that holds a frozen value. */
  pieceOf(value: object): number;
  readonly classes: readonly ValueClass[];
}

/** Columns of fewer numbers are written one by one. */
const SHORT_LENGTH = 16;

/**
 * Values as bytes: numbers, texts, booleans, null, undefined, arrays, maps, sets, plain records, numeric columns, and
 * instances of the known classes. What is one object stays one object. Frozen values are left to pieces of their own.
 *
 * @throws {TypeError} naming the class of what it cannot hold
 */
export class ValueWriter {
  readonly #scope: WriterScope;
  #bytes = new Uint8Array(1 << 14);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  readonly #texts = new Map<string, number>();
  readonly #shapes = new Map<string, number>();
  readonly #seen = new Map<object, number>();
  #lastKeys: readonly string[] | null = null;
  #lastShape = -1;

  constructor(scope: WriterScope) {
    this.#scope = scope;
  }

  /** The bytes of one value. */
  write(root: unknown): Uint8Array {
    this.#write(root);
    return this.#bytes.subarray(0, this.#used);
  }

  /** The bytes of a frozen value itself, not of a reference to its piece. */
  writeFrozen(root: object): Uint8Array {
    this.#writeContent(root);
    return this.#bytes.subarray(0, this.#used);
  }

  #write(value: unknown): void {
    switch (typeof value) {
      case "number":
        this.#number(value);
        return;
      case "string":
        this.#text(value);
        return;
      case "boolean":
        this.#byte(value ? TAG.true : TAG.false);
        return;
      case "undefined":
        this.#byte(TAG.undefined);
        return;
      case "object":
        if (value === null) this.#byte(TAG.null);
        else this.#object(value);
        return;
      default:
        throw new TypeError(`a checkpoint cannot hold a ${typeof value}`);
    }
  }

  #object(value: object): void {
    // Numeric columns cannot be frozen, so they belong to whatever holds them.
    if (ArrayBuffer.isView(value)) {
      this.#typedArray(value as TypedArray);
      return;
    }
    const anchor = isPlain(value) ? undefined : this.#scope.anchorOf(value);
    if (anchor !== undefined) {
      this.#byte(TAG.anchor);
      this.#text(anchor);
      return;
    }
    if (Object.isFrozen(value)) {
      this.#byte(TAG.piece);
      this.#unsigned(this.#scope.pieceOf(value));
      return;
    }
    this.#writeContent(value);
  }

  #writeContent(value: object): void {
    const earlier = this.#seen.get(value);
    if (earlier !== undefined) {
      this.#byte(TAG.again);
      this.#unsigned(earlier);
      return;
    }
    this.#seen.set(value, this.#seen.size);
    if (Array.isArray(value)) this.#list(TAG.array, value, value.length);
    else if (value instanceof Map) this.#map(value);
    else if (value instanceof Set) this.#list(TAG.set, value, value.size);
    else if (isPlain(value)) this.#record(value as Readonly<Record<string, unknown>>);
    else this.#instance(value);
  }

  #list(tag: number, values: Iterable<unknown>, length: number): void {
    this.#byte(tag);
    this.#unsigned(length);
    for (const value of values) this.#write(value);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#byte(TAG.map);
    this.#unsigned(map.size);
    for (const [key, value] of map) {
      this.#write(key);
      this.#write(value);
    }
  }

  #record(record: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(record);
    this.#byte(TAG.record);
    this.#shape(keys);
    for (const key of keys) this.#write(record[key]);
  }

  /** Records of one kind come in great numbers, one after the other: their keys are told once. */
  #shape(keys: readonly string[]): void {
    const last = this.#lastKeys;
    const isLast = last !== null && keys.length === last.length && keys.every((key, k) => key === last[k]);
    const name = isLast ? "" : nameOf(keys);
    const known = isLast ? this.#lastShape : this.#shapes.get(name);
    this.#lastKeys = keys;
    if (known !== undefined) {
      this.#lastShape = known;
      this.#unsigned(known + 1);
      return;
    }
    this.#lastShape = this.#shapes.size;
    this.#shapes.set(name, this.#lastShape);
    this.#unsigned(0);
    this.#unsigned(keys.length);
    for (const key of keys) this.#text(key);
  }

  #instance(value: object): void {
    const known = this.#scope.classes.find(({ type }) => value.constructor === type);
    if (known === undefined) throw new TypeError(`a checkpoint cannot hold a ${value.constructor.name}`);
    this.#byte(TAG.instance);
    this.#text(known.name);
    this.#write((value as { snapshot(): unknown }).snapshot());
  }

  #typedArray(array: TypedArray): void {
    const kind = TYPED_ARRAYS.findIndex((type) => array instanceof type);
    if (kind < 0) throw new TypeError(`a checkpoint cannot hold a ${(array as object).constructor.name}`);
    this.#byte(TAG.typedArray);
    this.#byte(kind);
    this.#unsigned(array.length);
    this.#reserve(array.byteLength);
    if (kind === 0 && array.length <= SHORT_LENGTH) {
      // A view of a few numbers costs more than they do.
      for (let i = 0; i < array.length; i++) this.#view.setFloat64(this.#used + 8 * i, array[i]!, true);
    } else {
      this.#bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), this.#used);
    }
    this.#used += array.byteLength;
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32 && !Object.is(value, -0)) {
      this.#byte(TAG.integer);
      this.#unsigned(value);
      return;
    }
    this.#byte(TAG.double);
    this.#reserve(8);
    this.#view.setFloat64(this.#used, value, true);
    this.#used += 8;
  }

  #text(text: string): void {
    const known = this.#texts.get(text);
    if (known !== undefined) {
      this.#byte(TAG.knownText);
      this.#unsigned(known);
      return;
    }
    this.#texts.set(text, this.#texts.size);
    this.#byte(TAG.text);
    // Two bytes a unit, as the engine has them: a lone surrogate must come back as it was.
    this.#unsigned(text.length);
    this.#reserve(2 * text.length);
    for (let i = 0; i < text.length; i++) this.#view.setUint16(this.#used + 2 * i, text.charCodeAt(i), true);
    this.#used += 2 * text.length;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = value;
  }

  /** Seven bits a byte, the lowest first. */
  #unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#used++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#used++] = rest;
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + more));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Different for different keys, whatever stands in them. */
function nameOf(keys: readonly string[]): string {
  return keys.map((key) => `${key.length} ${key}`).join("");
}
