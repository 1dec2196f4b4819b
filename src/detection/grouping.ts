import type { Forecast, NodeForecast } from "../contracts/forecast.ts";
import { CallPaths } from "./call-paths.ts";
import type { NodeEvidence } from "./evidence.ts";
import { FLOORS } from "./floors.ts";
import { CALM_STEP_MAX, type OpenIncident, SAME_ONSET_WINDOWS } from "./open-incident.ts";
import type { SuspectRecord } from "./suspect-record.ts";
import { isDown } from "./suspects.ts";

/**
 * How a node under suspicion stands to an open incident. `part`: its root explains it. `rival`: something is wrong with it
 * at the same time, which is either the same, wrongly named, or a fault of its own. `apart`: it began when that one was over.
 */
export type Relation = "part" | "rival" | "apart";

/** Windows after an incident last went on in which what begins may still be its backlog. */
const BACKLOG_WINDOWS = 2;
/** A callee that gets so much more or less than the entries' rates imply suffers from who calls it, log of the ratio. */
const TRAFFIC_SHIFT_MIN = Math.log1p(FLOORS.relative);

/** Guilty windows that a second fault needs: twice those of a first, three times when it began with the first. */
const SECOND_GUILTY_WINDOWS = 4;
const SAME_ONSET_GUILTY_WINDOWS = 6;
/** Mean probability since its onset. Of a first one nothing is asked but the evidence. */
const SECOND_PROBABILITY_MIN = 0.5;
/** Share that it must explain of what all other roots leave unexplained, and of the whole. */
const EXPLAINS_OF_REST = 0.6;
const EXPLAINS_OF_ALL = 0.1;
/**
 * So guilty, for so many windows, on no path of the root, and the share of the rest is not asked: of calls made at the same
 * time none explains much, since a request waits for the slowest.
 */
const CERTAIN_PROBABILITY = 0.9;
const CERTAIN_GUILTY_WINDOWS = 8;

/** Tells of one window which nodes hang together. */
export class Grouping {
  readonly #forecast: Forecast;
  readonly #windowSeconds: number;
  readonly #nodes: ReadonlyMap<number, NodeForecast>;
  readonly #paths: CallPaths;
  readonly #waitedFor: ReadonlySet<number>;

  constructor(forecast: Forecast) {
    const { topology, startSeconds, endSeconds } = forecast.observation;
    this.#forecast = forecast;
    this.#windowSeconds = endSeconds - startSeconds;
    this.#nodes = new Map(forecast.nodes.map((node) => [node.node, node]));
    this.#paths = new CallPaths(topology);
    this.#waitedFor = this.#paths.waitedFor();
  }

  relation(node: number, evidence: NodeEvidence, open: OpenIncident): Relation {
    const isAfter = evidence.onsetSeconds > open.lastActiveSeconds + BACKLOG_WINDOWS * this.#windowSeconds;
    if (isAfter) return "apart";
    if (this.#isExplained(node, open.root)) return "part";
    // Who set an incident aside has not said anything of what it does not explain.
    return open.isSetAside ? "apart" : "rival";
  }

  /** True when it began within a window or two of the incident. */
  isSameOnset(evidence: NodeEvidence, open: OpenIncident): boolean {
    return evidence.onsetSeconds <= open.onsetSeconds + SAME_ONSET_WINDOWS * this.#windowSeconds;
  }

  /** Calls between two nodes on one path; Infinity when there is none. */
  distance(node: number, other: number): number {
    const callers = this.#paths.callersOf(other).get(node) ?? Number.POSITIVE_INFINITY;
    return Math.min(callers, this.#paths.calleesOf(other).get(node) ?? Number.POSITIVE_INFINITY);
  }

  /**
   * True when a node that is in an incident must have a fault of its own: it goes on, looked guilty for long and clearly,
   * and it explains most of what the roots of all open incidents do not. Stronger than what opens a first incident: its
   * rate of false alarms holds while nothing is wrong, and here something is.
   */
  hasProof(node: number, evidence: NodeEvidence, record: SuspectRecord, open: OpenIncident): boolean {
    const windowsMin = this.isSameOnset(evidence, open) ? SAME_ONSET_GUILTY_WINDOWS : SECOND_GUILTY_WINDOWS;
    const { guiltyWindows, meanProbability } = evidence.tally;
    const isClear =
      evidence.isAlarming &&
      evidence.lastStep > CALM_STEP_MAX &&
      guiltyWindows >= windowsMin &&
      meanProbability >= SECOND_PROBABILITY_MIN;
    const isCertain =
      guiltyWindows >= CERTAIN_GUILTY_WINDOWS &&
      meanProbability >= CERTAIN_PROBABILITY &&
      this.distance(node, open.root) === Number.POSITIVE_INFINITY;
    return isClear && (this.#isBeyondLatency(node) || explainsEnough(record, isCertain));
  }

  get forecast(): Forecast {
    return this.#forecast;
  }

  /** A caller waits for the root or sees its failures; a callee gets more or less from it, if it does. */
  #isExplained(node: number, root: number): boolean {
    if (node === root || this.#paths.callersOf(root).has(node)) return true;
    const shift = this.#nodes.get(node)?.arrivalResidual ?? 0;
    return Math.abs(shift) >= TRAFFIC_SHIFT_MIN && this.#paths.calleesOf(root).has(node);
  }

  /** What is down answers at once or never, and what nobody waits for makes no user slower: the twin's shares say nothing. */
  #isBeyondLatency(node: number): boolean {
    const forecast = this.#nodes.get(node);
    return (forecast !== undefined && isDown(forecast)) || !this.#waitedFor.has(node);
  }
}

function explainsEnough({ explainedShare, unexplainedShare }: SuspectRecord, isCertain: boolean): boolean {
  return explainedShare >= EXPLAINS_OF_ALL && (isCertain || explainedShare >= EXPLAINS_OF_REST * unexplainedShare);
}
