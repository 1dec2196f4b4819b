import type { DeploymentMarker, SeriesPoint, TraceView } from "./api.ts";
import type { Feedback } from "./feedback.ts";
import type { Incident } from "./incident.ts";

/** A series row to keep: one node (operation = "") or operation in one window. */
export interface SeriesRow {
  readonly node: string;
  readonly operation: string;
  readonly point: SeriesPoint;
}

/** What was kept, as it is asked for. */
export interface StoreReader {
  /** Points with from ≤ atSeconds < to, oldest first. */
  series(query: {
    node: string;
    operation: string;
    fromSeconds: number;
    toSeconds: number;
    limit: number;
  }): Promise<readonly SeriesPoint[]>;
  incident(id: string): Promise<Incident | null>;
  /** Open first, then newest onset first. */
  incidents(query: {
    state?: "open" | "resolved";
    verdict?: "fault" | "traffic";
    limit: number;
  }): Promise<readonly Incident[]>;
  incidentCount(): Promise<number>;
  trace(traceId: string): Promise<TraceView | null>;
  /** The latest first. */
  feedback(query: { limit: number }): Promise<readonly Feedback[]>;
  /** Newest first. */
  deployments(query: { node?: string; limit: number }): Promise<readonly DeploymentMarker[]>;
}

/**
 * Keeps what the line found. One contract suite (`test/contract/store.ts`) holds every implementation to it.
 *
 * What was put is there when its promise is fulfilled. A promise is rejected with a `SourceError` when the store failed,
 * which says whether trying again can help, and with a `RangeError` for a value that no store takes; nothing was written then.
 */
export interface Store extends StoreReader {
  /** Writes all rows of one window at once: all or none. Of a point given twice the last counts. */
  putSeries(rows: readonly SeriesRow[]): Promise<void>;
  /** Inserts, or replaces the incident of the same id. */
  putIncident(incident: Incident): Promise<void>;
  putTrace(trace: TraceView): Promise<void>;
  /** Keeps feedback under the next id and returns it with that; beyond 10,000 the oldest is forgotten. */
  putFeedback(feedback: Omit<Feedback, "id">): Promise<Feedback>;
  /** Inserts, or replaces the marker of the same node, version and time; beyond 1,000 the oldest is forgotten. */
  putDeployment(marker: DeploymentMarker): Promise<void>;
  /** Deletes series older than the given time and traces no incident names; returns rows deleted. */
  retain(olderThanSeconds: number): Promise<number>;
  /** Closing twice is no error. */
  close(): Promise<void>;
}
