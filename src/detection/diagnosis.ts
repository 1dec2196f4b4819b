import type { FaultSize, Hypothesis } from "../contracts/hypothesis.ts";
import { FAULT_KINDS, type FaultKind } from "../contracts/score.ts";

/** No kind is thought less likely than this before the window is looked at: the model may be sure of nonsense. */
const KIND_PRIOR_MIN = 0.01;
/** Nor a node: what the model has never seen it may find as unlikely as it wants. */
const PROBABILITY_MIN = 0.001;

/** One kind of fault at one node, with all that was found for it. */
export interface Explanation {
  readonly kind: FaultKind;
  /** Of the window in which it fitted best. */
  readonly size: FaultSize;
  readonly instance: number;
  /**
   * log(likelihood of the windows diagnosed if so / if nothing were wrong), less what its fitted numbers gain by chance in
   * each window, and ½ log(samples) for each of them (Schwarz). Nats.
   */
  readonly evidence: number;
}

interface Tried {
  /** Of the window in which it gained most. */
  readonly best: Hypothesis;
  readonly gain: number;
  readonly sampleCount: number;
}

/** What one fitted number gains where there is nothing to gain: half of a χ² of one degree of freedom, on average. */
const CHANCE_GAIN = 0.5;

/** What the model thought of a node before the twin simulated its faults. */
export interface Opinion {
  readonly probability: number;
  /** In the order of FAULT_KINDS. */
  readonly kindProbabilities: readonly number[];
}

export interface Verdict {
  readonly kind: FaultKind;
  /** Given that it is this node. */
  readonly kindProbability: number;
  /** Log of what it weighs among other nodes: the model's probability times how much likelier its faults make the windows. */
  readonly logWeight: number;
  /** The explanation of that kind; null when no size of it fits. */
  readonly explanation: Explanation | null;
}

/**
 * The hypotheses about one node over some windows. By Bayes' rule: the model's opinion of the node and its kind is the prior,
 * the simulated windows are the evidence, and a fault that the twin cannot simulate stays as likely as it was.
 */
export class Diagnosis {
  #kinds = new Map<FaultKind, Tried>();

  /** Takes in one window. */
  take(hypotheses: readonly Hypothesis[]): void {
    for (const hypothesis of hypotheses) {
      const { kind, gain, fitted, sampleCount } = hypothesis;
      const before = this.#kinds.get(kind);
      this.#kinds.set(kind, {
        best: before === undefined || gain > before.best.gain ? hypothesis : before.best,
        gain: (before?.gain ?? 0) + gain - CHANCE_GAIN * fitted,
        sampleCount: (before?.sampleCount ?? 0) + sampleCount,
      });
    }
  }

  /** The likeliest first. */
  get explanations(): Explanation[] {
    return [...this.#kinds.values()].map(explanationOf).sort((a, b) => b.evidence - a.evidence);
  }

  verdict({ probability, kindProbabilities }: Opinion): Verdict {
    const weights = FAULT_KINDS.map((kind, k) => {
      const prior = Math.max(KIND_PRIOR_MIN, kindProbabilities[k] ?? 0);
      const tried = this.#kinds.get(kind);
      return Math.log(prior) + (tried === undefined ? 0 : explanationOf(tried).evidence);
    });
    const top = Math.max(...weights);
    const total = weights.reduce((sum, weight) => sum + Math.exp(weight - top), 0);
    const kind = FAULT_KINDS[weights.indexOf(top)]!;
    const tried = this.#kinds.get(kind);
    return {
      kind,
      kindProbability: 1 / total,
      logWeight: Math.log(Math.max(PROBABILITY_MIN, probability)) + top + Math.log(total),
      explanation: tried === undefined ? null : explanationOf(tried),
    };
  }

  copy(): Diagnosis {
    const copy = new Diagnosis();
    for (const [kind, tried] of this.#kinds) copy.#kinds.set(kind, tried);
    return copy;
  }

  snapshot() {
    return { kinds: new Map(this.#kinds) };
  }

  restore({ kinds }: ReturnType<Diagnosis["snapshot"]>): void {
    this.#kinds = kinds;
  }
}

/**
 * Log of how much likelier one window is if one of these faults made it than if nothing is wrong, all kinds equally likely
 * and their sizes paid for by Schwarz's criterion; −∞ of none.
 */
export function logBayesFactorOf(hypotheses: readonly Hypothesis[]): number {
  const each = hypotheses.map(
    ({ gain, fitted, sampleCount }) => gain - CHANCE_GAIN * fitted - priceOf(fitted, sampleCount),
  );
  return Math.max(Number.NEGATIVE_INFINITY, ...each) - Math.log(FAULT_KINDS.length);
}

function explanationOf({ best, gain, sampleCount }: Tried): Explanation {
  const { kind, size, instance, fitted } = best;
  return { kind, size, instance, evidence: gain - priceOf(fitted, sampleCount) };
}

function priceOf(fitted: number, sampleCount: number): number {
  return 0.5 * fitted * Math.log(Math.max(2, sampleCount));
}
