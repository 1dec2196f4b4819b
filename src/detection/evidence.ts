import type { NodeScore } from "../contracts/score.ts";

/** A window adds or takes at most this much evidence (natural log of odds). */
const STEP_MAX = 3;
/** Evidence never grows beyond this, so that it can fall again as fast as it rose. */
const EVIDENCE_MAX = 12;

/** Sequential evidence against one node: a one-sided CUSUM of the log odds the scorer gives it, window by window. */
export class NodeEvidence {
  evidence = 0;
  /** Start of the window in which the present excursion began: the change point of the CUSUM. */
  onsetSeconds = Number.NaN;
  /** Windows since the onset in which the node looked guilty. */
  guiltyWindows = 0;
  /** What the last window added (or took). */
  lastStep = 0;
  #probabilitySum = 0;
  #kindSums: number[] = [];
  #windows = 0;
  #explainedSum = 0;
  #explainedWeight = 0;

  /** @param isMaterial false when the effect is below the floors: then the window cannot add evidence. */
  take(score: NodeScore, startSeconds: number, isMaterial: boolean): void {
    const odds = Math.log(Math.max(1e-6, score.probability) / Math.max(1e-6, 1 - score.probability));
    const step = Math.max(-STEP_MAX, Math.min(STEP_MAX, odds));
    if (step > 0 && isMaterial) {
      if (this.evidence === 0) {
        this.#begin(startSeconds);
      }
      this.guiltyWindows++;
      this.#probabilitySum += score.probability;
      score.kindProbabilities.forEach((p, k) => {
        this.#kindSums[k] = (this.#kindSums[k] ?? 0) + p * score.probability;
      });
    }
    this.#windows++;
    this.lastStep = isMaterial ? step : Math.min(step, -1);
    this.evidence = Math.max(0, Math.min(EVIDENCE_MAX, this.evidence + this.lastStep));
  }

  /** A window in which nobody visited or called the node: suspicion fades, or it would stay for ever. */
  takeNothing(): void {
    this.lastStep = -1;
    this.evidence = Math.max(0, this.evidence - 1);
  }

  /** Mean probability over all windows since the onset; 0 before any. */
  get meanProbability(): number {
    return this.#windows === 0 ? 0 : this.#probabilitySum / this.#windows;
  }

  /** Probability of each kind, weighted by how guilty the node looked; empty before any evidence. */
  get kindProbabilities(): readonly number[] {
    const total = this.#kindSums.reduce((sum, each) => sum + each, 0);
    return total > 0 ? this.#kindSums.map((each) => each / total) : [];
  }

  /** Takes in what the twin says of one window: the share this node explains of an excess of so many seconds. */
  explain(share: number, excessSeconds: number): void {
    const weight = Math.max(1e-6, excessSeconds);
    this.#explainedSum += weight * share;
    this.#explainedWeight += weight;
  }

  /** Share of the excess it explains over all windows asked about, the worst counting most; 0 before any. */
  get explainedShare(): number {
    return this.#explainedWeight === 0 ? 0 : this.#explainedSum / this.#explainedWeight;
  }

  forget(): void {
    this.evidence = 0;
    this.#begin(Number.NaN);
  }

  #begin(startSeconds: number): void {
    this.onsetSeconds = startSeconds;
    this.guiltyWindows = 0;
    this.#probabilitySum = 0;
    this.#kindSums = [];
    this.#windows = 0;
    this.#explainedSum = 0;
    this.#explainedWeight = 0;
  }
}
