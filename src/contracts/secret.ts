/** A password or key among settings: printed, logged or written as JSON it is `***`; only `reveal` gives the text. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toJSON(): string {
    return "***";
  }

  toString(): string {
    return "***";
  }
}
