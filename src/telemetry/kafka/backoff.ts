/** Waits that double from `firstSeconds` up to `longestSeconds`. */
export class Backoff {
  readonly #firstSeconds: number;
  readonly #longestSeconds: number;
  #nextSeconds: number;

  constructor(firstSeconds: number, longestSeconds: number) {
    this.#firstSeconds = firstSeconds;
    this.#longestSeconds = longestSeconds;
    this.#nextSeconds = firstSeconds;
  }

  /** Things work again: the next wait is the first one. */
  reset(): void {
    this.#nextSeconds = this.#firstSeconds;
  }

  /** Resolves after the next wait, or as soon as the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const seconds = this.#nextSeconds;
    this.#nextSeconds = Math.min(seconds * 2, this.#longestSeconds);
    await pause(seconds, signal);
  }
}

/** Resolves after the time, or as soon as the signal aborts. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", done);
  });
}
