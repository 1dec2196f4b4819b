import type { NodeForecast } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import { entriesOf } from "../learning/entries.ts";
import type { Knowledge, NodeDiscrepancies, NodeKnowledge, NodeRates } from "../learning/knowledge.ts";
import { VISITS_NEEDED } from "../learning/learner.ts";
import { programShift, windowRates } from "../learning/node-rates.ts";
import { type TrafficEstimate, totalRate } from "../learning/traffic-estimate.ts";
import type { JobsByNode } from "./in-flight.ts";
import { forecastNode } from "./node-forecast.ts";
import { measureGaps, measureNode, type NodeWindow } from "./node-window.ts";
import type { RecentWindows } from "./recent-windows.ts";
import type { SimulatedWindow } from "./simulated-window.ts";
import { expectedVisits, reachedLatencySeconds } from "./traffic.ts";

/** Beyond this times the usual entry rate, predictions rest on the structure alone. */
const EXTRAPOLATION_RATIO = 1.25;

/** What a window shows of a node. */
export interface MeasuredNode {
  readonly node: NodeKnowledge;
  /** Rows of the window's visits. */
  readonly rows: readonly number[];
  readonly now: NodeWindow;
  /** With earlier windows where this one alone is too thin. */
  readonly joined: NodeWindow;
}

/** Sums up what a window shows of every node that is known, by node. */
export function measureNodes(parts: {
  readonly observation: Observation;
  readonly knowledge: Knowledge;
  readonly simulated: SimulatedWindow;
  readonly jobs: JobsByNode;
  readonly traffic: TrafficEstimate;
  readonly recent: RecentWindows;
  readonly seed: number;
}): Map<number, MeasuredNode> {
  const { observation, knowledge, simulated, traffic, seed } = parts;
  const rowsOf = rowsByNode(observation);
  const gaps = measureGaps(observation, (edge) => knowledge.gaps.get(edge));
  const entries = entriesOf(observation);
  const isExtrapolating = isBeyondUsual(traffic, knowledge);
  const measured = new Map<number, MeasuredNode>();
  for (const node of knowledge.nodes.values()) {
    const rows = rowsOf.get(node.node) ?? [];
    const now = measureNode({
      node,
      observation,
      rows,
      jobs: parts.jobs.get(node.node) ?? [],
      gaps,
      simulated,
      reachedLatencySeconds: reachedLatencySeconds(node, entries, simulated),
      traffic,
      seed,
      isExtrapolating,
    });
    measured.set(node.node, { node, rows, now, joined: parts.recent.join(node, observation.windowIndex, now) });
  }
  return measured;
}

/** What is learned of a node beside its visits. */
export interface Learned {
  discrepanciesOf(node: number): NodeDiscrepancies;
  ratesOf(node: number): NodeRates | undefined;
}

/** The residuals of every node that is known well enough and was visited or called. */
export function forecastNodes(parts: {
  readonly observation: Observation;
  readonly knowledge: Knowledge;
  readonly measured: ReadonlyMap<number, MeasuredNode>;
  readonly traffic: TrafficEstimate;
  readonly learned: Learned;
}): NodeForecast[] {
  const { observation, traffic, learned } = parts;
  const rates = windowRates(observation);
  const entries = entriesOf(observation);
  const isExtrapolating = isBeyondUsual(traffic, parts.knowledge);
  const forecasts: NodeForecast[] = [];
  for (const { node, rows, now, joined } of parts.measured.values()) {
    if (node.visitCount < VISITS_NEEDED || (joined.visitCount === 0 && !rates.has(node.node))) {
      continue;
    }
    forecasts.push(
      forecastNode({
        node,
        now,
        joined,
        discrepancies: learned.discrepanciesOf(node.node),
        rates: rates.get(node.node),
        learnedRates: learned.ratesOf(node.node),
        programShift: programShift(node, observation, rows),
        expectedVisits: expectedVisits(node, entries),
        isExtrapolating,
        arrivalRatePerSecond: arrivalRate(node, traffic),
      }),
    );
  }
  return forecasts;
}

/** More load than was learned from: what that load could not tell apart is open again. */
function isBeyondUsual(traffic: TrafficEstimate, knowledge: Knowledge): boolean {
  return totalRate(traffic.entries.values()).ratePerSecond > EXTRAPOLATION_RATIO * knowledge.entryRatePerSecond;
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

/** Visits of a node per second. */
function arrivalRate({ operations }: NodeKnowledge, traffic: TrafficEstimate): number {
  return totalRate([...operations.keys()].flatMap((operation) => traffic.visits.get(operation) ?? [])).ratePerSecond;
}
