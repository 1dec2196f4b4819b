/**
 * Nobody can hold longer against a system than twice the time it was known: what lasts longer is its new normal, or was its
 * normal all along. So a twin that has learned for a minute does not stay at odds with the world for hours.
 */
const RATIO = 2;
const MIN_SECONDS = 300;
const MAX_SECONDS = 86_400;

/** How long an incident may stay open. */
export class Patience {
  /** Event time that was judged while no incident was open. */
  #knownSeconds = 0;

  /** A window in which no incident was open. */
  know(seconds: number): void {
    this.#knownSeconds += seconds;
  }

  isOut(openSeconds: number): boolean {
    return openSeconds > Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, RATIO * this.#knownSeconds));
  }

  snapshot() {
    return { knownSeconds: this.#knownSeconds };
  }

  restore({ knownSeconds }: ReturnType<Patience["snapshot"]>): void {
    this.#knownSeconds = knownSeconds;
  }
}
