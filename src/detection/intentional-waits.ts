import type { IntentionalWait, WaitsView } from "../contracts/api.ts";
import type { Forecast, NodeForecast } from "../contracts/forecast.ts";
import type { Observation, Topology } from "../contracts/observation.ts";
import {
  endsAtLimit,
  type FoundWait,
  isHeldOpen,
  isScheduled,
  type JudgedOperation,
  type JudgedVisit,
  receivesMessages,
} from "./wait-criteria.ts";

/** Visits an operation is judged by, from no fewer windows than this. */
const VISITS_JUDGED = 30;
const WINDOWS_JUDGED = 3;
const VISITS_PER_WINDOW = VISITS_JUDGED / WINDOWS_JUDGED;
/**
 * So many of them must have come while the twin was learning; or all of them over this time without any suspicion: what
 * goes unsuspected for so long is what the twin knows as normal.
 */
const VISITS_FROM_LEARNING = VISITS_JUDGED / 3;
const UNSUSPECTED_SECONDS = 600;
/** Visits kept of an operation that cannot be judged yet; of more, every other one. */
const VISITS_KEPT = 60;
/** Runs from which a schedule is recognised. */
const RUNS_JUDGED = 8;
/** Operations that are judged; what comes beyond counts as working. */
const OPERATIONS_MAX = 5000;

interface Gathered {
  readonly isFromLearning: boolean;
  readonly firstSeconds: number;
  lastSeconds: number;
  visits: JudgedVisit[];
  learningCount: number;
  windowCount: number;
  sojournSeconds: number;
  cpuSum: number;
  cpuCount: number;
}

interface Wait extends FoundWait {
  readonly visitsJudged: number;
  readonly sinceSeconds: number;
  visitsExcluded: number;
}

/**
 * Recognises operations that wait on purpose, so that their durations are no evidence. Each operation is judged once, by
 * its first visits: it must have been seen while the twin was learning, and have waited from the beginning. What has once
 * been found to work is never called a wait again, so no fault can turn into one. Windows under suspicion are not judged.
 */
export class IntentionalWaits {
  #gathered = new Map<number, Gathered>();
  #working = new Set<number>();
  #waits = new Map<number, Wait>();

  /** Operations that wait. */
  get count(): number {
    return this.#waits.size;
  }

  /** @param phase whether the twin still learns its first windows, and whether anything is under suspicion */
  take(observation: Observation, phase: { readonly isLearning: boolean; readonly isSuspicious: boolean }): void {
    const rows = this.#undecidedRows(observation);
    if (phase.isSuspicious) {
      return;
    }
    for (const [operation, own] of rows) {
      const gathered = this.#gatheredOf(operation, observation, phase.isLearning);
      if (gathered !== null) {
        const before = gathered.visits.length;
        gather(gathered, observation, own);
        gathered.learningCount += phase.isLearning ? gathered.visits.length - before : 0;
        this.#judge(operation, gathered, observation);
      }
    }
  }

  /** The forecast without evidence from how long waits take. Of nodes that also work, their mixture stays evidence. */
  withoutWaits(forecast: Forecast): Forecast {
    if (this.#waits.size === 0) {
      return forecast;
    }
    const { operations } = forecast.observation.topology;
    const working = new Set(operations.filter(({ index }) => !this.#waits.has(index)).map(({ node }) => node));
    return {
      ...forecast,
      nodes: forecast.nodes.map((node) => (working.has(node.node) ? node : withoutDurations(node))),
      operations: forecast.operations.filter(({ operation }) => !this.#waits.has(operation)),
    };
  }

  view(topology: Topology): WaitsView {
    const waits = [...this.#waits].map(([operation, wait]): IntentionalWait => {
      const { name, node } = topology.operations[operation]!;
      const { reason, detail, visitsJudged, visitsExcluded, sinceSeconds } = wait;
      const of = { node: topology.nodes[node]!.name, operation: name };
      return { ...of, reason, detail, visitsJudged, visitsExcluded, sinceSeconds };
    });
    return { waits, workingOperations: this.#working.size };
  }

  snapshot() {
    return {
      gathered: new Map([...this.#gathered].map(([key, each]) => [key, { ...each, visits: [...each.visits] }])),
      working: new Set(this.#working),
      waits: new Map([...this.#waits].map(([operation, wait]) => [operation, { ...wait }])),
    };
  }

  restore({ gathered, working, waits }: ReturnType<IntentionalWaits["snapshot"]>): void {
    this.#gathered = gathered;
    this.#working = working;
    this.#waits = waits;
  }

  /** Rows of operations that are not judged yet; those of waits are counted. */
  #undecidedRows({ visits }: Observation): Map<number, number[]> {
    const undecided = new Map<number, number[]>();
    for (let row = 0; row < visits.count; row++) {
      const operation = visits.operation[row]!;
      const wait = this.#waits.get(operation);
      if (wait !== undefined) {
        wait.visitsExcluded++;
      } else if (!this.#working.has(operation) && visits.isPartial[row] === 0) {
        const rows = undecided.get(operation) ?? [];
        undecided.set(operation, rows);
        rows.push(row);
      }
    }
    return undecided;
  }

  #gatheredOf(operation: number, observation: Observation, isLearning: boolean): Gathered | null {
    let gathered = this.#gathered.get(operation);
    if (gathered === undefined) {
      if (this.#gathered.size >= OPERATIONS_MAX) {
        this.#decide(operation, null);
        return null;
      }
      gathered = {
        isFromLearning: isLearning,
        firstSeconds: observation.startSeconds,
        lastSeconds: observation.endSeconds,
        visits: [],
        learningCount: 0,
        windowCount: 0,
        sojournSeconds: 0,
        cpuSum: 0,
        cpuCount: 0,
      };
      this.#gathered.set(operation, gathered);
    }
    return gathered;
  }

  #judge(operation: number, gathered: Gathered, observation: Observation): void {
    const visitsJudged = gathered.visits.length;
    const isEnough = visitsJudged >= VISITS_JUDGED && gathered.windowCount >= WINDOWS_JUDGED;
    if (visitsJudged < RUNS_JUDGED) {
      return;
    }
    const judged = judgedOperation(operation, gathered, observation.topology);
    // No fault makes a clock, so a schedule may be found later than in the learning time.
    const scheduled = isScheduled(judged);
    const found = scheduled ?? (gathered.isFromLearning ? waitOf(judged) : null);
    if (scheduled === null && (!isEnough || (found !== null && !isLongKnown(gathered)))) {
      gathered.visits = visitsJudged > VISITS_KEPT ? gathered.visits.filter((_, i) => i % 2 === 0) : gathered.visits;
      return;
    }
    const wait = { visitsJudged, sinceSeconds: observation.endSeconds, visitsExcluded: 0 };
    this.#decide(operation, found === null ? null : { ...found, ...wait });
  }

  #decide(operation: number, wait: Wait | null): void {
    this.#gathered.delete(operation);
    if (wait === null) {
      this.#working.add(operation);
    } else {
      this.#waits.set(operation, wait);
    }
  }
}

/** A few visits of a window only, so that one window cannot speak for all. */
function gather(gathered: Gathered, observation: Observation, rows: readonly number[]): void {
  const { visits, endSeconds } = observation;
  gathered.windowCount++;
  gathered.lastSeconds = endSeconds;
  for (const row of rows) {
    gathered.sojournSeconds += visits.sojournSeconds[row]!;
  }
  for (const row of rows.slice(0, VISITS_PER_WINDOW)) {
    gathered.visits.push({
      arrivalSeconds: visits.arrivalSeconds[row]!,
      seconds: visits.sojournSeconds[row]!,
      selfSeconds: visits.selfSeconds[row]!,
      isError: visits.isError[row] === 1,
      isRoot: visits.isRoot[row] === 1,
    });
  }
  const { operations, nodes } = observation.topology;
  const service = nodes[operations[visits.operation[rows[0]!]!]!.node]!.name;
  for (const point of observation.metrics) {
    if (point.name === "process.cpu.utilization" && point.service === service) {
      gathered.cpuSum += point.value;
      gathered.cpuCount++;
    }
  }
}

function waitOf(judged: JudgedOperation): FoundWait | null {
  return receivesMessages(judged) ?? endsAtLimit(judged) ?? isHeldOpen(judged);
}

function isLongKnown({ learningCount, firstSeconds, lastSeconds }: Gathered): boolean {
  return learningCount >= VISITS_FROM_LEARNING || lastSeconds - firstSeconds >= UNSUSPECTED_SECONDS;
}

function judgedOperation(
  operation: number,
  gathered: Gathered,
  { operations, nodes, edges }: Topology,
): JudgedOperation {
  const { name, node } = operations[operation]!;
  const isSentTo = edges.some((edge) => edge.isAsync && edge.calleeOperation === operation);
  return {
    name,
    isMessaging: nodes[node]!.kind === "queue" || isSentTo,
    visits: gathered.visits,
    cpuUtilization: gathered.cpuSum / gathered.cpuCount,
    inFlight: gathered.sojournSeconds / (gathered.lastSeconds - gathered.firstSeconds),
  };
}

/** How long it takes says nothing; that it fails, is not reached or calls others than usual still does. */
function withoutDurations(node: NodeForecast): NodeForecast {
  return {
    ...node,
    service: null,
    sojourn: null,
    gapIn: null,
    gapOut: null,
    gapOutBreadth: 0,
    lag: null,
    instanceSpread: 0,
    worstInstance: -1,
    burstiness: 0,
    excessSecondsPerSecond: 0,
    impactShare: 0,
  };
}
