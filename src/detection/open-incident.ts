import type { Counterfactual, Forecast } from "../contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import type { NodeEvidence } from "./evidence.ts";
import type { EvidenceBoard } from "./evidence-board.ts";
import { excessOf, impactOf } from "./impact.ts";
import { bottleneckOf, confidenceOf, faultIncident, faultSummary, withoutItOf } from "./incident-text.ts";
import { SuspectRecord } from "./suspect-record.ts";
import { type Candidate, candidates, rankSuspects, ruledOut } from "./suspects.ts";
import { TrafficWatch } from "./traffic-watch.ts";

/** Calm windows in a row that end an incident. */
const CALM_WINDOWS = 3;
/** In a calm window no node of it adds more than this: by chance alone one adds a little in every fifth. */
export const CALM_STEP_MAX = 1;
/** What begins within so many windows of the onset began with the incident. */
export const SAME_ONSET_WINDOWS = 2;

/** How a node stands to an incident it is in. */
export interface Place {
  /** The root explains it. */
  readonly isPart: boolean;
  /** It began when the incident did. */
  readonly isSameOnset: boolean;
  /** The root calls it or is called by it, if through others. */
  readonly isOnPath: boolean;
}

/**
 * One fault while it lasts: its root, the nodes it explains, and those under suspicion beside them. Its windows are those
 * from the onset to the last in which it went on; suspects are ranked over these only, so what comes after is not mixed in.
 */
export class OpenIncident {
  readonly onsetSeconds: number;
  /** Set aside by feedback: it explains nothing that has proof of its own. */
  isSetAside = false;
  /** End of the last window in which it went on. */
  lastActiveSeconds: number;
  readonly #records = new Map<number, SuspectRecord>();
  /** The root and what it explains; what is in the records only is a rival, which may turn out to be the root. */
  #parts = new Set<number>();
  /** Parts that began with it: it lasts as long as one of them does. */
  #core = new Set<number>();
  /** Rivals that began later, on no path of the root: whatever they explain, they are not what began then. */
  #strangers = new Set<number>();
  #incident: Incident | null = null;
  #root = -1;
  #windows: number;
  #calmWindows = 0;
  #isActive = true;
  #worstExcess = 0;

  /** @param windows since the onset, those in which nothing was seen included */
  constructor(onsetSeconds: number, windows: number, nowSeconds: number) {
    this.onsetSeconds = onsetSeconds;
    this.lastActiveSeconds = nowSeconds;
    this.#windows = windows;
  }

  /** As it stands; it exists from `open` or `reopen` on. */
  get incident(): Incident {
    return this.#incident!;
  }

  get root(): number {
    return this.#root;
  }

  /** False in a window in which none of its nodes added anything. */
  get isActive(): boolean {
    return this.#isActive;
  }

  get isCalm(): boolean {
    return this.#calmWindows >= CALM_WINDOWS;
  }

  /** Nodes that are its own: the root and what it explains. */
  get parts(): ReadonlySet<number> {
    return this.#parts;
  }

  /** All nodes under suspicion in it. */
  get nodes(): number[] {
    return [...this.#records.keys()];
  }

  /** Nodes that may have a fault of their own: those it does not explain, and of one set aside all but its root. */
  get rivals(): number[] {
    return this.nodes.filter((node) => node !== this.#root && (this.isSetAside || !this.#parts.has(node)));
  }

  record(node: number): SuspectRecord | undefined {
    return this.#records.get(node);
  }

  /** Looks at a window: does it go on? In a window in which it does, all its suspects are measured. */
  observe(board: EvidenceBoard, endSeconds: number): void {
    this.#isActive = [...this.#core].some((node) => {
      const evidence = board.of(node);
      return evidence?.isSuspicious === true && evidence.lastStep > CALM_STEP_MAX;
    });
    this.#calmWindows = this.#isActive ? 0 : this.#calmWindows + 1;
    if (!this.#isActive) return;
    this.lastActiveSeconds = endSeconds;
    this.#windows++;
    for (const [node, record] of this.#records) record.take(board.of(node)!);
  }

  add(node: number, evidence: NodeEvidence, as: Place): void {
    if (!this.#records.has(node)) this.#records.set(node, new SuspectRecord(evidence, this.#windows));
    if (as.isPart) this.#parts.add(node);
    if (as.isPart && as.isSameOnset) this.#core.add(node);
    if (as.isPart || as.isSameOnset || as.isOnPath) this.#strangers.delete(node);
    else this.#strangers.add(node);
  }

  /** Takes a node out of another incident, with what the twin said of it there. */
  takeOver(node: number, evidence: NodeEvidence, from: OpenIncident): void {
    this.#records.set(node, from.#records.get(node)!.begunAgain(evidence, this.#windows));
    from.remove(node);
  }

  remove(node: number): void {
    this.#records.delete(node);
    this.#parts.delete(node);
    this.#core.delete(node);
    this.#strangers.delete(node);
  }

  /** Nodes worth asking the twin about, the likeliest first. */
  candidates(forecast: Forecast): Candidate[] {
    return candidates(forecast, this.#records);
  }

  /** Becomes an incident, with the likeliest of its nodes as the root; null when none can be named. */
  open(forecast: Forecast, named: (incident: Incident) => Incident): IncidentEvent | null {
    const suspects = rankSuspects(this.candidates(forecast), forecast);
    if (suspects.length === 0) return null;
    this.#setRoot(forecast, suspects[0]!.node);
    this.#incident = named(faultIncident(forecast, suspects, this.onsetSeconds, this.#answer()));
    this.#worstExcess = excessOf(this.#incident.impact);
    return { type: "opened", atSeconds: forecast.observation.endSeconds, incident: this.#incident };
  }

  /** Name of the node that would be its root now; null when none can be named. */
  likeliest(forecast: Forecast): string | null {
    return rankSuspects(this.candidates(forecast), forecast)[0]?.node ?? null;
  }

  /** Goes on with an incident that was resolved a moment ago. */
  reopen(forecast: Forecast, before: Incident): IncidentEvent {
    const suspects = rankSuspects(this.candidates(forecast), forecast);
    this.#setRoot(forecast, suspects[0]!.node);
    this.#incident = { ...before, state: "open", resolvedSeconds: null, suspects };
    this.#worstExcess = excessOf(before.impact);
    return { type: "updated", atSeconds: forecast.observation.endSeconds, incident: this.#incident };
  }

  /** Ranks the suspects anew; returns what people must hear of, null when nothing. */
  rank(forecast: Forecast): IncidentEvent | null {
    const found = this.candidates(forecast);
    // Of a root that nobody visited in this window nothing new is known.
    if (!found.some(({ node }) => node === this.#root)) return null;
    const before = this.incident;
    const isStranger = ({ node }: Candidate): boolean => this.#strangers.has(node);
    const own = found.filter((each) => !isStranger(each));
    const suspects = [...rankSuspects(own, forecast), ...rankSuspects(found.filter(isStranger), forecast)];
    const guilty = suspects[0]!;
    this.#setRoot(forecast, guilty.node);
    const impact = impactOf(forecast, this.#root);
    const isWorse = excessOf(impact) > this.#worstExcess;
    this.#worstExcess = Math.max(this.#worstExcess, excessOf(impact));
    const answer = this.#answer();
    this.#incident = {
      ...before,
      guiltyNode: guilty.node,
      kind: guilty.kind,
      confidence: confidenceOf(suspects),
      suspects,
      ruledOut: ruledOut(forecast, suspects, TrafficWatch.predictedRise(forecast)),
      ...(isWorse
        ? { impact, entryRatePerSecond: forecast.entryRatePerSecond, bottleneck: bottleneckOf(forecast) }
        : {}),
      ...withoutItOf(answer, forecast.observation),
      summary: faultSummary(guilty, isWorse ? impact : before.impact, answer, forecast.observation),
    };
    const isNews = guilty.node !== before.guiltyNode || guilty.kind !== before.kind || isWorse;
    return isNews ? { type: "updated", atSeconds: forecast.observation.endSeconds, incident: this.#incident } : null;
  }

  /** Its end, dated at the end of its first calm window, or now when it goes on. */
  resolve(forecast: Forecast): IncidentEvent {
    const { startSeconds, endSeconds } = forecast.observation;
    const resolvedSeconds = endSeconds - Math.max(0, this.#calmWindows - 1) * (endSeconds - startSeconds);
    const incident: Incident = { ...this.incident, state: "resolved", resolvedSeconds };
    return { type: "resolved", atSeconds: endSeconds, incident };
  }

  snapshot() {
    return {
      onsetSeconds: this.onsetSeconds,
      isSetAside: this.isSetAside,
      lastActiveSeconds: this.lastActiveSeconds,
      records: new Map([...this.#records].map(([node, record]) => [node, record.snapshot()])),
      parts: new Set(this.#parts),
      core: new Set(this.#core),
      strangers: new Set(this.#strangers),
      incident: this.#incident,
      root: this.#root,
      windows: this.#windows,
      calmWindows: this.#calmWindows,
      isActive: this.#isActive,
      worstExcess: this.#worstExcess,
    };
  }

  static restored(state: ReturnType<OpenIncident["snapshot"]>): OpenIncident {
    const open = new OpenIncident(state.onsetSeconds, state.windows, state.lastActiveSeconds);
    open.isSetAside = state.isSetAside;
    for (const [node, record] of state.records) open.#records.set(node, SuspectRecord.restored(record));
    open.#parts = state.parts;
    open.#core = state.core;
    open.#strangers = state.strangers;
    open.#incident = state.incident;
    open.#root = state.root;
    open.#calmWindows = state.calmWindows;
    open.#isActive = state.isActive;
    open.#worstExcess = state.worstExcess;
    return open;
  }

  #answer(): Counterfactual | undefined {
    return this.#records.get(this.#root)?.answer;
  }

  /** A rival that turns out to be the root is a part from then on. */
  #setRoot(forecast: Forecast, name: string): void {
    const root = forecast.observation.topology.nodes.findIndex((node) => node.name === name);
    this.#root = root;
    this.#parts.add(root);
    this.#core.add(root);
  }
}
