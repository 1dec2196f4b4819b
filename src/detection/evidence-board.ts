import type { NodeForecast } from "../contracts/forecast.ts";
import type { Scored } from "../contracts/score.ts";
import { alarmThreshold } from "./e-values.ts";
import { NodeEvidence } from "./evidence.ts";
import { isMaterial } from "./floors.ts";

/** The evidence against every node. */
export class EvidenceBoard {
  readonly #byNode = new Map<number, NodeEvidence>();

  take({ forecast, nodes }: Scored, falseAlarmsPerWeek: number): void {
    const { startSeconds, endSeconds } = forecast.observation;
    const forecasts = new Map<number, NodeForecast>(forecast.nodes.map((node) => [node.node, node]));
    const threshold = alarmThreshold(falseAlarmsPerWeek, endSeconds - startSeconds, forecast.nodes.length);
    const seen = new Set<NodeEvidence>();
    for (const score of nodes) {
      const node = forecasts.get(score.node);
      if (node === undefined) continue;
      const evidence = this.#made(score.node);
      evidence.take(score, { startSeconds, isMaterial: isMaterial(node), alarmThreshold: threshold });
      seen.add(evidence);
    }
    for (const evidence of this.#byNode.values()) if (!seen.has(evidence)) evidence.takeNothing();
  }

  /** Evidence against a node; undefined while it was never scored. */
  of(node: number): NodeEvidence | undefined {
    return this.#byNode.get(node);
  }

  /** Every node against which there is something, by when that began. */
  suspects(): [node: number, evidence: NodeEvidence][] {
    return [...this.#byNode]
      .filter(([, { share, tally }]) => share > 0 && tally.guiltyWindows > 0)
      .sort(([a, one], [b, other]) => one.onsetSeconds - other.onsetSeconds || a - b);
  }

  entries(): IterableIterator<[node: number, evidence: NodeEvidence]> {
    return this.#byNode.entries();
  }

  /** Something is wrong, or was a moment ago: what is claimed meanwhile is no measure of calm times. */
  forgetLatelyCalm(): void {
    for (const evidence of this.#byNode.values()) evidence.forgetLatelyCalm();
  }

  snapshot() {
    return { byNode: new Map([...this.#byNode].map(([node, evidence]) => [node, evidence.snapshot()])) };
  }

  restore({ byNode }: ReturnType<EvidenceBoard["snapshot"]>): void {
    for (const [node, evidence] of byNode) this.#made(node).restore(evidence);
  }

  #made(node: number): NodeEvidence {
    const evidence = this.#byNode.get(node) ?? new NodeEvidence();
    this.#byNode.set(node, evidence);
    return evidence;
  }
}
