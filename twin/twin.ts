import type { Capacity, Counterfactual, Forecast, NodeForecast, NodeReadiness } from "../src/contracts/forecast.ts";
import type { Observation, Topology } from "../src/contracts/observation.ts";
import { counterfactuals } from "./forecast/counterfactual.ts";
import { type NetworkVariant, networkVariants } from "./forecast/network-variants.ts";
import { forecastNode, gapBreadth, isBroad } from "./forecast/node-forecast.ts";
import { measureGaps, measureNode } from "./forecast/node-window.ts";
import { forecastOperations } from "./forecast/operation-forecast.ts";
import { RecentWindows } from "./forecast/recent-windows.ts";
import { forecastRequests, type RequestTimes } from "./forecast/request-forecast.ts";
import { type SimulatedWindow, simulateWindow } from "./forecast/simulated-window.ts";
import { expectedVisits, reachedLatencySeconds } from "./forecast/traffic.ts";
import { pushTo } from "./grouping.ts";
import { calibrate } from "./learning/calibrate.ts";
import { entriesOf, entryRateOf } from "./learning/entries.ts";
import { History } from "./learning/history.ts";
import type { Knowledge, NodeDiscrepancies, NodeRates } from "./learning/knowledge.ts";
import { learnRates, programShift, windowRates } from "./learning/node-rates.ts";
import { Discrepancy } from "./learning/residual.ts";
import { type InstanceJobs, jobsByInstance, joinJobs } from "./learning/window-jobs.ts";

/** Visits a node must have shown before the twin speaks about it. */
const VISITS_NEEDED = 60;
/** Clean windows between two calibrations, once ready. */
const CALIBRATE_EVERY_WINDOWS = 6;
/** Beyond this times the usual entry rate, predictions rest on the structure alone. */
const EXTRAPOLATION_RATIO = 1.25;

export interface TwinOptions {
  readonly seed: number;
  readonly replicates: number;
  /** Clean windows before it is ready. */
  readonly learningWindows: number;
}

/**
 * The model of the running system: learns from clean windows, says what each new window should have looked like at its
 * own load, and what would have been without a given fault. Pure: everything it knows came in through its methods.
 */
export class Twin {
  readonly #options: TwinOptions;
  readonly #history = new History();
  readonly #rates = new Map<number, NodeRates>();
  readonly #discrepancies = new Map<number, NodeDiscrepancies>();
  #knowledge: Knowledge | null = null;
  #variants: NetworkVariant[] | null = null;
  #networkSize = 0;
  #before: Observation | null = null;
  #current: Observation | null = null;
  readonly #recent = new RecentWindows();
  #jobsBefore = new Map<number, InstanceJobs>();

  constructor(options: TwinOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#knowledge !== null && this.#history.windowCount >= this.#options.learningWindows;
  }

  /** Predicts the window and holds it against the prediction. Windows must come in order of time. */
  forecast(observation: Observation): Forecast {
    const isContiguous = this.#current !== null && observation.windowIndex - this.#current.windowIndex <= 1;
    this.#before = isContiguous ? this.#current : null;
    this.#current = observation;
    const jobs = this.#jobsOf(observation, isContiguous);
    const knowledge = this.#knowledge;
    const entryRatePerSecond = entryRateOf(observation);
    const readiness = this.#readiness(observation);
    if (knowledge === null) {
      return {
        observation,
        isReady: false,
        readiness,
        nodes: [],
        operations: [],
        entryRatePerSecond,
        usualEntryRatePerSecond: Number.NaN,
        capacity: null,
      };
    }
    const simulated = this.#simulate(observation, knowledge);
    const nodes = this.#nodeForecasts(observation, knowledge, jobs, simulated);
    return {
      observation,
      isReady: this.isReady,
      readiness,
      nodes,
      operations: forecastOperations(observation, knowledge, simulated),
      entryRatePerSecond,
      usualEntryRatePerSecond: knowledge.entryRatePerSecond,
      capacity: capacityOf(nodes, entryRatePerSecond),
    };
  }

  /** Learns from a window known to be clean. */
  learn(forecast: Forecast): void {
    const { observation } = forecast;
    this.#history.learn(observation);
    const weight = Math.max(1 / this.#history.windowCount, 0.02);
    for (const [node, rates] of windowRates(observation)) {
      this.#rates.set(node, learnRates(this.#rates.get(node), rates, weight));
    }
    for (const node of forecast.nodes) {
      const discrepancies = this.#discrepanciesOf(node.node);
      discrepancies.service.learn(node.service);
      discrepancies.sojourn.learn(node.sojourn);
      discrepancies.gapIn.learn(node.gapIn);
      discrepancies.gapOut.learn(node.gapOut);
      discrepancies.lag.learn(node.lag);
    }
    if (this.#isTimeToCalibrate()) {
      this.#knowledge = calibrate(this.#history, observation.topology);
      this.#variants = null;
    }
  }

  /**
   * First when half the learning windows are in, so that the other half tells how well such a twin predicts; then when it
   * gets ready, and every few windows from there on.
   */
  #isTimeToCalibrate(): boolean {
    const { windowCount } = this.#history;
    const { learningWindows } = this.#options;
    const sinceReady = windowCount - learningWindows;
    return (
      windowCount === Math.ceil(learningWindows / 2) || (sinceReady >= 0 && sinceReady % CALIBRATE_EVERY_WINDOWS === 0)
    );
  }

  /**
   * Latency of requests that would come at these times, by entry operation: one ascending column a replicate, seconds.
   * Those before `countFromSeconds` only fill the queues. Nothing is known before the first calibration.
   */
  predictRequests(
    topology: Topology,
    requests: RequestTimes,
    countFromSeconds: number,
  ): ReadonlyMap<number, readonly Float64Array[]> {
    return this.#knowledge === null
      ? new Map()
      : forecastRequests(this.#variantsOf(topology, this.#knowledge), requests, countFromSeconds, this.#options.seed);
  }

  /** What the entry operations' latency in the last forecast window would have been without each suspect. */
  counterfactuals(suspects: readonly number[]): Counterfactual[] {
    if (this.#knowledge === null || this.#current === null) {
      return [];
    }
    const knowledge = this.#knowledge;
    const { outOf } = measureGaps(this.#current, (edge) => knowledge.gaps.get(edge));
    return counterfactuals({
      knowledge,
      before: this.#before,
      window: this.#current,
      suspects,
      ownsGapsOut: (node) => isBroad(gapBreadth(outOf.get(node) ?? new Map())),
      seed: this.#seedOf(this.#current),
    });
  }

  #seedOf(observation: Observation): number {
    return this.#options.seed + observation.windowIndex * 1024;
  }

  #simulate(observation: Observation, knowledge: Knowledge): SimulatedWindow {
    return simulateWindow({
      variants: this.#variantsOf(observation.topology, knowledge),
      before: this.#before,
      window: observation,
      seed: this.#seedOf(observation),
    });
  }

  #variantsOf(topology: Topology, knowledge: Knowledge): readonly NetworkVariant[] {
    const size = topology.operations.length + topology.edges.length + topology.programs.length;
    if (this.#variants === null || size !== this.#networkSize) {
      const { replicates, seed } = this.#options;
      this.#variants = networkVariants(knowledge, topology, { count: replicates, seed });
      this.#networkSize = size;
    }
    return this.#variants;
  }

  #jobsOf(observation: Observation, isContiguous: boolean): Map<number, InstanceJobs[]> {
    const byNode = new Map<number, InstanceJobs[]>();
    const jobsNow = new Map<number, InstanceJobs>();
    for (const jobs of jobsByInstance(observation)) {
      jobsNow.set(jobs.instance, jobs);
      const joined = joinJobs(isContiguous ? this.#jobsBefore.get(jobs.instance) : undefined, jobs);
      pushTo(byNode, jobs.node, joined);
    }
    this.#jobsBefore = jobsNow;
    return byNode;
  }

  /** While learning, visits needed are those the missing windows should bring: time is needed as much as visits. */
  #readiness(observation: Observation): NodeReadiness[] {
    const { windowCount } = this.#history;
    const missing = Math.max(1, this.#options.learningWindows / Math.max(1, windowCount));
    return observation.topology.nodes.map((node) => {
      const learned = this.#learnedVisits(observation, node.index);
      const isKnown = (this.#knowledge?.nodes.get(node.index)?.visitCount ?? 0) >= VISITS_NEEDED;
      return {
        node: node.index,
        visitsLearned: learned,
        visitsNeeded: Math.max(VISITS_NEEDED, Math.ceil(learned * missing)),
        isReady: this.isReady && isKnown,
      };
    });
  }

  #learnedVisits(observation: Observation, node: number): number {
    let count = 0;
    for (const [instance, visits] of this.#history.visitsByInstance) {
      count += observation.topology.instances[instance]!.node === node ? visits.length : 0;
    }
    return count;
  }

  #discrepanciesOf(node: number): NodeDiscrepancies {
    let discrepancies = this.#discrepancies.get(node);
    if (discrepancies === undefined) {
      discrepancies = {
        service: new Discrepancy(),
        sojourn: new Discrepancy(),
        gapIn: new Discrepancy(),
        gapOut: new Discrepancy(),
        lag: new Discrepancy(),
      };
      this.#discrepancies.set(node, discrepancies);
    }
    return discrepancies;
  }

  #nodeForecasts(
    observation: Observation,
    knowledge: Knowledge,
    jobs: ReadonlyMap<number, readonly InstanceJobs[]>,
    simulated: SimulatedWindow,
  ): NodeForecast[] {
    const rows = rowsByNode(observation);
    const gaps = measureGaps(observation, (edge) => knowledge.gaps.get(edge));
    const rates = windowRates(observation);
    const entries = entriesOf(observation);
    const isExtrapolating = entryRateOf(observation) > EXTRAPOLATION_RATIO * knowledge.entryRatePerSecond;
    const forecasts: NodeForecast[] = [];
    for (const node of knowledge.nodes.values()) {
      const ownRows = rows.get(node.node) ?? [];
      const now = measureNode({
        node,
        observation,
        rows: ownRows,
        jobs: jobs.get(node.node) ?? [],
        gaps,
        simulated,
        reachedLatencySeconds: reachedLatencySeconds(node, entries, simulated),
      });
      const joined = this.#recent.join(node, observation.windowIndex, now);
      if (node.visitCount < VISITS_NEEDED || (joined.visitCount === 0 && !rates.has(node.node))) {
        continue;
      }
      forecasts.push(
        forecastNode({
          node,
          now,
          joined,
          discrepancies: this.#discrepanciesOf(node.node),
          rates: rates.get(node.node),
          learnedRates: this.#rates.get(node.node),
          programShift: programShift(node, observation, ownRows),
          expectedVisits: expectedVisits(node, entries),
          isExtrapolating,
        }),
      );
    }
    return forecasts;
  }
}

function rowsByNode(observation: Observation): Map<number, number[]> {
  const { visits, topology } = observation;
  const rows = new Map<number, number[]>();
  for (let row = 0; row < visits.count; row++) {
    const node = topology.operations[visits.operation[row]!]!.node;
    pushTo(rows, node, row);
  }
  return rows;
}

/** The busiest identified station, and the entry rate at which it would be busy all the time. */
function capacityOf(nodes: readonly NodeForecast[], entryRatePerSecond: number): Capacity | null {
  let busiest: NodeForecast | null = null;
  for (const node of nodes) {
    if (!Number.isNaN(node.utilization) && node.utilization > (busiest?.utilization ?? 0)) {
      busiest = node;
    }
  }
  if (busiest === null || entryRatePerSecond === 0) {
    return null;
  }
  const saturationRatePerSecond = entryRatePerSecond / busiest.utilization;
  return { node: busiest.node, utilization: busiest.utilization, saturationRatePerSecond };
}
