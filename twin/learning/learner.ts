import type { Forecast, MemoryFill, NodeReadiness } from "../../src/contracts/forecast.ts";
import type { Observation, Topology } from "../../src/contracts/observation.ts";
import { calibrate } from "./calibrate.ts";
import { callersOf, edgesOf } from "./callers.ts";
import { withWorkOf } from "./drift.ts";
import { Drifts } from "./drifts.ts";
import { Epochs, type WatchedVersion } from "./epochs.ts";
import { History } from "./history.ts";
import { type Knowledge, kept, type NodeDiscrepancies, type NodeKnowledge, type NodeRates } from "./knowledge.ts";
import { LimitEdits } from "./limit-edits.ts";
import { limitationOf } from "./limitation.ts";
import { learnRates, windowRates } from "./node-rates.ts";
import { Presence } from "./presence.ts";
import { RequestCounts } from "./request-counts.ts";
import { SampledLearning } from "./sampled-learning.ts";
import { seenPart } from "./seen-part.ts";
import { estimateTraffic, type TrafficEstimate } from "./traffic-estimate.ts";
import { DiscrepancyTable } from "./wide-discrepancy.ts";

/** Visits a node must have shown before the twin speaks about it, and a version before it is known by itself. */
export const VISITS_NEEDED = 60;
/** Clean windows between two calibrations, once ready. */
const CALIBRATE_EVERY_WINDOWS = 6;
/** Rates of a node follow a clean window by no less than this. */
const RATE_WEIGHT_MIN = 0.02;

/**
 * What the twin knows, kept in step with the system: it follows at once what is told (copies that come and go, versions),
 * learns from clean windows what is not, and refuses to get used to what nobody has explained.
 */
export class Learner {
  readonly #learningWindows: number;
  readonly #history = new History();
  readonly #presence = new Presence();
  readonly #epochs: Epochs;
  readonly #limits: LimitEdits;
  #rates = new Map<number, NodeRates>();
  readonly #discrepancies = new DiscrepancyTable();
  readonly #drifts: Drifts;
  readonly #counts = new RequestCounts();
  readonly #sampled = new SampledLearning();
  /** Of windows observed: when they are learned, the counts have moved on. */
  readonly #traffic = new WeakMap<Observation, TrafficEstimate>();
  /** By node: from when on what it does is its new normal. */
  #anew = new Map<number, number>();
  #knowledge: Knowledge | null = null;
  #nextWindow = 0;

  /**
   * @param options.driftBudget movement of a mean service time that is learned without a deployment, as a share of it
   * @param options.driftSettleSeconds event time that a node is learned before it is held to that
   */
  constructor(options: { learningWindows: number; driftBudget: number; driftSettleSeconds: number }) {
    this.#learningWindows = options.learningWindows;
    this.#drifts = new Drifts(options.driftBudget, options.driftSettleSeconds);
    this.#epochs = new Epochs({ windowsNeeded: options.learningWindows, visitsNeeded: VISITS_NEEDED });
    this.#limits = new LimitEdits(options.learningWindows);
  }

  /** Null before the first calibration. Another object whenever anything in it is another. */
  get knowledge(): Knowledge | null {
    return this.#knowledge;
  }

  get isReady(): boolean {
    return this.#knowledge !== null && this.#history.windowCount >= this.#learningWindows;
  }

  /** How full the memory is, and what it had to give up. */
  get memory(): MemoryFill {
    return this.#history.memory;
  }

  /** Versions under observation in the window last observed. */
  get watchedVersions(): WatchedVersion[] {
    return this.#epochs.watched();
  }

  /** Takes from a window, clean or not, what needs no learning: who is there, as what version, and under which limits. */
  observe(observation: Observation): void {
    this.#nextWindow = observation.windowIndex + 1;
    this.#counts.take(observation.metrics);
    this.#traffic.set(observation, estimateTraffic(observation, this.#counts));
    this.#presence.take(observation);
    const isKnown = (node: number): boolean => (this.#knowledge?.nodes.get(node)?.visitCount ?? 0) >= VISITS_NEEDED;
    for (const name of this.#epochs.observe(observation, isKnown)) {
      this.#history.drop(name);
    }
    if (this.#knowledge !== null) {
      this.#knowledge = kept(this.#limits.edit(this.#presence.edit(this.#knowledge), observation));
    }
    this.#discrepancies.widen((node) => this.#epochs.newness(node));
  }

  /** Learns from a window known to be clean. */
  learn(forecast: Forecast): void {
    const { observation } = forecast;
    const { topology } = observation;
    this.#beginAnew(observation);
    this.#history.learn(observation, (instance) => {
      const { node, version } = topology.instances[instance]!;
      return this.#epochs.placeOf(node, version);
    });
    this.#sampled.learn(observation, this.trafficOf(observation));
    this.#learnRates(observation);
    this.#watchDrift(forecast);
    this.#learnDiscrepancies(forecast);
    const isReplaced = this.#takeOver(observation);
    if (isReplaced || this.#isTimeToCalibrate() || this.#sampled.isBehind) {
      this.#calibrate(topology);
    }
  }

  /** Takes what a node does from a time on for its normal: what was learned before is given up for it, as after a deployment. */
  acceptNewNormal(node: number, atSeconds: number): void {
    this.#anew.set(node, atSeconds);
  }

  /** While learning, visits needed are those the missing windows should bring: time is needed as much as visits. */
  readiness({ topology }: Observation): NodeReadiness[] {
    const missing = Math.max(1, this.#learningWindows / Math.max(1, this.#history.windowCount));
    const learned = new Uint32Array(topology.nodes.length);
    for (const [instance, visits] of this.#history.visitsByInstance) {
      const { node } = topology.instances[instance]!;
      learned[node] = learned[node]! + visits.length;
    }
    return topology.nodes.map(({ index }) => {
      const isKnown = (this.#knowledge?.nodes.get(index)?.visitCount ?? 0) >= VISITS_NEEDED;
      const drift = this.#drifts.get(index);
      return {
        node: index,
        visitsLearned: learned[index]!,
        visitsNeeded: Math.max(VISITS_NEEDED, Math.ceil(learned[index]! * missing)),
        isReady: this.isReady && isKnown,
        ...this.#evidenceOf(index),
        driftShare: drift?.share ?? 0,
        isDrifting: drift?.isDrifting ?? false,
        instanceCount: this.#knowledge?.nodes.get(index)?.instances.length ?? 0,
      };
    });
  }

  /** What came in a window, traces included that were not sampled. */
  trafficOf(observation: Observation): TrafficEstimate {
    return this.#traffic.get(observation) ?? estimateTraffic(observation, this.#counts);
  }

  ratesOf(node: number): NodeRates | undefined {
    return this.#rates.get(node);
  }

  discrepanciesOf(node: number): NodeDiscrepancies {
    return this.#discrepancies.of(node);
  }

  /** @param awaited windows observed that may still be learned */
  snapshot(awaited: readonly Observation[]) {
    const traffic = awaited.flatMap((observation) => {
      const estimate = this.#traffic.get(seenPart(observation));
      return estimate === undefined ? [] : [{ observation, estimate }];
    });
    return {
      history: this.#history.snapshot(),
      presence: this.#presence.snapshot(),
      epochs: this.#epochs.snapshot(),
      limits: this.#limits.snapshot(),
      rates: new Map(this.#rates),
      discrepancies: this.#discrepancies.snapshot(),
      drifts: this.#drifts.snapshot(),
      counts: this.#counts.snapshot(),
      sampled: this.#sampled.snapshot(),
      traffic,
      anew: new Map(this.#anew),
      knowledge: this.#knowledge,
      nextWindow: this.#nextWindow,
    };
  }

  restore(state: ReturnType<Learner["snapshot"]>): void {
    this.#history.restore(state.history);
    this.#presence.restore(state.presence);
    this.#epochs.restore(state.epochs);
    this.#limits.restore(state.limits);
    this.#rates = state.rates;
    this.#discrepancies.restore(state.discrepancies);
    this.#drifts.restore(state.drifts);
    this.#counts.restore(state.counts);
    this.#sampled.restore(state.sampled);
    for (const { observation, estimate } of state.traffic) this.#traffic.set(seenPart(observation), estimate);
    this.#anew = state.anew;
    this.#knowledge = state.knowledge;
    this.#nextWindow = state.nextWindow;
  }

  /** How well the node can be known from what is seen of it. */
  #evidenceOf(node: number): Pick<NodeReadiness, "completeness" | "sampledShare" | "limitation"> {
    const { completeness } = this.#sampled;
    return {
      completeness: completeness.completeness(node),
      sampledShare: completeness.seenShare(node),
      limitation: limitationOf(completeness, node, this.#knowledge?.nodes.get(node)),
    };
  }

  /** Windows come late, but in order: the first of a new normal is learned after all of the old one. */
  #beginAnew({ startSeconds, topology }: Observation): void {
    for (const [node, atSeconds] of this.#anew) {
      if (startSeconds >= atSeconds) {
        this.#anew.delete(node);
        this.#epochs.beginAnew(node, startSeconds);
        this.#history.forgetGaps(edgesOf(node, topology));
        this.#rates.delete(node);
        this.#drifts.get(node)?.forget();
      }
    }
  }

  /** Makes the twin's own what was learned for long enough under a new version or limit. @returns false when nothing was */
  #takeOver(observation: Observation): boolean {
    const adoptions = this.#epochs.learn(observation);
    for (const { node, name, replaces } of adoptions) {
      this.#history.adopt(name, node, replaces);
      this.#limits.release(node);
    }
    const limited = this.#limits.learn(observation, this.#knowledge?.nodes.keys() ?? []);
    for (const { node, fromSeconds } of limited) {
      this.#history.forgetBefore(node, fromSeconds);
    }
    for (const { node } of [...adoptions, ...limited]) {
      this.#drifts.get(node)?.forget();
    }
    return adoptions.length + limited.length > 0;
  }

  #learnRates(observation: Observation): void {
    const weight = Math.max(1 / this.#history.windowCount, RATE_WEIGHT_MIN);
    for (const [node, rates] of windowRates(observation)) {
      this.#rates.set(node, learnRates(this.#rates.get(node), rates, weight));
    }
  }

  #watchDrift(forecast: Forecast): void {
    for (const node of forecast.nodes) {
      const known = this.#knowledge?.nodes.get(node.node);
      if (this.isReady && known !== undefined && !this.#isExplained(node.node)) {
        this.#drifts.of(node.node).take(node, known, forecast);
      }
    }
  }

  /** What a node that is another than was learned does to itself and its callers is no error of the twin. */
  #learnDiscrepancies(forecast: Forecast): void {
    const { nodes, observation } = forecast;
    const changed = new Set(
      nodes.map(({ node }) => node).filter((node) => this.#isExplained(node) || this.#drifts.isDrifting(node)),
    );
    const callers = callersOf(changed, observation.topology);
    for (const node of nodes) {
      const discrepancies = this.discrepanciesOf(node.node);
      const isChanged = changed.has(node.node);
      discrepancies.service.learn(isChanged ? null : node.service);
      discrepancies.sojourn.learn(isChanged || callers.has(node.node) ? null : node.sojourn);
      discrepancies.gapIn.learn(node.gapIn);
      discrepancies.gapOut.learn(node.gapOut);
      discrepancies.lag.learn(node.lag);
    }
  }

  /** True while a deployment or another limit accounts for what has changed at the node. */
  #isExplained(node: number): boolean {
    return this.#epochs.newness(node) > 0 || this.#limits.isHeld(node);
  }

  /**
   * First when half the learning windows are in, so that the other half tells how well such a twin predicts; then when it
   * gets ready, and every few windows from there on.
   */
  #isTimeToCalibrate(): boolean {
    const { windowCount } = this.#history;
    const sinceReady = windowCount - this.#learningWindows;
    return (
      windowCount === Math.ceil(this.#learningWindows / 2) ||
      (sinceReady >= 0 && sinceReady % CALIBRATE_EVERY_WINDOWS === 0)
    );
  }

  #calibrate(topology: Topology): void {
    const calibrated = calibrate(this.#history, topology, this.#sampled);
    const nodes = new Map<number, NodeKnowledge>();
    for (const [node, after] of calibrated.nodes) {
      const before = this.#knowledge?.nodes.get(node);
      const isKept = this.#drifts.isDrifting(node) || this.#limits.isHeld(node);
      nodes.set(node, before !== undefined && isKept ? withWorkOf(before, after) : after);
      if (before !== undefined) {
        this.#drifts.get(node)?.replaced(before, nodes.get(node)!, this.#nextWindow);
      }
    }
    this.#knowledge = kept(this.#presence.edit({ ...calibrated, nodes }));
  }
}
