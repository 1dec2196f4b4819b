import type { Hypothesis } from "../contracts/hypothesis.ts";
import type { NodeScore } from "../contracts/score.ts";
import { CalmRecord } from "./calm-record.ts";
import { Diagnosis, logBayesFactorOf } from "./diagnosis.ts";
import { eValueOf } from "./e-values.ts";
import { GuiltTally } from "./guilt-tally.ts";

/** Log odds of a scorer without p-values add or take at most this much a window. */
const ODDS_STEP_MAX = 3;
/** Evidence in log odds at which an incident opens: more than one window can give. */
const ODDS_THRESHOLD = 5;
/** Evidence never grows beyond its threshold by more than this, so that it can fall again as fast as it rose. */
const OVERSHOOT_MAX = 6;
/** What a window takes that is below the floors, or in which nobody visited or called the node. */
const FADING_STEP = -1;
/** Below this the sum of an e-detector has forgotten all it ever knew. */
const LOG_SUM_MIN = -6;
/** Probability from which the model finds a node guilty rather than not. */
const GUILTY = 0.5;
/** No window's faults speak louder than this, and none speaks for innocence: what was not simulated may have been it. */
const LOG_FACTOR_MAX = 10;
const LOG_FACTOR_MIN = LOG_SUM_MIN;
/** Share of the threshold from which a node is under suspicion. */
const SUSPICION_SHARE = 0.2;

/**
 * Sequential evidence against one node.
 *
 * With p-values it is an e-detector: each becomes an e-value, whose mean is at most 1 while nothing is wrong, and the
 * Shiryaev–Roberts sum of their products over all possible onsets is compared with a threshold that bounds the rate of
 * false alarms. What the node has claimed in calm times before is divided out, so that a node the twin does not quite
 * understand must claim more. Without p-values it is a one-sided CUSUM of the scorer's log odds.
 */
export class NodeEvidence {
  /** Start of the window in which the present excursion began: the change point of the CUSUM of the steps. */
  onsetSeconds = Number.NaN;
  /** What the last window added (or took). */
  lastStep = 0;
  /** The score of the last window; null when the node did not look guilty in it. */
  lastGuilt: NodeScore | null = null;
  readonly #calm = new CalmRecord();
  #logSum = LOG_SUM_MIN;
  #cusum = 0;
  /** Both before the last window. */
  #logSumBefore = LOG_SUM_MIN;
  #cusumBefore = 0;
  #threshold = ODDS_THRESHOLD;
  #isEDetector = false;
  #tally = new GuiltTally();
  #diagnosis = new Diagnosis();
  /** E-values since the onset. */
  #claimSum = 0;

  /**
   * @param window `isMaterial` false when the effect is below the floors: then the window cannot add evidence;
   *   `alarmThreshold` of the e-detector
   */
  take(
    score: NodeScore,
    window: { readonly startSeconds: number; readonly isMaterial: boolean; readonly alarmThreshold: number },
  ): void {
    this.#isEDetector = score.pValue !== null;
    this.#threshold = score.pValue === null ? ODDS_THRESHOLD : Math.log(window.alarmThreshold);
    const own = score.pValue === null ? oddsStep(score.probability) : this.#eStep(score.pValue, window.isMaterial);
    const step = window.isMaterial ? own : Math.min(own, FADING_STEP);
    this.lastGuilt = step > 0 ? score : null;
    if (step > 0 && this.#cusum === 0) this.#begin(window.startSeconds);
    this.#tally.take(this.lastGuilt);
    this.#move(step);
  }

  /** A window in which nobody visited or called the node: suspicion fades, or it would stay for ever. */
  takeNothing(): void {
    this.lastGuilt = null;
    this.#move(FADING_STEP);
  }

  /** 0 when there is none, 1 when it opens an incident, in between and up to a little beyond. */
  get share(): number {
    return Math.max(0, this.#isEDetector ? this.#logSum : this.#cusum) / this.#threshold;
  }

  get isSuspicious(): boolean {
    return this.share > SUSPICION_SHARE;
  }

  /** Evidence enough for an incident. */
  get isAlarming(): boolean {
    return this.share >= 1;
  }

  /** How guilty the node looked since its onset. */
  get tally(): GuiltTally {
    return this.#tally;
  }

  /** What the twin made of it since its onset. */
  get diagnosis(): Diagnosis {
    return this.#diagnosis;
  }

  /**
   * Takes in the faults that may explain the last window, in which the node looked guilty. The Bayes factor of the best of
   * them is an e-value like that of the score, and the mean of two e-values is one whatever they have to do with each other.
   * The twin is not right at every load, so it is heard only where the model finds the node guilty rather than not.
   * Scorers without p-values keep their own count.
   */
  diagnose(hypotheses: readonly Hypothesis[]): void {
    this.#diagnosis.take(hypotheses);
    if (!this.#isEDetector || this.lastGuilt === null || this.lastGuilt.probability < GUILTY) return;
    const factor = Math.min(LOG_FACTOR_MAX, Math.max(LOG_FACTOR_MIN, logBayesFactorOf(hypotheses)));
    const step = Math.log((Math.exp(this.lastStep) + Math.exp(factor)) / 2);
    this.#cusum = this.#cusumBefore;
    this.#logSum = this.#logSumBefore;
    this.#move(step);
  }

  /** What the node has claimed since its onset is what is normal for it, as far as anybody can tell. */
  acceptAsNormal(): void {
    const { windows } = this.#tally;
    if (windows > 0) this.#calm.accept(this.#claimSum / windows);
  }

  /** Something is wrong, here or elsewhere: what was claimed of late was no calm. */
  forgetLatelyCalm(): void {
    this.#calm.forgetLately();
  }

  forget(): void {
    this.#logSum = LOG_SUM_MIN;
    this.#cusum = 0;
    this.lastGuilt = null;
    this.lastStep = 0;
    this.#begin(Number.NaN);
  }

  snapshot() {
    return {
      onsetSeconds: this.onsetSeconds,
      lastStep: this.lastStep,
      lastGuilt: this.lastGuilt,
      calm: this.#calm.snapshot(),
      logSum: this.#logSum,
      cusum: this.#cusum,
      logSumBefore: this.#logSumBefore,
      cusumBefore: this.#cusumBefore,
      threshold: this.#threshold,
      isEDetector: this.#isEDetector,
      tally: this.#tally.snapshot(),
      diagnosis: this.#diagnosis.snapshot(),
      claimSum: this.#claimSum,
    };
  }

  restore(state: ReturnType<NodeEvidence["snapshot"]>): void {
    this.onsetSeconds = state.onsetSeconds;
    this.lastStep = state.lastStep;
    this.lastGuilt = state.lastGuilt;
    this.#calm.restore(state.calm);
    this.#logSum = state.logSum;
    this.#cusum = state.cusum;
    this.#logSumBefore = state.logSumBefore;
    this.#cusumBefore = state.cusumBefore;
    this.#threshold = state.threshold;
    this.#isEDetector = state.isEDetector;
    this.#tally.restore(state.tally);
    this.#diagnosis.restore(state.diagnosis);
    this.#claimSum = state.claimSum;
  }

  #eStep(pValue: number, isMaterial: boolean): number {
    const eValue = eValueOf(pValue);
    const step = Math.log(eValue / this.#calm.factor);
    this.#claimSum += eValue;
    this.#calm.take(isMaterial ? eValue : Math.min(1, eValue));
    return step;
  }

  #move(step: number): void {
    const limit = this.#threshold + OVERSHOOT_MAX;
    this.lastStep = step;
    this.#cusumBefore = this.#cusum;
    this.#logSumBefore = this.#logSum;
    this.#cusum = Math.max(0, Math.min(limit, this.#cusum + step));
    // Sₙ = (1 + Sₙ₋₁) · eₙ
    this.#logSum = Math.max(LOG_SUM_MIN, Math.min(limit, Math.log1p(Math.exp(this.#logSum)) + step));
  }

  #begin(startSeconds: number): void {
    this.onsetSeconds = startSeconds;
    this.#tally = new GuiltTally();
    this.#diagnosis = new Diagnosis();
    this.#claimSum = 0;
  }
}

function oddsStep(probability: number): number {
  const odds = Math.log(Math.max(1e-6, probability) / Math.max(1e-6, 1 - probability));
  return Math.max(-ODDS_STEP_MAX, Math.min(ODDS_STEP_MAX, odds));
}
