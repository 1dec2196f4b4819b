/** An e-value says of one window at most this much, here: one glitch must not silence a node for long. */
const E_VALUE_MAX = 1000;
/** Windows before what was claimed in one counts as calm: an incident that opens meanwhile takes them out. */
const DELAY_WINDOWS = 12;
/** So many windows of claiming nothing are assumed from the start. */
const ASSUMED_WINDOWS = 20;
/** What is accepted counts as much as so many windows. */
const ACCEPTED_WINDOWS = 200;
/** Windows that are remembered, on the whole: older ones fade. */
const MEMORY_WINDOWS = 2000;

/**
 * What has been claimed against a node in calm times, on average. E-values average 1 at most while nothing is wrong; a node
 * that has claimed more than its share all along, because the twin does not quite understand it, has that divided out.
 */
export class CalmRecord {
  #lately: number[] = [];
  #sum = ASSUMED_WINDOWS;
  #count = ASSUMED_WINDOWS;

  /** What an e-value of now is to be divided by, ≥ 1. */
  get factor(): number {
    return Math.max(1, this.#sum / this.#count);
  }

  take(eValue: number): void {
    this.#lately.push(Math.min(E_VALUE_MAX, eValue));
    if (this.#lately.length <= DELAY_WINDOWS) return;
    const fading = 1 - 1 / MEMORY_WINDOWS;
    this.#sum = this.#sum * fading + this.#lately.shift()!;
    this.#count = this.#count * fading + 1;
  }

  forgetLately(): void {
    this.#lately.length = 0;
  }

  /** Whatever was claimed so often, on average so much, is taken for calm. */
  accept(meanEValue: number): void {
    this.#sum += ACCEPTED_WINDOWS * Math.max(1, meanEValue);
    this.#count += ACCEPTED_WINDOWS;
  }

  snapshot() {
    return { lately: [...this.#lately], sum: this.#sum, count: this.#count };
  }

  restore({ lately, sum, count }: ReturnType<CalmRecord["snapshot"]>): void {
    this.#lately = lately;
    this.#sum = sum;
    this.#count = count;
  }
}
