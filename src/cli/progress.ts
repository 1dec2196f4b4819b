/** Progress on stderr, redrawn in place on a terminal, one line every few seconds elsewhere; silent when told so. */
export class Progress {
  readonly #isQuiet: boolean;
  #lastMillis = 0;

  constructor(options: { isQuiet: boolean }) {
    this.#isQuiet = options.isQuiet;
  }

  show(text: string): void {
    const now = performance.now();
    const isTerminal = process.stderr.isTTY;
    if (this.#isQuiet || now - this.#lastMillis < (isTerminal ? 200 : 5000)) {
      return;
    }
    this.#lastMillis = now;
    process.stderr.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  }

  done(): void {
    if (!this.#isQuiet && process.stderr.isTTY) {
      process.stderr.write("\r\u001b[K");
    }
  }
}
