import type { Forecast } from "../contracts/forecast.ts";
import type { IncidentEvent } from "../contracts/incident.ts";
import type { NodeEvidence } from "./evidence.ts";
import type { EvidenceBoard } from "./evidence-board.ts";
import type { Grouping } from "./grouping.ts";
import { IncidentArchive } from "./incident-archive.ts";
import { CALM_STEP_MAX, OpenIncident } from "./open-incident.ts";
import { Patience } from "./patience.ts";
import type { Questions } from "./questions.ts";

/** Guilty windows of a node before an incident opens: one may be a glitch. */
const GUILTY_WINDOWS_MIN = 2;
/** More faults at one time than this are one disaster: what else goes wrong is counted, not told one by one. */
const OPEN_MAX = 5;

/** All incidents that are open. A node is in one of them at most, so no two have the same root. */
export class OpenIncidents {
  /** Nodes that had evidence enough for an incident of their own while as many were open as can be. */
  crowdedOutCount = 0;
  readonly #board: EvidenceBoard;
  readonly #archive = new IncidentArchive();
  readonly #patience = new Patience();
  #open: OpenIncident[] = [];
  /** Those that are crowded out now. */
  #crowdedOut = new Set<number>();

  constructor(board: EvidenceBoard) {
    this.#board = board;
  }

  /** In the order in which they opened; those set aside by feedback are among them. */
  get all(): readonly OpenIncident[] {
    return this.#open;
  }

  /** Nodes of the incidents that are set aside. */
  setAsideNodes(): Set<number> {
    return new Set(this.#open.filter((each) => each.isSetAside).flatMap((each) => [...each.parts]));
  }

  /** Looks at every open incident and ends those that are over. */
  end(forecast: Forecast): IncidentEvent[] {
    const { startSeconds, endSeconds } = forecast.observation;
    if (this.#open.length === 0) this.#patience.know(endSeconds - startSeconds);
    else this.#board.forgetLatelyCalm();
    const events: IncidentEvent[] = [];
    for (const open of this.#open) {
      const isNormal = this.#patience.isOut(endSeconds - open.incident.openedSeconds);
      open.observe(this.#board, endSeconds);
      if (!isNormal && !open.isCalm) continue;
      this.#open = this.#open.filter((each) => each !== open);
      this.#release(open, isNormal);
      const event = open.resolve(forecast);
      this.#archive.putAway(event.incident);
      events.push(event);
    }
    return events;
  }

  /** Gives every node under suspicion its place, ranks, and opens what has proof. */
  follow(grouping: Grouping, questions: Questions): IncidentEvent[] {
    this.#crowdedOut = new Set([...this.#crowdedOut].filter((node) => this.#board.of(node)!.isAlarming));
    const free = this.#place(grouping);
    this.#ask(grouping, questions);
    const ranked = this.#open.filter((each) => each.isActive).map((each) => each.rank(grouping.forecast));
    const events = [...ranked, this.#separate(grouping), this.#openFree(free, grouping, questions)];
    return events.filter((each) => each !== null);
  }

  setAside(id: string): void {
    const open = this.#open.find(({ incident }) => incident.id === id);
    if (open === undefined) return;
    open.isSetAside = true;
    for (const node of open.nodes) {
      if (open.parts.has(node)) this.#board.of(node)?.forget();
      if (node !== open.root) open.remove(node);
    }
  }

  readmit(id: string): void {
    const open = this.#open.find(({ incident }) => incident.id === id);
    if (open !== undefined) open.isSetAside = false;
  }

  snapshot() {
    return {
      crowdedOutCount: this.crowdedOutCount,
      archive: this.#archive.snapshot(),
      patience: this.#patience.snapshot(),
      open: this.#open.map((each) => each.snapshot()),
      crowdedOut: new Set(this.#crowdedOut),
    };
  }

  restore(state: ReturnType<OpenIncidents["snapshot"]>): void {
    this.crowdedOutCount = state.crowdedOutCount;
    this.#archive.restore(state.archive);
    this.#patience.restore(state.patience);
    this.#open = state.open.map((each) => OpenIncident.restored(each));
    this.#crowdedOut = state.crowdedOut;
  }

  /**
   * What was suspected while it went on was its doing, or cannot be told from it. What began since stands for itself, and so
   * does what it does not explain and goes on without it.
   */
  #release(open: OpenIncident, isNormal: boolean): void {
    for (const node of open.nodes) {
      const evidence = this.#board.of(node)!;
      if (isNormal) evidence.acceptAsNormal();
      const isSince = evidence.onsetSeconds > open.lastActiveSeconds;
      const goesOn = !open.parts.has(node) && evidence.lastStep > CALM_STEP_MAX;
      if (isNormal || !(isSince || goesOn)) evidence.forget();
    }
  }

  /** Returns the nodes that no open incident has to do with. */
  #place(grouping: Grouping): Map<number, NodeEvidence> {
    const free = new Map<number, NodeEvidence>();
    for (const [node, evidence] of this.#board.suspects()) {
      const owner = this.#open.find((each) => each.record(node) !== undefined);
      const among = owner === undefined ? this.#open : [owner];
      const place = nearest(among, node, evidence, grouping);
      if (place !== null) add(place.open, node, evidence, place.isPart, grouping);
      else if (owner === undefined) free.set(node, evidence);
    }
    return free;
  }

  #ask(grouping: Grouping, questions: Questions): void {
    const active = this.#open.filter((each) => each.isActive);
    const wanted = active.map((each) => each.root);
    for (const each of active) wanted.push(...each.candidates(grouping.forecast).map(({ node }) => node));
    // Of the others only those that may be about to prove a fault of their own.
    const isWanted = (node: number): boolean => {
      const { isAlarming, lastGuilt } = this.#board.of(node)!;
      return isAlarming && lastGuilt !== null;
    };
    for (const each of this.#open) wanted.push(...each.rivals.filter(isWanted));
    questions.ask(wanted);
    for (const each of this.#open) {
      for (const node of each.isActive ? each.nodes : each.rivals) {
        this.#explain(each, node, questions);
        each.record(node)?.diagnose(questions.hypotheses(node));
      }
    }
  }

  /** Tells the record of a node what the twin said of it, and what the roots of all incidents but itself leave to it. */
  #explain(open: OpenIncident, node: number, questions: Questions): void {
    const answer = questions.answer(node);
    const others = this.#open.map((each) => each.root).filter((root) => root !== node);
    if (answer !== undefined) open.record(node)?.explain(answer, questions.unexplainedBy(others));
  }

  /** Opens the incident of a node that is in another, but has proof of its own: one a window, with what hangs together with it. */
  #separate(grouping: Grouping): IncidentEvent | null {
    for (const from of this.#open) {
      const [proven] = from.rivals
        .filter((node) => grouping.hasProof(node, this.#board.of(node)!, from.record(node)!, from))
        .filter((node) => !this.#isFull(node));
      if (proven === undefined) continue;
      const own = this.#made(this.#board.of(proven)!.onsetSeconds, grouping.forecast);
      for (const node of from.rivals)
        if (node === proven || Number.isFinite(grouping.distance(node, proven)))
          own.takeOver(node, this.#board.of(node)!, from);
      return this.#opened(own, grouping);
    }
    return null;
  }

  /** Opens the incident of the likeliest of the free nodes, when one of them has evidence enough. */
  #openFree(free: ReadonlyMap<number, NodeEvidence>, grouping: Grouping, questions: Questions): IncidentEvent | null {
    this.#diagnose(free, questions);
    const alarming = [...free].filter(([, each]) => each.isAlarming && each.tally.guiltyWindows >= GUILTY_WINDOWS_MIN);
    if (alarming.length === 0 || alarming.filter(([node]) => this.#isFull(node)).length > 0) return null;
    const own = this.#made(Math.min(...alarming.map(([, each]) => each.onsetSeconds)), grouping.forecast);
    const unplaced = { isPart: false, isSameOnset: true, isOnPath: false };
    for (const [node, evidence] of free) own.add(node, evidence, unplaced);
    questions.ask(own.candidates(grouping.forecast).map(({ node }) => node));
    for (const node of own.nodes) this.#explain(own, node, questions);
    return this.#opened(own, grouping);
  }

  /** Looks for the faults of nodes under suspicion before any incident is open: one window alone says little of few visits. */
  #diagnose(free: ReadonlyMap<number, NodeEvidence>, questions: Questions): void {
    const suspicious = [...free].filter(([, evidence]) => evidence.isSuspicious && evidence.lastGuilt !== null);
    questions.ask(suspicious.map(([node]) => node));
    for (const [node, evidence] of suspicious) evidence.diagnose(questions.hypotheses(node));
  }

  #made(onsetSeconds: number, { observation }: Forecast): OpenIncident {
    const { startSeconds, endSeconds } = observation;
    const windows = Math.round((endSeconds - onsetSeconds) / (endSeconds - startSeconds));
    return new OpenIncident(onsetSeconds, windows, endSeconds);
  }

  #opened(own: OpenIncident, grouping: Grouping): IncidentEvent | null {
    const { forecast } = grouping;
    const guilty = own.likeliest(forecast);
    if (guilty === null) return null;
    const before = this.#archive.takeBack(guilty, forecast.observation.endSeconds);
    const event =
      before === null ? own.open(forecast, (incident) => this.#archive.named(incident)) : own.reopen(forecast, before);
    this.#open = [...this.#open, own];
    this.#board.forgetLatelyCalm();
    this.#gatherAround(own, grouping);
    return event;
  }

  /** What its root explains comes to it: of its own suspects, and of those that are only rivals in other incidents. */
  #gatherAround(own: OpenIncident, grouping: Grouping): void {
    for (const [node, evidence] of this.#board.suspects()) {
      const other = this.#open.find((each) => each !== own && each.record(node) !== undefined);
      const isTaken = other !== undefined && (other.parts.has(node) || other.root === node);
      const isFree = other === undefined && own.record(node) === undefined;
      if (isTaken || isFree || grouping.relation(node, evidence, own) !== "part") continue;
      other?.remove(node);
      add(own, node, evidence, true, grouping);
    }
  }

  /** Counts the node when there is no room for an incident of it. */
  #isFull(node: number): boolean {
    if (this.#open.filter((each) => !each.isSetAside).length < OPEN_MAX) return false;
    if (!this.#crowdedOut.has(node)) this.crowdedOutCount++;
    this.#crowdedOut.add(node);
    return true;
  }
}

function add(open: OpenIncident, node: number, evidence: NodeEvidence, isPart: boolean, grouping: Grouping): void {
  const isOnPath = Number.isFinite(grouping.distance(node, open.root));
  open.add(node, evidence, { isPart, isSameOnset: grouping.isSameOnset(evidence, open), isOnPath });
}

/** The incident that explains the node, the nearest root first; else the one that began at about the same time. */
function nearest(
  all: readonly OpenIncident[],
  node: number,
  evidence: NodeEvidence,
  grouping: Grouping,
): { readonly open: OpenIncident; readonly isPart: boolean } | null {
  const related = all
    .map((open) => ({
      open,
      relation: grouping.relation(node, evidence, open),
      distance: grouping.distance(node, open.root),
      timeSeconds: Math.abs(evidence.onsetSeconds - open.onsetSeconds),
    }))
    .filter(({ relation }) => relation !== "apart");
  const parts = related.filter(({ relation }) => relation === "part");
  const [best] = parts.length > 0 ? parts.sort(byDistance) : related.sort((a, b) => a.timeSeconds - b.timeSeconds);
  return best === undefined ? null : { open: best.open, isPart: best.relation === "part" };
}

interface Nearness {
  readonly distance: number;
  readonly timeSeconds: number;
}

function byDistance(a: Nearness, b: Nearness): number {
  return a.distance - b.distance || a.timeSeconds - b.timeSeconds;
}
