import type { Counterfactual } from "../contracts/forecast.ts";

/** Asks the twin what the window would have been without each node. */
export type AskTwin = (nodes: readonly number[]) => readonly Counterfactual[];

/** Nodes asked about in one window: each answer is a simulation. */
const ASKED_MAX = 8;

/** What the twin was asked in one window. No node is asked about twice. */
export class Questions {
  readonly #askTwin: AskTwin;
  readonly #asked = new Set<number>();
  readonly #answers = new Map<number, Counterfactual>();

  constructor(askTwin: AskTwin) {
    this.#askTwin = askTwin;
  }

  /** Asks about these nodes, the most important first, as far as the limit goes. */
  ask(nodes: Iterable<number>): void {
    const fresh = [...new Set(nodes)].filter((node) => !this.#asked.has(node));
    const asked = fresh.slice(0, ASKED_MAX - this.#asked.size);
    if (asked.length === 0) return;
    for (const node of asked) this.#asked.add(node);
    for (const answer of this.#askTwin(asked)) this.#answers.set(answer.node, answer);
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
