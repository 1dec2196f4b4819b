import type { Counterfactual } from "../contracts/forecast.ts";
import type { Hypothesis } from "../contracts/hypothesis.ts";

/** What the twin is asked about the last window. */
export interface AskTwin {
  /** What it would have been without each node. */
  counterfactuals(nodes: readonly number[]): readonly Counterfactual[];
  /** Which faults of these nodes may have made it what it was. */
  diagnose(nodes: readonly number[]): readonly Hypothesis[];
}

/** Nodes asked about in one window: each answer is a simulation. */
const ASKED_MAX = 8;

/** What the twin was asked in one window. No node is asked about twice. */
export class Questions {
  readonly #askTwin: AskTwin;
  readonly #asked = new Set<number>();
  readonly #answers = new Map<number, Counterfactual>();
  readonly #hypotheses = new Map<number, Hypothesis[]>();

  constructor(askTwin: AskTwin) {
    this.#askTwin = askTwin;
  }

  /** Asks about these nodes, the most important first, as far as the limit goes. */
  ask(nodes: Iterable<number>): void {
    const fresh = [...new Set(nodes)].filter((node) => !this.#asked.has(node));
    const asked = fresh.slice(0, ASKED_MAX - this.#asked.size);
    if (asked.length === 0) return;
    for (const node of asked) this.#asked.add(node);
    for (const answer of this.#askTwin.counterfactuals(asked)) this.#answers.set(answer.node, answer);
    for (const hypothesis of this.#askTwin.diagnose(asked)) {
      const ofNode = this.#hypotheses.get(hypothesis.node) ?? [];
      this.#hypotheses.set(hypothesis.node, [...ofNode, hypothesis]);
    }
  }

  /** Faults of a node that may explain the window; none when it was not asked about. */
  hypotheses(node: number): readonly Hypothesis[] {
    return this.#hypotheses.get(node) ?? [];
  }

  answer(node: number): Counterfactual | undefined {
    return this.#answers.get(node);
  }

  /** Share of the excess that these nodes do not explain, each by itself. Delays along a path add up. */
  unexplainedBy(nodes: Iterable<number>): number {
    let rest = 1;
    for (const node of nodes) rest -= this.#answers.get(node)?.explainedShare ?? 0;
    return Math.max(0, rest);
  }
}
