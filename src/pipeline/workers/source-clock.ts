import { CLOCK_JUMP_SECONDS_MAX, CLOCK_JUMP_SPANS } from "../../topology/observer.ts";

/** How far the spans of one source have come; a single broken clock does not move it, as in the observer. */
export class SourceClock {
  #eventSeconds: number | null = null;
  #jumpCount = 0;

  get eventSeconds(): number | null {
    return this.#eventSeconds;
  }

  take(endSeconds: number): void {
    const before = this.#eventSeconds;
    const isJump = before !== null && endSeconds > before + CLOCK_JUMP_SECONDS_MAX;
    if (isJump && ++this.#jumpCount < CLOCK_JUMP_SPANS) return;
    this.#jumpCount = 0;
    this.#eventSeconds = Math.max(before ?? endSeconds, endSeconds);
  }
}
