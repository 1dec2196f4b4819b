/**
 * How long the rest of some work takes at the pace of what was done since it was first asked: what had been done before, by
 * an earlier run, took no time of this one.
 */
export class TimeLeft {
  readonly #nowSeconds: () => number;
  #first: { share: number; atSeconds: number } | null = null;

  /** @param nowSeconds for tests; default the process's own clock */
  constructor(nowSeconds: () => number = () => performance.now() / 1000) {
    this.#nowSeconds = nowSeconds;
  }

  /** Words for the end of a line; empty while nothing can be said. `share` of the work is done, in [0, 1]. */
  text(share: number): string {
    const atSeconds = this.#nowSeconds();
    this.#first ??= { share, atSeconds };
    const done = share - this.#first.share;
    if (!(done > 0) || share >= 1) return "";
    const seconds = ((atSeconds - this.#first.atSeconds) * (1 - share)) / done;
    return seconds < 120 ? `, about ${Math.ceil(seconds)} s left` : `, about ${Math.ceil(seconds / 60)} min left`;
  }
}
