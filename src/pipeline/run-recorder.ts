import type { IncidentEvent } from "../contracts/incident.ts";
import type { Scored } from "../contracts/score.ts";
import type { ScorerRun } from "../evaluation/judge-recording.ts";

/** Writes down what one scorer said, window by window. */
export class RunRecorder {
  readonly #scorer: string;
  readonly #incidents: IncidentEvent[] = [];
  readonly #windowEndSeconds: number[] = [];
  readonly #probability: Float64Array[] = [];
  readonly #visits: Float64Array[] | null;
  #nodes: readonly string[] = [];
  #readyAtSeconds: number | null = null;

  /** @param options.countsVisits of all scorers of a replay the same, so one that counts is enough */
  constructor(scorer: string, options: { countsVisits: boolean }) {
    this.#scorer = scorer;
    this.#visits = options.countsVisits ? [] : null;
  }

  take(scored: Scored, events: readonly IncidentEvent[]): void {
    const { observation, nodes, isReady } = scored.forecast;
    if (isReady) this.#readyAtSeconds ??= observation.startSeconds;
    this.#incidents.push(...events);
    this.#nodes = observation.topology.nodes.map((node) => node.name);
    const row = new Float64Array(this.#nodes.length).fill(Number.NaN);
    for (const node of scored.nodes) row[node.node] = node.probability;
    this.#windowEndSeconds.push(observation.endSeconds);
    this.#probability.push(row);
    if (this.#visits === null) return;
    const visits = new Float64Array(this.#nodes.length);
    for (const node of nodes) visits[node.node] = Math.max(node.visitCount, node.gapIn?.sampleCount ?? 0);
    this.#visits.push(visits);
  }

  /** Beginning of the first window that could be judged, unix seconds; null when none could. */
  get readyAtSeconds(): number | null {
    return this.#readyAtSeconds;
  }

  finish(): ScorerRun {
    return {
      scorer: this.#scorer,
      incidents: this.#incidents,
      timeline: {
        windowEndSeconds: this.#windowEndSeconds,
        nodes: this.#nodes,
        probability: this.#probability,
        ...(this.#visits === null ? {} : { visits: this.#visits }),
      },
    };
  }
}
