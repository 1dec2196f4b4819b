import { MalformedError } from "../../contracts/errors.ts";

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const NUMBER = /[+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?=[ \t]|$)/iy;
const BLANKS = /[ \t]*/y;
const ESCAPE = /\\(.)/g;
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" };

/** Reads one line of an exposition from left to right; blanks between its parts mean nothing. */
export class LineReader {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
    this.#skipBlanks();
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#line.length;
  }

  get isAtExemplar(): boolean {
    return this.isAt("#");
  }

  /** For messages. */
  get rest(): string {
    return JSON.stringify(this.#line.slice(this.#at, this.#at + 40));
  }

  isAt(mark: string): boolean {
    return this.#line[this.#at] === mark;
  }

  /** Moves over the mark if it is here. */
  take(mark: string): boolean {
    if (!this.isAt(mark)) return false;
    this.#at += 1;
    this.#skipBlanks();
    return true;
  }

  /** "" when there is none here. */
  metricName(): string {
    return this.#match(METRIC_NAME)?.[0] ?? "";
  }

  labelName(): string {
    if (this.isAt('"')) return this.quoted();
    const found = this.#match(LABEL_NAME);
    if (found === null) throw new MalformedError(`no name of a label: ${this.rest}`);
    return found[0];
  }

  quoted(): string {
    if (!this.isAt('"')) throw new MalformedError(`no text in quotes: ${this.rest}`);
    const start = this.#at + 1;
    let end = start;
    while (end < this.#line.length && this.#line[end] !== '"') end += this.#line[end] === "\\" ? 2 : 1;
    if (end >= this.#line.length) throw new MalformedError(`a text in quotes that does not end: ${this.rest}`);
    this.#at = end + 1;
    this.#skipBlanks();
    // Any other letter behind a backslash stands as it is, backslash and all.
    return this.#line.slice(start, end).replace(ESCAPE, (whole, letter: string) => ESCAPED[letter] ?? whole);
  }

  number(): number {
    const found = this.#match(NUMBER);
    if (found === null) throw new MalformedError(`no number: ${this.rest}`);
    const text = found[0].toLowerCase();
    if (text.endsWith("nan")) return Number.NaN;
    if (text.includes("inf")) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    return Number(text);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    this.#skipBlanks();
    return found;
  }

  #skipBlanks(): void {
    BLANKS.lastIndex = this.#at;
    BLANKS.exec(this.#line);
    this.#at = BLANKS.lastIndex;
  }
}
