import type { NodeScore } from "../contracts/score.ts";

/** How guilty a node looked over some windows, and of what. */
export class GuiltTally {
  /** Windows counted, guilty or not. */
  windows = 0;
  guiltyWindows = 0;
  #probabilitySum = 0;
  #kindSums: number[] = [];

  /** Counts a window; null when the node did not look guilty in it. */
  take(score: NodeScore | null): void {
    this.windows++;
    if (score === null) return;
    this.guiltyWindows++;
    this.#probabilitySum += score.probability;
    score.kindProbabilities.forEach((p, k) => {
      this.#kindSums[k] = (this.#kindSums[k] ?? 0) + p * score.probability;
    });
  }

  /** Over all windows counted, those in which it did not look guilty with 0; 0 before any. */
  get meanProbability(): number {
    return this.windows === 0 ? 0 : this.#probabilitySum / this.windows;
  }

  /** Probability of each kind, weighted by how guilty the node looked; empty before any evidence. */
  get kindProbabilities(): readonly number[] {
    const total = this.#kindSums.reduce((sum, each) => sum + each, 0);
    return total > 0 ? this.#kindSums.map((each) => each / total) : [];
  }

  copy(): GuiltTally {
    const copy = new GuiltTally();
    copy.windows = this.windows;
    copy.guiltyWindows = this.guiltyWindows;
    copy.#probabilitySum = this.#probabilitySum;
    copy.#kindSums = [...this.#kindSums];
    return copy;
  }

  snapshot() {
    return {
      windows: this.windows,
      guiltyWindows: this.guiltyWindows,
      probabilitySum: this.#probabilitySum,
      kindSums: [...this.#kindSums],
    };
  }

  restore({ windows, guiltyWindows, probabilitySum, kindSums }: ReturnType<GuiltTally["snapshot"]>): void {
    this.windows = windows;
    this.guiltyWindows = guiltyWindows;
    this.#probabilitySum = probabilitySum;
    this.#kindSums = kindSums;
  }
}
