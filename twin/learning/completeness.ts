import type { Observation } from "../../src/contracts/observation.ts";

/**
 * How a node's structure can be learned from what is seen of it: by queue inversion, which needs (nearly) every visit; by
 * simulation matching, which needs a fair sample; or not at all.
 */
export type IdentificationBasis = "inversion" | "matching" | "none";

/** What inversion bears (5 % of the spans lost cost it nothing, 10 % do; the line stands clear of both), and what matching does. */
const SEEN_SHARE_INVERSION = 0.93;
const COMPLETENESS_MATCHING = 0.3;
/** After this many windows, counts weigh half. */
const HALF_LIFE_WINDOWS = 60;
/** Fewer calls than this do not tell what is missing. */
const CALLS_MIN = 20;

interface Counts {
  /** Calls into the node, and those of them whose visit was seen. */
  expected: number;
  seen: number;
  /** Visits, and those they stand for. */
  visits: number;
  weight: number;
}

/** Learns how much is seen of each node: spans that get lost on their way, and traces that are not sampled. */
export class Completeness {
  #counts = new Map<number, Counts>();

  /** @param observation a clean window: calls that fail to arrive are no lost spans */
  learn({ visits, calls, topology }: Observation): void {
    const keep = 0.5 ** (1 / HALF_LIFE_WINDOWS);
    for (const counts of this.#counts.values()) {
      counts.expected *= keep;
      counts.seen *= keep;
      counts.visits *= keep;
      counts.weight *= keep;
    }
    for (let row = 0; row < calls.count; row++) {
      const { calleeOperation, isAsync } = topology.edges[calls.edge[row]!]!;
      const { node } = topology.operations[calleeOperation]!;
      // A leaf is seen through its callers alone, and a message is answered by a fragment of its own.
      if (isAsync || topology.nodes[node]!.kind !== "service") continue;
      const counts = this.#of(node);
      counts.expected++;
      counts.seen += calls.calleeVisit[row]! >= 0 ? 1 : 0;
    }
    for (let row = 0; row < visits.count; row++) {
      const counts = this.#of(topology.operations[visits.operation[row]!]!.node);
      counts.visits++;
      counts.weight += visits.weight[row]!;
    }
  }

  /** κ: spans seen / spans that the calls into the node promise, in [0, 1]; 1 where too few calls tell. */
  completeness(node: number): number {
    const counts = this.#counts.get(node);
    return counts === undefined || counts.expected < CALLS_MIN ? 1 : counts.seen / counts.expected;
  }

  /** Visits seen / all visits: what sampling keeps, and of that what arrives. */
  seenShare(node: number): number {
    const counts = this.#counts.get(node);
    return counts === undefined ? 1 : (this.completeness(node) * counts.visits) / counts.weight;
  }

  basis(node: number): IdentificationBasis {
    if (this.completeness(node) < COMPLETENESS_MATCHING) return "none";
    return this.seenShare(node) >= SEEN_SHARE_INVERSION ? "inversion" : "matching";
  }

  #of(node: number): Counts {
    const counts = this.#counts.get(node) ?? { expected: 0, seen: 0, visits: 0, weight: 0 };
    this.#counts.set(node, counts);
    return counts;
  }

  snapshot() {
    return { counts: new Map([...this.#counts].map(([node, counts]) => [node, { ...counts }])) };
  }

  restore({ counts }: ReturnType<Completeness["snapshot"]>): void {
    this.#counts = counts;
  }
}
