import type { Counterfactual } from "../contracts/forecast.ts";
import type { Hypothesis } from "../contracts/hypothesis.ts";
import { Diagnosis } from "./diagnosis.ts";
import type { NodeEvidence } from "./evidence.ts";
import { GuiltTally } from "./guilt-tally.ts";

/** What suspects are ranked by. */
export interface SuspectEvidence {
  readonly guiltyWindows: number;
  readonly meanProbability: number;
  readonly kindProbabilities: readonly number[];
  readonly explainedShare: number;
  readonly diagnosis: Diagnosis;
}

/**
 * What speaks against one node over the time of one incident, from its onset to the last window in which it went on. All
 * suspects of an incident are measured over the same windows, so that nobody is named for one bad window near its end.
 */
export class SuspectRecord implements SuspectEvidence {
  readonly #tally: GuiltTally;
  #diagnosis: Diagnosis;
  #explainedSum = 0;
  #unexplainedSum = 0;
  #explainedWeight = 0;
  #worst: Counterfactual | null = null;

  /** @param windows of the incident so far; a node that came under suspicion later was innocent in the others */
  constructor(evidence: Pick<NodeEvidence, "tally" | "diagnosis">, windows: number) {
    this.#tally = evidence.tally.copy();
    this.#diagnosis = evidence.diagnosis.copy();
    this.#tally.windows = Math.max(windows, this.#tally.windows);
  }

  /** The same suspect in another incident: measured over that one's windows; what the twin said of it still holds. */
  begunAgain(evidence: NodeEvidence, windows: number): SuspectRecord {
    const other = new SuspectRecord(evidence, windows);
    other.#diagnosis = this.#diagnosis.copy();
    other.#explainedSum = this.#explainedSum;
    other.#unexplainedSum = this.#unexplainedSum;
    other.#explainedWeight = this.#explainedWeight;
    other.#worst = this.#worst;
    return other;
  }

  take(evidence: NodeEvidence): void {
    this.#tally.take(evidence.lastGuilt);
  }

  /** Takes in what the twin says of one window. @param unexplainedShare what the roots of incidents but it leave */
  explain(answer: Counterfactual, unexplainedShare: number): void {
    // A window in which no request was answered has no latency to explain.
    if (!Number.isFinite(excessOf(answer))) return;
    const weight = Math.max(1e-6, excessOf(answer));
    this.#explainedSum += weight * answer.explainedShare;
    this.#unexplainedSum += weight * unexplainedShare;
    this.#explainedWeight += weight;
    if (this.#worst === null || excessOf(answer) > excessOf(this.#worst)) this.#worst = answer;
  }

  /** Takes in which of its faults may explain one window. */
  diagnose(hypotheses: readonly Hypothesis[]): void {
    this.#diagnosis.take(hypotheses);
  }

  get diagnosis(): Diagnosis {
    return this.#diagnosis;
  }

  get guiltyWindows(): number {
    return this.#tally.guiltyWindows;
  }

  get meanProbability(): number {
    return this.#tally.meanProbability;
  }

  get kindProbabilities(): readonly number[] {
    return this.#tally.kindProbabilities;
  }

  /** Share of the excess it explains over all windows asked about, the worst counting most; 0 before any. */
  get explainedShare(): number {
    return this.#explainedWeight === 0 ? 0 : this.#explainedSum / this.#explainedWeight;
  }

  /** Share that the roots of open incidents but this node left unexplained over the same windows; 1 before any. */
  get unexplainedShare(): number {
    return this.#explainedWeight === 0 ? 1 : this.#unexplainedSum / this.#explainedWeight;
  }

  /** What the twin said at the worst window; undefined before it was asked. */
  get answer(): Counterfactual | undefined {
    return this.#worst ?? undefined;
  }

  snapshot() {
    return {
      tally: this.#tally.snapshot(),
      diagnosis: this.#diagnosis.snapshot(),
      explainedSum: this.#explainedSum,
      unexplainedSum: this.#unexplainedSum,
      explainedWeight: this.#explainedWeight,
      worst: this.#worst,
    };
  }

  static restored(state: ReturnType<SuspectRecord["snapshot"]>): SuspectRecord {
    const record = new SuspectRecord({ tally: new GuiltTally(), diagnosis: new Diagnosis() }, 0);
    record.#tally.restore(state.tally);
    record.#diagnosis.restore(state.diagnosis);
    record.#explainedSum = state.explainedSum;
    record.#unexplainedSum = state.unexplainedSum;
    record.#explainedWeight = state.explainedWeight;
    record.#worst = state.worst;
    return record;
  }
}

function excessOf({ observedMeanSeconds, predictedMeanSeconds }: Counterfactual): number {
  return observedMeanSeconds - predictedMeanSeconds;
}
