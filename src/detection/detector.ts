import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import type { Scored } from "../contracts/score.ts";
import { Backpressure } from "./backpressure.ts";
import { EvidenceBoard } from "./evidence-board.ts";
import { Grouping } from "./grouping.ts";
import { OpenIncidents } from "./open-incidents.ts";
import { type AskTwin, Questions } from "./questions.ts";
import { TrafficVerdicts } from "./traffic-verdicts.ts";

export interface DetectorOptions {
  /** Incidents that may open, on average, in a week in which nothing is wrong. */
  readonly falseAlarmsPerWeek: number;
}

/**
 * Turns scores into few incidents, one per root: what the root of an open incident explains is part of it, and what has
 * proof of its own is another. Each ends when calm returns to it, or when it has lasted so long that it must be taken for
 * normal. Slowdowns that the twin predicts from the load become "traffic" verdicts, which are no alarms.
 */
export class Detector {
  readonly #falseAlarmsPerWeek: number;
  readonly #board = new EvidenceBoard();
  readonly #incidents = new OpenIncidents(this.#board);
  readonly #traffic = new TrafficVerdicts();
  readonly #backpressure = new Backpressure();

  constructor(options: DetectorOptions) {
    this.#falseAlarmsPerWeek = options.falseAlarmsPerWeek;
  }

  /** Faults that are open and not dismissed, in the order in which they opened. */
  get openIncidents(): readonly Incident[] {
    return this.#incidents.all.filter((each) => !each.isSetAside).map((each) => each.incident);
  }

  get openTraffic(): Incident | null {
    return this.#traffic.open;
  }

  /** Nodes, so far, that had evidence enough for an incident while as many were open as can be. */
  get crowdedOutCount(): number {
    return this.#incidents.crowdedOutCount;
  }

  /** True while some node is under suspicion, dismissed incidents aside: such windows must not be learned from. */
  get isSuspicious(): boolean {
    if (this.#incidents.all.some((each) => !each.isSetAside)) return true;
    const dismissed = this.#incidents.setAsideNodes();
    return [...this.#board.entries()].some(([node, evidence]) => evidence.isSuspicious && !dismissed.has(node));
  }

  /** Earliest onset of anything under suspicion, dismissed incidents aside, event time; NaN when nothing is. */
  get suspicionOnsetSeconds(): number {
    const dismissed = this.#incidents.setAsideNodes();
    const onsets = [...this.#board.entries()]
      .filter(([node, { share }]) => share > 0 && !dismissed.has(node))
      .map(([, evidence]) => evidence.onsetSeconds);
    const known = [...onsets, ...this.openIncidents.map((each) => each.onsetSeconds)].filter(Number.isFinite);
    return known.length === 0 ? Number.NaN : Math.min(...known);
  }

  /** From when on windows must not be learned, event time; NaN when all may be. */
  get unlearnableSinceSeconds(): number {
    const suspicion = this.isSuspicious ? this.suspicionOnsetSeconds : Number.NaN;
    const known = [suspicion, this.#backpressure.sinceSeconds].filter((each) => !Number.isNaN(each));
    return known.length === 0 ? Number.NaN : Math.min(...known);
  }

  /** Nodes that look guilty now, with their evidence as a share of what opens an incident. */
  suspicion(node: number): number {
    return Math.min(1, this.#board.of(node)?.share ?? 0);
  }

  /** What a window led to. */
  decide(scored: Scored, askTwin: AskTwin): IncidentEvent[] {
    const { forecast } = scored;
    if (!forecast.isReady) return [];
    const unjudged = this.#backpressure.take(forecast);
    const nodes = scored.nodes.filter(({ node }) => !unjudged.has(node));
    this.#board.take({ ...scored, nodes }, this.#falseAlarmsPerWeek);
    const events = [
      ...this.#incidents.end(forecast),
      ...this.#incidents.follow(new Grouping(forecast), new Questions(askTwin)),
    ];
    return [...events, ...this.#traffic.take(forecast, this.#incidents.all.length > 0)];
  }

  /**
   * A person has said that this incident is none, or a rule of theirs does: it is not open any more for anybody, and the
   * evidence against its nodes is forgotten. It is followed all the same, to be told if it changes; but what has proof of
   * its own is not taken for its doing.
   */
  dismiss(id: string): void {
    this.#incidents.setAside(id);
  }

  /** The incident is open after all. */
  readmit(id: string): void {
    this.#incidents.readmit(id);
  }

  snapshot() {
    return {
      board: this.#board.snapshot(),
      incidents: this.#incidents.snapshot(),
      traffic: this.#traffic.snapshot(),
      backpressure: this.#backpressure.snapshot(),
    };
  }

  restore({ board, incidents, traffic, backpressure }: ReturnType<Detector["snapshot"]>): void {
    this.#board.restore(board);
    this.#incidents.restore(incidents);
    this.#traffic.restore(traffic);
    this.#backpressure.restore(backpressure);
  }
}
