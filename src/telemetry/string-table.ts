import type { StringLookup } from "../contracts/telemetry.ts";

/** Stands for every string that came after the table was full. */
export const OVERFLOW_TEXT = "<overflow>";

/** Longer names are cut here: a name is to be read, and a table of 64 Ki of them must stay small. */
export const MAX_TEXT_LENGTH = 256;

/**
 * Strings by number, each kept once. Number 0 is "", number 1 is `<overflow>`; numbers are never reused, so a
 * number taken from one batch means the same in every later one.
 */
export class StringTable implements StringLookup {
  readonly #texts: string[] = ["", OVERFLOW_TEXT];
  readonly #ids = new Map<string, number>([
    ["", 0],
    [OVERFLOW_TEXT, 1],
  ]);
  readonly #capacity: number;
  #overflowCount = 0;

  constructor(capacity = 65_536) {
    if (!(capacity >= 2)) throw new RangeError(`capacity ${capacity} must be at least 2`);
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#texts.length;
  }

  /** How often a new string was refused because the table was full. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  /** The number of `text`; that of `<overflow>` when it is new and the table is full. */
  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_TEXT_LENGTH) return this.intern(shortened(text));
    if (this.#texts.length >= this.#capacity) {
      this.#overflowCount += 1;
      return 1;
    }
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    return id;
  }

  /** @throws {RangeError} when no string has that number. */
  text(id: number): string {
    const text = this.#texts[id];
    if (text === undefined) throw new RangeError(`no string has number ${id}: there are ${this.#texts.length}`);
    return text;
  }

  snapshot() {
    return { texts: [...this.#texts], overflowCount: this.#overflowCount };
  }

  restore({ texts, overflowCount }: ReturnType<StringTable["snapshot"]>): void {
    this.#texts.splice(0, this.#texts.length, ...texts);
    texts.forEach((text, id) => {
      this.#ids.set(text, id);
    });
    this.#overflowCount = overflowCount;
  }
}

/** Cut to the longest name kept, never inside a surrogate pair. */
function shortened(text: string): string {
  const last = text.charCodeAt(MAX_TEXT_LENGTH - 1);
  const isHighSurrogate = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, isHighSurrogate ? MAX_TEXT_LENGTH - 1 : MAX_TEXT_LENGTH);
}
