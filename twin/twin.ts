import type { Capacity, Counterfactual, Forecast, NodeForecast, NodeReadiness } from "../src/contracts/forecast.ts";
import type { Observation } from "../src/contracts/observation.ts";
import { calibrate } from "./calibrate.ts";
import { counterfactuals } from "./counterfactual.ts";
import { History } from "./history.ts";
import type { Knowledge, NodeDiscrepancies, NodeKnowledge, NodeRates } from "./knowledge.ts";
import { type BuiltNetwork, buildNetwork, NO_OVERRIDES } from "./network-builder.ts";
import { learnRates, programShift, windowRates } from "./node-rates.ts";
import { gapResiduals, lagResidual, ownsGapsOut, serviceResidual, sojournResidual } from "./node-residuals.ts";
import { forecastOperations } from "./operation-forecast.ts";
import { Discrepancy } from "./residual.ts";
import { simulateWindow } from "./simulated-window.ts";
import { type CompiledNetwork, compileNetwork } from "./simulate.ts";
import { entriesOf, entryRateOf, expectedVisits, impactShare } from "./traffic.ts";
import { type InstanceJobs, jobsByInstance, joinJobs } from "./window-jobs.ts";

/** Visits a node must have shown before the twin speaks about it. */
const VISITS_NEEDED = 60;
/** Clean windows between two calibrations, once ready. */
const CALIBRATE_EVERY_WINDOWS = 6;
/** A utilization above this that is not a number of this world is clipped for display. */
const UTILIZATION_MAX = 2;

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
  #network: BuiltNetwork | null = null;
  #compiled: CompiledNetwork | null = null;
  #networkSize = 0;
  #before: Observation | null = null;
  #current: Observation | null = null;
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
      return { observation, isReady: false, readiness, nodes: [], operations: [], entryRatePerSecond, capacity: null };
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
      this.#network = null;
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
    return windowCount === Math.ceil(learningWindows / 2) || (sinceReady >= 0 && sinceReady % CALIBRATE_EVERY_WINDOWS === 0);
  }

  /** What the entry operations' latency in the last forecast window would have been without each suspect. */
  counterfactuals(suspects: readonly number[]): Counterfactual[] {
    if (this.#knowledge === null || this.#current === null) {
      return [];
    }
    const { breadth } = gapResiduals(this.#current, this.#knowledge);
    return counterfactuals({
      knowledge: this.#knowledge,
      before: this.#before,
      window: this.#current,
      suspects,
      ownsGapsOut: (node) => ownsGapsOut(breadth.get(node)),
      seed: this.#seedOf(this.#current),
    });
  }

  #seedOf(observation: Observation): number {
    return this.#options.seed + observation.windowIndex * 1024;
  }

  #simulate(observation: Observation, knowledge: Knowledge) {
    const { topology } = observation;
    const size = topology.operations.length + topology.edges.length + topology.programs.length;
    if (this.#network === null || this.#compiled === null || size !== this.#networkSize) {
      this.#network = buildNetwork(knowledge, topology, NO_OVERRIDES);
      this.#compiled = compileNetwork(this.#network.spec);
      this.#networkSize = size;
    }
    return simulateWindow({
      network: this.#network,
      compiled: this.#compiled,
      before: this.#before,
      window: observation,
      replicates: this.#options.replicates,
      seed: this.#seedOf(observation),
    });
  }

  #jobsOf(observation: Observation, isContiguous: boolean): Map<number, InstanceJobs[]> {
    const byNode = new Map<number, InstanceJobs[]>();
    const jobsNow = new Map<number, InstanceJobs>();
    for (const jobs of jobsByInstance(observation)) {
      jobsNow.set(jobs.instance, jobs);
      const joined = joinJobs(isContiguous ? this.#jobsBefore.get(jobs.instance) : undefined, jobs);
      byNode.set(jobs.node, [...(byNode.get(jobs.node) ?? []), joined]);
    }
    this.#jobsBefore = jobsNow;
    return byNode;
  }

  #readiness(observation: Observation): NodeReadiness[] {
    return observation.topology.nodes.map((node) => {
      const learned = this.#knowledge?.nodes.get(node.index)?.visitCount ?? this.#learnedVisits(observation, node.index);
      const isKnown = this.#knowledge?.nodes.has(node.index) === true && learned >= VISITS_NEEDED;
      return { node: node.index, visitsLearned: learned, visitsNeeded: VISITS_NEEDED, isReady: this.isReady && isKnown };
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
    jobs: Map<number, InstanceJobs[]>,
    simulated: ReturnType<typeof simulateWindow>,
  ): NodeForecast[] {
    const rows = rowsByNode(observation);
    const gaps = gapResiduals(observation, knowledge);
    const rates = windowRates(observation);
    const entries = entriesOf(observation);
    const windowSeconds = observation.endSeconds - observation.startSeconds;
    const forecasts: NodeForecast[] = [];
    for (const node of knowledge.nodes.values()) {
      if (node.visitCount < VISITS_NEEDED || (!rows.has(node.node) && !rates.has(node.node))) {
        continue;
      }
      forecasts.push(this.#nodeForecast(observation, node, { rows, gaps, rates, entries, jobs, simulated, windowSeconds }));
    }
    return forecasts;
  }

  #nodeForecast(
    observation: Observation,
    node: NodeKnowledge,
    window: {
      rows: Map<number, number[]>;
      gaps: ReturnType<typeof gapResiduals>;
      rates: ReturnType<typeof windowRates>;
      entries: ReadonlyMap<number, number>;
      jobs: Map<number, InstanceJobs[]>;
      simulated: ReturnType<typeof simulateWindow>;
      windowSeconds: number;
    },
  ): NodeForecast {
    const { windowSeconds } = window;
    const rows = window.rows.get(node.node) ?? [];
    const discrepancies = this.#discrepanciesOf(node.node);
    const jobs = window.jobs.get(node.node) ?? [];
    const service = serviceResidual(node, jobs, windowSeconds, discrepancies.service.value);
    const into = window.gaps.into.get(node.node);
    const rates = window.rates.get(node.node);
    const learned = this.#rates.get(node.node);
    const expected = expectedVisits(node, window.entries);
    const breadth = window.gaps.breadth.get(node.node);
    const outOf = window.gaps.outOf.get(node.node);
    // Gaps that are long towards everybody belong to the caller.
    const ownGapSeconds = ownsGapsOut(breadth) ? (outOf?.excessSeconds ?? 0) : 0;
    const excessSeconds = (service?.excessSeconds ?? 0) * windowSeconds + (into?.excessSeconds ?? 0) + ownGapSeconds;
    const excess = (of: "errorShare" | "missingShare" | "resendMean" | "cpuMean"): number =>
      rates === undefined || learned === undefined ? 0 : rates[of] - learned[of];
    return {
      node: node.node,
      visitCount: rows.length,
      arrivalRatePerSecond: rows.length / windowSeconds,
      utilization: Math.min(UTILIZATION_MAX, service?.utilization ?? Number.NaN),
      structures: node.structures.map((each) => each.structure),
      service: service?.residual ?? null,
      sojourn: sojournResidual(node, observation, rows, window.simulated, discrepancies.sojourn.value),
      gapIn: into?.residual(discrepancies.gapIn.value) ?? null,
      gapOut: outOf?.residual(discrepancies.gapOut.value) ?? null,
      gapOutBreadth: breadth?.share ?? 0,
      calleeCount: breadth?.callees ?? 0,
      lag: lagResidual(node, observation, rows, discrepancies),
      instanceSpread: service?.instanceSpread ?? 0,
      worstInstance: service?.worstInstance ?? -1,
      burstiness: service?.burstiness ?? 0,
      errorExcess: excess("errorShare"),
      missingExcess: excess("missingShare"),
      resendExcess: excess("resendMean"),
      programShift: programShift(node, observation, rows),
      arrivalResidual: expected > 0 && rows.length > 0 ? Math.log(rows.length / expected) : 0,
      cpuExcess: excess("cpuMean"),
      excessSecondsPerSecond: excessSeconds / windowSeconds,
      impactShare: impactShare(node, window.entries, window.simulated, {
        seconds: excessSeconds,
        ownExpectedSeconds: rows.length * (service?.residual?.expectedMeanSeconds ?? 0),
      }),
    };
  }
}

function rowsByNode(observation: Observation): Map<number, number[]> {
  const { visits, topology } = observation;
  const rows = new Map<number, number[]>();
  for (let row = 0; row < visits.count; row++) {
    const node = topology.operations[visits.operation[row]!]!.node;
    const list = rows.get(node);
    if (list === undefined) {
      rows.set(node, [row]);
    } else {
      list.push(row);
    }
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
