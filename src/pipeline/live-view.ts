import type { IntakeHealth } from "../api/live.ts";
import type {
  Health,
  LedgerView,
  MapNode,
  ModelView,
  ServiceMap,
  Status,
  StreamEvent,
  WaitsView,
} from "../contracts/api.ts";
import type { NodeForecast, OperationForecast } from "../contracts/forecast.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Observation } from "../contracts/observation.ts";
import type { Ledger } from "../contracts/telemetry.ts";
import { DeploymentLog } from "./deployment-log.ts";
import { NOT_OPEN } from "./intake-health.ts";
import type { Line, WindowResult } from "./line.ts";
import { mapEdges } from "./map-edges.ts";
import { seenSeconds } from "./seen-seconds.ts";
import type { ToldBefore } from "./told-before.ts";

/** The state of the line as the API shows it. Updated window by window, read at any time. */
export class LiveView {
  readonly #line: Line;
  readonly #ledger: Ledger;
  readonly #model: ModelView;
  readonly #fixed: Pick<Status, "mode" | "version" | "windowSeconds">;
  readonly #told: Pick<ToldBefore, "news"> | undefined;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #deployments = new DeploymentLog();
  #listening: Status["listening"] = [];
  #demoStep: string | null = null;
  #intake: () => IntakeHealth = () => NOT_OPEN;
  #last: WindowResult | null = null;
  #windowsSeen = 0;
  #firstSpanSeconds: number | null = null;
  #spansReceived = 0;
  #spansBefore = 0;
  #spansPerSecond = 0;

  constructor(parts: {
    line: Line;
    ledger: Ledger;
    model: ModelView;
    fixed: Pick<Status, "mode" | "version" | "windowSeconds">;
    told?: Pick<ToldBefore, "news">;
  }) {
    this.#line = parts.line;
    this.#ledger = parts.ledger;
    this.#model = parts.model;
    this.#fixed = parts.fixed;
    this.#told = parts.told;
    parts.line.onWindow((result) => {
      this.#takeWindow(result);
    });
  }

  get windowsSeen(): number {
    return this.#windowsSeen;
  }

  setListening(listening: Status["listening"]): void {
    this.#listening = listening;
  }

  /** From now on telemetry comes in by this door. */
  setIntake(intake: () => IntakeHealth): void {
    this.#intake = intake;
  }

  setDemoStep(step: string): void {
    this.#demoStep = step;
    this.#emit({ type: "status", status: this.status() });
  }

  /** Tells of an incident that changed between two windows. */
  tellIncident(incident: Incident): void {
    this.#emit({ type: "incident", incident });
    this.#emit({ type: "status", status: this.status() });
  }

  countSpans(count: number, firstSpanSeconds: number): void {
    this.#firstSpanSeconds ??= firstSpanSeconds;
    this.#spansReceived += count;
  }

  subscribe(listener: (event: StreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): Status {
    const forecast = this.#last?.scored.forecast;
    const nodes = forecast?.observation.topology.nodes ?? [];
    const readiness = (forecast?.readiness ?? []).map((each) => ({
      node: nodes[each.node]!.name,
      visitsLearned: each.visitsLearned,
      visitsNeeded: each.visitsNeeded,
      isReady: each.isReady,
      driftShare: each.driftShare,
      isDrifting: each.isDrifting,
    }));
    const isWatching = forecast?.isReady === true;
    return {
      phase: this.#spansReceived === 0 ? "waiting" : isWatching ? "watching" : "learning",
      ...this.#fixed,
      eventTimeSeconds: this.#line.observer.eventTimeSeconds,
      firstSpanSeconds: this.#firstSpanSeconds,
      spansReceived: this.#spansReceived,
      spansPerSecond: this.#spansPerSecond,
      windowsSeen: this.#windowsSeen,
      readyCount: readiness.filter((each) => each.isReady).length,
      readiness,
      deployments: this.#deployments.markers,
      openIncidents: this.#line.openIncidents.length,
      traffic: this.#line.detector.openTraffic?.summary ?? null,
      listening: this.#listening,
      demoStep: this.#demoStep,
    };
  }

  map(): ServiceMap {
    const result = this.#last;
    if (result === null) {
      return { atSeconds: null, nodes: [], edges: [] };
    }
    const { forecast } = result.scored;
    return {
      atSeconds: forecast.observation.endSeconds,
      nodes: forecast.observation.topology.nodes.map((_, index) => mapNode(result, index)),
      edges: mapEdges(result),
    };
  }

  ledger(): LedgerView {
    return { rows: this.#ledger.rows().map((row) => ({ ...row, lost: { ...row.lost } })) };
  }

  waits(): WaitsView {
    const { waits, topology } = this.#line;
    return topology === null ? { waits: [], workingOperations: 0 } : waits.view(topology);
  }

  model(): ModelView {
    return this.#model;
  }

  health(): { ready: boolean; detail: string } {
    const status = this.status();
    const learning = `learning, ${status.readyCount} of ${status.readiness.length} ready`;
    const details = { waiting: "no span received yet", learning, watching: "watching" };
    return { ready: status.phase === "watching", detail: details[status.phase] };
  }

  /** What it tells of the last window, and its counts; who listens is not part of it. */
  snapshot() {
    return {
      deployments: this.#deployments.snapshot(),
      last: this.#last === null ? null : { ...this.#last, detector: null },
      windowsSeen: this.#windowsSeen,
      firstSpanSeconds: this.#firstSpanSeconds,
      spansReceived: this.#spansReceived,
      spansBefore: this.#spansBefore,
      spansPerSecond: this.#spansPerSecond,
    };
  }

  restore(state: ReturnType<LiveView["snapshot"]>): void {
    this.#deployments.restore(state.deployments);
    this.#last = state.last === null ? null : { ...state.last, detector: this.#line.detector };
    this.#windowsSeen = state.windowsSeen;
    this.#firstSpanSeconds = state.firstSpanSeconds;
    this.#spansReceived = state.spansReceived;
    this.#spansBefore = state.spansBefore;
    this.#spansPerSecond = state.spansPerSecond;
  }

  intake = (): IntakeHealth => this.#intake();

  #takeWindow(result: WindowResult): void {
    this.#last = result;
    this.#windowsSeen++;
    this.#spansPerSecond = (this.#spansReceived - this.#spansBefore) / this.#fixed.windowSeconds;
    this.#spansBefore = this.#spansReceived;
    this.#deployments.take(result.scored.forecast);
    for (const event of this.#told?.news(result.events) ?? result.events) {
      this.#emit({ type: "incident", incident: event.incident });
    }
    this.#emit({ type: "status", status: this.status() });
    this.#emit({ type: "map", map: this.map() });
    this.#emit({ type: "window", atSeconds: result.scored.forecast.observation.endSeconds });
  }

  #emit(event: StreamEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }
}

function mapNode(result: WindowResult, index: number): MapNode {
  const { forecast } = result.scored;
  const { topology } = forecast.observation;
  const node = topology.nodes[index]!;
  const seen = forecast.nodes.find((each) => each.node === index);
  const score = result.scored.nodes.find((each) => each.node === index);
  const readiness = forecast.readiness.find((each) => each.node === index);
  const isReady = readiness?.isReady === true;
  const slowest = slowestOperation(forecast.operations, topology.operations, index);
  return {
    name: node.name,
    kind: node.kind,
    health: healthOf(result, index, seen, isReady),
    isReady,
    instanceCount: readiness?.instanceCount || topology.instances.filter((each) => each.node === index).length,
    ratePerSecond: seen?.arrivalRatePerSecond ?? visitRate(forecast.observation, index),
    utilization: seen === undefined || Number.isNaN(seen.utilization) ? null : seen.utilization,
    observedP95Seconds: slowest?.observedP95Seconds ?? null,
    predictedP95Seconds: slowest === undefined ? null : finiteBand(slowest.predictedP95Seconds),
    errorShare: Math.max(0, seen?.errorExcess ?? 0),
    probability: score?.probability ?? 0,
    structures: (seen?.structures ?? []).map((each) => ({
      discipline: each.discipline,
      serverCount: Number.isFinite(each.serverCount) ? each.serverCount : null,
    })),
  };
}

function healthOf(result: WindowResult, index: number, seen: NodeForecast | undefined, isReady: boolean): Health {
  const { detector, openIncidents } = result;
  const name = result.scored.forecast.observation.topology.nodes[index]!.name;
  if (openIncidents.some(({ guiltyNode }) => guiltyNode === name)) {
    return "faulty";
  }
  if (!isReady) {
    return "learning";
  }
  if (seen === undefined) {
    return "silent";
  }
  if (detector.suspicion(index) > 0.3) {
    return openIncidents.length === 0 ? "suspect" : "affected";
  }
  if (openIncidents.length > 0 && (seen.sojourn?.z ?? 0) > 4) {
    return "affected";
  }
  return detector.openTraffic?.guiltyNode === name ? "traffic" : "healthy";
}

/** Visits per second, while there is no forecast of the node yet. */
function visitRate(observation: Observation, node: number): number {
  const { visits, topology } = observation;
  const count = visits.operation.filter((operation) => topology.operations[operation]!.node === node).length;
  return count / seenSeconds(observation);
}

/** The node's most visited operation speaks for it on the map. */
function slowestOperation(
  forecasts: readonly OperationForecast[],
  operations: readonly { readonly node: number }[],
  node: number,
): OperationForecast | undefined {
  return forecasts
    .filter((each) => operations[each.operation]!.node === node)
    .sort((a, b) => b.visitCount - a.visitCount || a.operation - b.operation)[0];
}

export function finiteBand(band: readonly [number, number, number]): readonly [number, number, number] | null {
  return band.every((value) => Number.isFinite(value)) ? band : null;
}
