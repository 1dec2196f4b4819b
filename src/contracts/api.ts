import type { Incident } from "./incident.ts";

/**
 * JSON of the HTTP API, v1. The page reads these types only. Times are unix seconds of event time, durations seconds.
 * `GET /api/v1/status` → Status · `/map` → ServiceMap · `/incidents?state=&limit=` → IncidentPage ·
 * `/incidents/{id}` → Incident · `/series?node=&operation=&from=&to=` → Series · `/ledger` → LedgerView ·
 * `/model` → ModelView · `/traces/{traceId}` → TraceView · `/stream` → server-sent events of `StreamEvent` ·
 * `/feedback?limit=` → FeedbackPage (and POST of a FeedbackRequest → Feedback) · `/deployments?node=&limit=` →
 * DeploymentPage · `/waits` → WaitsView · `/openapi.json`. Errors are `ApiError` with a 4xx/5xx status.
 */
export type Phase = "waiting" | "learning" | "watching";

export interface ServiceReadiness {
  readonly node: string;
  readonly visitsLearned: number;
  readonly visitsNeeded: number;
  readonly isReady: boolean;
  /** Movement of its mean service time that no deployment explains: 0.2 is a fifth slower. */
  readonly driftShare: number;
  /** True when that is beyond the budget (setting `driftBudget`) and therefore not learned. */
  readonly isDrifting: boolean;
}

/** A new version of a service, as the twin noticed it. */
export interface DeploymentMarker {
  readonly node: string;
  readonly version: string;
  readonly previousVersion: string;
  readonly atSeconds: number;
  /** new and watched: held against the version before; adopted: known by itself; withdrawn: gone before that. */
  readonly state: "new" | "watched" | "adopted" | "withdrawn";
}

export interface DeploymentPage {
  readonly deployments: readonly DeploymentMarker[];
}

/**
 * Why the duration of an operation has nothing to do with work: it receives messages; it ends at a fixed limit (long
 * poll, blocking pop); it is held open while the CPU idles (streaming); it runs at fixed times (batch).
 */
export type WaitReason = "messaging-receive" | "fixed-limit" | "held-open" | "scheduled";

/** An operation that waits on purpose: its durations are no evidence of a fault. */
export interface IntentionalWait {
  readonly node: string;
  readonly operation: string;
  readonly reason: WaitReason;
  /** In words, with the numbers. */
  readonly detail: string;
  /** Visits it was judged by, and all since. */
  readonly visitsJudged: number;
  readonly visitsExcluded: number;
  /** When it was recognised. Unix seconds, event time. */
  readonly sinceSeconds: number;
}

export interface WaitsView {
  readonly waits: readonly IntentionalWait[];
  /** Operations that were judged, and found to be none. */
  readonly workingOperations: number;
}

export interface Status {
  /** waiting: no span yet; learning: the twin is not ready; watching: verdicts are given. */
  readonly phase: Phase;
  readonly mode: "attach" | "replay" | "demo";
  readonly version: string;
  readonly eventTimeSeconds: number | null;
  readonly firstSpanSeconds: number | null;
  readonly spansReceived: number;
  readonly spansPerSecond: number;
  readonly windowsSeen: number;
  readonly windowSeconds: number;
  readonly readyCount: number;
  readonly readiness: readonly ServiceReadiness[];
  /** The latest ones, newest first. */
  readonly deployments: readonly DeploymentMarker[];
  readonly openIncidents: number;
  /** Set while a "traffic, not fault" verdict is in force: the sentence to show. */
  readonly traffic: string | null;
  readonly listening: readonly { readonly protocol: string; readonly address: string }[];
  /** What the demo is doing now ("×2 surge", "fault: slow-code at pricing"); null outside the demo. */
  readonly demoStep: string | null;
}

/** healthy | suspect (evidence gathering) | faulty (named by an open incident) | affected (slow because of another) | traffic | learning | silent */
export type Health = "healthy" | "suspect" | "faulty" | "affected" | "traffic" | "learning" | "silent";

export interface MapNode {
  readonly name: string;
  readonly kind: "service" | "database" | "cache" | "queue" | "external";
  readonly health: Health;
  readonly isReady: boolean;
  readonly instanceCount: number;
  readonly ratePerSecond: number;
  /** null while not identifiable. */
  readonly utilization: number | null;
  readonly observedP95Seconds: number | null;
  readonly predictedP95Seconds: readonly [number, number, number] | null;
  readonly errorShare: number;
  /** Fault probability by the model in the last window. */
  readonly probability: number;
  readonly structures: readonly { readonly discipline: string; readonly serverCount: number | null }[];
}

export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly isAsync: boolean;
  readonly ratePerSecond: number;
  readonly meanSeconds: number | null;
}

export interface ServiceMap {
  readonly atSeconds: number | null;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

export interface IncidentPage {
  readonly incidents: readonly Incident[];
  readonly total: number;
}

/** One window of one node (operation = "") or one entry operation. */
export interface SeriesPoint {
  readonly atSeconds: number;
  readonly ratePerSecond: number;
  readonly observedP50Seconds: number | null;
  readonly observedP95Seconds: number | null;
  readonly predictedP50Seconds: readonly [number, number, number] | null;
  /** 5 %, 50 %, 95 % of the window's p95 over the twin's replicates. */
  readonly predictedP95Seconds: readonly [number, number, number] | null;
  readonly utilization: number | null;
  readonly probability: number;
}

export interface Series {
  readonly node: string;
  readonly operation: string;
  readonly windowSeconds: number;
  readonly points: readonly SeriesPoint[];
}

export interface LedgerView {
  readonly rows: readonly {
    readonly service: string;
    readonly received: number;
    readonly lost: Readonly<Record<string, number>>;
  }[];
}

export interface ModelView {
  readonly name: string;
  readonly backend: string;
  readonly parameterCount: number;
  /** The model card as Markdown. */
  readonly card: string;
  readonly degradedReason: string | null;
}

export interface TraceSpanView {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly isError: boolean;
}

export interface TraceView {
  readonly traceId: string;
  readonly spans: readonly TraceSpanView[];
}

export type StreamEvent =
  | { readonly type: "status"; readonly status: Status }
  | { readonly type: "map"; readonly map: ServiceMap }
  | { readonly type: "incident"; readonly incident: Incident }
  | { readonly type: "window"; readonly atSeconds: number };

export interface ApiError {
  readonly error: string;
}
