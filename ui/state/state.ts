import type {
  IncidentPage,
  LedgerView,
  ModelView,
  Series,
  ServiceMap,
  Status,
  StreamEvent,
  TraceView,
} from "../../src/contracts/api.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import type { Graph } from "../layout/layers.ts";
import type { Route } from "./route.ts";

/** What can be asked of the API, by topic. */
export interface Answers {
  readonly status: Status;
  readonly map: ServiceMap;
  readonly incidents: IncidentPage;
  readonly incident: Incident;
  readonly series: Series;
  readonly ledger: LedgerView;
  readonly model: ModelView;
  readonly trace: TraceView;
}

export type Topic = keyof Answers;

/** One thing the page in view needs. `key` stays the same while its range moves on; `path` is what is fetched. */
export interface Need {
  readonly topic: Topic;
  readonly key: string;
  readonly path: string;
  /** Fetch again when this number changes. */
  readonly version: number;
}

/** An answer, the wish for one, or why there is none. A failed refresh keeps the last value beside the error. */
export interface Remote<T> {
  readonly value: T | null;
  readonly error: string | null;
}

/**
 * connecting: nothing heard yet; live: the stream is open; polling: no stream, but the API answers;
 * lost: nothing answers.
 */
export type Connection = "connecting" | "live" | "polling" | "lost";

export type ThemeChoice = "system" | "light" | "dark";

/** Where the pointer or the keyboard points at: a time in a chart or a node of the map. */
export interface Pointed {
  readonly atSeconds: number | null;
  readonly node: string | null;
  /** Where to say something about the node, in pixels of the map's frame. */
  readonly x: number;
  readonly y: number;
}

export interface AppState {
  readonly route: Route;
  readonly connection: Connection;
  /** Attempts since the connection was last good. */
  readonly failedAttempts: number;
  readonly status: Status | null;
  readonly map: ServiceMap | null;
  /** Every node and call ever on the map: places must not move because a call was silent for a window. */
  readonly graph: Graph;
  readonly incidents: readonly Incident[] | null;
  readonly incidentTotal: number;
  /** Answers to what single pages need, by `Need.key`; at most `answerLimit`, the oldest goes first. */
  readonly answers: ReadonlyMap<string, Remote<Answers[Topic]>>;
  readonly theme: ThemeChoice;
  readonly isHelpOpen: boolean;
  readonly pointed: Pointed;
  /** Widths of measured places of the page, in CSS pixels. */
  readonly widths: Readonly<Record<string, number>>;
  /** A short message that goes away by itself ("Copied as Markdown"). */
  readonly notice: string | null;
}

export type Action =
  | { readonly type: "navigated"; readonly route: Route }
  | { readonly type: "answered"; readonly topic: Topic; readonly key: string; readonly value: Answers[Topic] }
  | { readonly type: "failed"; readonly key: string; readonly error: string }
  | { readonly type: "streamed"; readonly event: StreamEvent }
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "theme"; readonly theme: ThemeChoice }
  | { readonly type: "help"; readonly isOpen: boolean }
  | { readonly type: "pointed"; readonly pointed: Partial<Pointed> }
  | { readonly type: "measured"; readonly place: string; readonly width: number }
  | { readonly type: "notice"; readonly notice: string | null };

export type Dispatch = (action: Action) => void;

export const answerLimit = 48;

/** Incidents kept in the page; the API is asked for no more either. */
export const incidentLimit = 500;

export const nowhere: Pointed = { atSeconds: null, node: null, x: 0, y: 0 };

export const initialState = (route: Route, theme: ThemeChoice): AppState => ({
  route,
  connection: "connecting",
  failedAttempts: 0,
  status: null,
  map: null,
  graph: { nodes: [], edges: [] },
  incidents: null,
  incidentTotal: 0,
  answers: new Map(),
  theme,
  isHelpOpen: false,
  pointed: nowhere,
  widths: {},
  notice: null,
});
