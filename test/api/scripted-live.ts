import type { Live } from "../../src/api/live.ts";
import type { LedgerView, ModelView, ServiceMap, Status, StreamEvent, WaitsView } from "../../src/contracts/api.ts";

export const aStatus: Status = {
  phase: "learning",
  mode: "attach",
  version: "1.2.3",
  eventTimeSeconds: 1_700_000_100,
  firstSpanSeconds: 1_700_000_000,
  spansReceived: 4321,
  spansPerSecond: 43.2,
  windowsSeen: 20,
  windowSeconds: 5,
  readyCount: 1,
  readiness: [
    { node: "front", visitsLearned: 300, visitsNeeded: 300, isReady: true, driftShare: 0.2, isDrifting: true },
    { node: "cart", visitsLearned: 12, visitsNeeded: 300, isReady: false, driftShare: 0, isDrifting: false },
  ],
  deployments: [{ node: "cart", version: "2.0", previousVersion: "1.9", atSeconds: 1_700_000_050, state: "watched" }],
  openIncidents: 2,
  traffic: "twice the usual load: latency is what the twin predicts",
  listening: [{ protocol: "OTLP/gRPC", address: "127.0.0.1:4317" }],
  demoStep: null,
};

export const aMap: ServiceMap = {
  atSeconds: 1_700_000_095,
  nodes: [
    {
      name: "front",
      kind: "service",
      health: "healthy",
      isReady: true,
      instanceCount: 2,
      ratePerSecond: 20.5,
      utilization: 0.4,
      observedP95Seconds: 0.2,
      predictedP95Seconds: [0.1, 0.2, 0.3],
      errorShare: 0,
      probability: 0.02,
      structures: [
        { discipline: "fifo", serverCount: 4 },
        { discipline: "delay", serverCount: null },
      ],
    },
    {
      name: "cart",
      kind: "service",
      health: "learning",
      isReady: false,
      instanceCount: 1,
      ratePerSecond: 10,
      utilization: null,
      observedP95Seconds: null,
      predictedP95Seconds: null,
      errorShare: 0.1,
      probability: 0,
      structures: [],
    },
  ],
  edges: [
    { from: "front", to: "cart", isAsync: false, ratePerSecond: 10, meanSeconds: 0.01 },
    { from: "cart", to: "front", isAsync: true, ratePerSecond: 1, meanSeconds: null },
  ],
};

const aLedger: LedgerView = {
  rows: [
    { service: "cart", received: 1000, lost: { late: 3, orphan: 1 } },
    { service: "front", received: 3321, lost: { late: 2 } },
  ],
};

const aModel: ModelView = {
  name: "residual-net-1",
  backend: "wasm",
  parameterCount: 1234,
  card: "# Card",
  degradedReason: null,
};

const aWaitsView: WaitsView = {
  waits: [
    {
      node: "cart",
      operation: "GET /changes",
      reason: "fixed-limit",
      detail: "93 % of its visits end within 2 % of 30 s",
      visitsJudged: 30,
      visitsExcluded: 412,
      sinceSeconds: 1_700_000_020,
    },
  ],
  workingOperations: 7,
};

/** A line that says what the test tells it to say. */
export class ScriptedLive implements Live {
  isReady = false;
  /** Why telemetry is not taken in; "" when it is. */
  obstacle = "";
  currentStatus: Status = aStatus;
  readonly #listeners = new Set<(event: StreamEvent) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  emit(event: StreamEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  status = () => this.currentStatus;
  map = () => aMap;
  ledger = () => aLedger;
  model = () => aModel;
  waits = () => aWaitsView;
  health = () => ({ ready: this.isReady, detail: this.isReady ? "verdicts are given" : "1 of 2 services is learned" });
  intake = () => ({ isAccepting: this.obstacle === "", detail: this.obstacle, acknowledgement: "it is on the disk" });

  subscribe(listener: (event: StreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
