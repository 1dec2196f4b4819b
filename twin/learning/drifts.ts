import { Drift } from "./drift.ts";

/** The drift of every node that is watched for one. */
export class Drifts {
  readonly #byNode = new Map<number, Drift>();
  readonly #budget: number;
  readonly #settleSeconds: number;

  /** As `Drift` has them. */
  constructor(budget: number, settleSeconds: number) {
    this.#budget = budget;
    this.#settleSeconds = settleSeconds;
  }

  /** Undefined while the node is not watched. */
  get(node: number): Drift | undefined {
    return this.#byNode.get(node);
  }

  /** Watches the node from now on, if it was not watched. */
  of(node: number): Drift {
    const drift = this.#byNode.get(node) ?? new Drift(this.#budget, this.#settleSeconds);
    this.#byNode.set(node, drift);
    return drift;
  }

  isDrifting(node: number): boolean {
    return this.#byNode.get(node)?.isDrifting ?? false;
  }

  snapshot() {
    return { byNode: new Map([...this.#byNode].map(([node, drift]) => [node, drift.snapshot()])) };
  }

  restore({ byNode }: ReturnType<Drifts["snapshot"]>): void {
    for (const [node, drift] of byNode) this.of(node).restore(drift);
  }
}
