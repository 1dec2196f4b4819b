import type { Capacity, Counterfactual, Forecast, MemoryFill } from "../src/contracts/forecast.ts";
import type { Hypothesis } from "../src/contracts/hypothesis.ts";
import type { Observation, Topology } from "../src/contracts/observation.ts";
import { CapacityModel } from "./forecast/capacity.ts";
import { counterfactuals } from "./forecast/counterfactual.ts";
import { forecastDeployments } from "./forecast/deployment-forecast.ts";
import { forecastEdges } from "./forecast/edge-forecast.ts";
import { inFlightAtStart, type JobsByNode } from "./forecast/in-flight.ts";
import { type NetworkVariant, networkVariants } from "./forecast/network-variants.ts";
import { gapBreadth, isBroad } from "./forecast/node-forecast.ts";
import { measureGaps } from "./forecast/node-window.ts";
import { forecastNodes, measureNodes } from "./forecast/nodes-in-window.ts";
import { forecastOperations } from "./forecast/operation-forecast.ts";
import { RecentWindows } from "./forecast/recent-windows.ts";
import { forecastRequests, type RequestTimes } from "./forecast/request-forecast.ts";
import { type SimulatedWindow, simulateWindow } from "./forecast/simulated-window.ts";
import { forecastStations } from "./forecast/station-forecast.ts";
import { pushTo } from "./grouping.ts";
import { diagnose } from "./hypotheses/diagnose.ts";
import type { Knowledge } from "./learning/knowledge.ts";
import { Learner } from "./learning/learner.ts";
import { seenPart } from "./learning/seen-part.ts";
import { entryRates, totalRate } from "./learning/traffic-estimate.ts";
import { type InstanceJobs, jobsByInstance, joinJobs } from "./learning/window-jobs.ts";
import type { BaseTraffic } from "./what-if/base-traffic.ts";
import { type WhatIfModel, whatIfModel } from "./what-if/model.ts";

/** Networks that each hypothesis is tried in; they take turns in replicates, more of them where a window shows little. */
const HYPOTHESIS_VARIANTS = 4;
const HYPOTHESIS_REPLICATES_MAX = 24;
const HYPOTHESIS_VISITS = 6000;

export interface TwinOptions {
  readonly seed: number;
  readonly replicates: number;
  /** Clean windows before it is ready. */
  readonly learningWindows: number;
  /** How far a mean service time may move without a deployment and still be learned, as a share of it; default 0.15. */
  readonly driftBudget?: number;
  /** Event time that a node is learned before it is held to that budget: a start is no drift; default 900 s. */
  readonly driftSettleSeconds?: number;
}

const DRIFT_BUDGET = 0.15;
const DRIFT_SETTLE_SECONDS = 900;

/**
 * The model of the running system: learns from clean windows, says what each new window should have looked like at its
 * own load, and what would have been without a given fault. Pure: everything it knows came in through its methods.
 */
export class Twin {
  readonly #options: TwinOptions;
  readonly #learner: Learner;
  #variants: NetworkVariant[] | null = null;
  readonly #capacity = new CapacityModel();
  #variantsOfKnowledge: Knowledge | null = null;
  #networkSize = 0;
  #window: Observation | null = null;
  #current: Observation | null = null;
  readonly #recent = new RecentWindows();
  #jobsBefore = new Map<number, InstanceJobs>();
  /** Visits of the current window and the one before, by node and instance. */
  #jobs: JobsByNode = new Map();

  constructor(options: TwinOptions) {
    this.#options = options;
    this.#learner = new Learner({ driftBudget: DRIFT_BUDGET, driftSettleSeconds: DRIFT_SETTLE_SECONDS, ...options });
  }

  get isReady(): boolean {
    return this.#learner.isReady;
  }

  /** How full its memory is, and what it had to give up. */
  get memory(): MemoryFill {
    return this.#learner.memory;
  }

  /** Predicts the window and holds it against the prediction. Windows must come in order of time. */
  forecast(window: Observation): Forecast {
    this.#window = window;
    return { ...this.#forecastOf(seenPart(window)), observation: window };
  }

  #forecastOf(observation: Observation): Forecast {
    const isContiguous = this.#current !== null && isNext(this.#current, observation);
    this.#current = observation;
    this.#jobs = this.#jobsOf(observation, isContiguous);
    this.#learner.observe(observation);
    const { knowledge } = this.#learner;
    const traffic = this.#learner.trafficOf(observation);
    const { ratePerSecond: entryRatePerSecond } = totalRate(traffic.entries.values());
    const readiness = this.#learner.readiness(observation);
    if (knowledge === null) {
      return {
        observation,
        isReady: false,
        readiness,
        nodes: [],
        operations: [],
        stations: [],
        edges: [],
        entryRatePerSecond,
        usualEntryRatePerSecond: Number.NaN,
        capacity: null,
        deployments: [],
      };
    }
    const simulated = this.#simulate(observation, knowledge);
    const measured = measureNodes({
      observation,
      knowledge,
      simulated,
      jobs: this.#jobs,
      traffic,
      recent: this.#recent,
      seed: this.#seedOf(observation),
    });
    return {
      observation,
      isReady: this.isReady,
      readiness,
      nodes: forecastNodes({ observation, knowledge, measured, traffic, learned: this.#learner }),
      operations: forecastOperations(observation, knowledge, simulated, traffic),
      stations: forecastStations(simulated),
      edges: forecastEdges(observation, knowledge),
      entryRatePerSecond,
      usualEntryRatePerSecond: knowledge.entryRatePerSecond,
      capacity: this.#capacityAt(entryRates(traffic), observation.topology, knowledge),
      deployments: forecastDeployments(
        this.#learner.watchedVersions,
        (node) => measured.get(node)?.joined,
        observation.topology,
        (node) => this.#learner.discrepanciesOf(node).service,
      ),
    };
  }

  /** Learns from a window known to be clean. */
  learn(forecast: Forecast): void {
    this.#learner.learn({ ...forecast, observation: seenPart(forecast.observation) });
  }

  /** What a node does from this time on (unix seconds, event time) is normal: it is learned as a new version would be. */
  acceptNewNormal(node: number, atSeconds: number): void {
    this.#learner.acceptNewNormal(node, atSeconds);
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
    const { knowledge } = this.#learner;
    return knowledge === null
      ? new Map()
      : forecastRequests(this.#variantsOf(topology, knowledge), requests, countFromSeconds, this.#options.seed);
  }

  /** What a scenario is asked of: all that is known now, at this traffic. Null while nothing is known of any request in it. */
  whatIfModel(traffic: BaseTraffic): WhatIfModel | null {
    const { knowledge } = this.#learner;
    return knowledge === null || this.#current === null
      ? null
      : whatIfModel(knowledge, this.#current.topology, traffic);
  }

  /** What the entry operations' latency in the last forecast window would have been without each suspect. */
  counterfactuals(suspects: readonly number[]): Counterfactual[] {
    const { knowledge } = this.#learner;
    if (knowledge === null || this.#current === null) {
      return [];
    }
    const { outOf } = measureGaps(this.#current, (edge) => knowledge.gaps.get(edge));
    return counterfactuals({
      knowledge,
      window: this.#current,
      jobs: this.#jobs,
      traffic: this.#learner.trafficOf(this.#current),
      suspects,
      ownsGapsOut: (node) => isBroad(gapBreadth(outOf.get(node) ?? new Map())),
      seed: this.#seedOf(this.#current),
    });
  }

  /** What may have made the last forecast window what it was: faults at these nodes, the likeliest first. */
  diagnose(suspects: readonly number[]): Hypothesis[] {
    const { knowledge } = this.#learner;
    const window = this.#current;
    if (knowledge === null || window === null) {
      return [];
    }
    const variants = this.#variantsOf(window.topology, knowledge).slice(0, HYPOTHESIS_VARIANTS);
    const parts = {
      knowledge,
      window,
      jobs: this.#jobs,
      traffic: this.#learner.trafficOf(window),
      variants,
      replicates: replicatesFor(window.visits.count),
      initial: variants.map(({ network }) => inFlightAtStart(window, network, this.#jobs)),
      seed: this.#seedOf(window),
      ratesOf: (node: number) => this.#learner.ratesOf(node),
      discrepancyOf: (node: number) => {
        const { sojourn, gapIn } = this.#learner.discrepanciesOf(node);
        return { own: sojourn.shift, gap: gapIn.shift };
      },
    };
    return diagnose(parts, suspects);
  }

  /** @param awaited windows forecast that may still be learned */
  snapshot(awaited: readonly Observation[]) {
    return {
      learner: this.#learner.snapshot([...awaited, ...(this.#window === null ? [] : [this.#window])]),
      window: this.#window,
      recent: this.#recent.snapshot(),
      capacity: this.#capacity.snapshot(),
      hasVariants: this.#variants !== null && this.#variantsOfKnowledge === this.#learner.knowledge,
      networkSize: this.#networkSize,
    };
  }

  restore(state: ReturnType<Twin["snapshot"]>): void {
    this.#learner.restore(state.learner);
    this.#window = state.window;
    this.#current = state.window === null ? null : seenPart(state.window);
    this.#recent.restore(state.recent);
    const { knowledge } = this.#learner;
    if (this.#current === null || knowledge === null) return;
    this.#jobsBefore = new Map(jobsByInstance(this.#current).map((jobs) => [jobs.instance, jobs]));
    if (state.hasVariants && sizeOf(this.#current.topology) === state.networkSize) {
      // Equal networks to those the limit was found in.
      this.#capacity.know(knowledge, this.#variantsOf(this.#current.topology, knowledge));
    }
    this.#capacity.restore(state.capacity);
  }

  #seedOf(observation: Observation): number {
    return this.#options.seed + observation.windowIndex * 1024;
  }

  #simulate(observation: Observation, knowledge: Knowledge): SimulatedWindow {
    return simulateWindow({
      variants: this.#variantsOf(observation.topology, knowledge),
      window: observation,
      jobs: this.#jobs,
      traffic: this.#learner.trafficOf(observation),
      seed: this.#seedOf(observation),
    });
  }

  #capacityAt(rates: ReadonlyMap<number, number>, topology: Topology, knowledge: Knowledge): Capacity | null {
    const variants = this.#variantsOf(topology, knowledge);
    this.#capacity.know(knowledge, variants);
    return this.#capacity.at(rates);
  }

  #variantsOf(topology: Topology, knowledge: Knowledge): readonly NetworkVariant[] {
    const size = sizeOf(topology);
    if (this.#variants === null || knowledge !== this.#variantsOfKnowledge || size !== this.#networkSize) {
      const { replicates, seed } = this.#options;
      this.#variants = networkVariants(knowledge, topology, { count: replicates, seed });
      this.#variantsOfKnowledge = knowledge;
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
}

/** Between slices of windows there is more than was seen. */
function isNext(before: Observation, after: Observation): boolean {
  const areWhole = before.seen === undefined && after.seen === undefined;
  return areWhole && after.windowIndex - before.windowIndex <= 1;
}

function replicatesFor(visits: number): number {
  const wanted = Math.round(HYPOTHESIS_VISITS / Math.max(1, visits));
  return Math.max(HYPOTHESIS_VARIANTS, Math.min(HYPOTHESIS_REPLICATES_MAX, wanted));
}

function sizeOf({ operations, edges, programs }: Topology): number {
  return operations.length + edges.length + programs.length;
}
