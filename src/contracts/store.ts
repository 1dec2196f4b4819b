import type { DeploymentMarker, SeriesPoint, TraceView } from "./api.ts";
import type { Feedback } from "./feedback.ts";
import type { Incident } from "./incident.ts";

/** A series row to keep: one node (operation = "") or operation in one window. */
export interface SeriesRow {
  readonly node: string;
  readonly operation: string;
  readonly point: SeriesPoint;
}

/** Keeps what the line found. One contract suite (`test/contract/store.ts`) holds every implementation to it. */
export interface Store {
  /** Writes all rows of one window at once: all or none. */
  putSeries(rows: readonly SeriesRow[]): void;
  /** Points with from ≤ atSeconds < to, oldest first. */
  series(query: {
    node: string;
    operation: string;
    fromSeconds: number;
    toSeconds: number;
    limit: number;
  }): readonly SeriesPoint[];
  /** Inserts, or replaces the incident of the same id. */
  putIncident(incident: Incident): void;
  incident(id: string): Incident | null;
  /** Open first, then newest onset first. */
  incidents(query: { state?: "open" | "resolved"; verdict?: "fault" | "traffic"; limit: number }): readonly Incident[];
  incidentCount(): number;
  putTrace(trace: TraceView): void;
  trace(traceId: string): TraceView | null;
  /** Keeps feedback under the next id and returns it with that; beyond 10,000 the oldest is forgotten. */
  putFeedback(feedback: Omit<Feedback, "id">): Feedback;
  /** The latest first. */
  feedback(query: { limit: number }): readonly Feedback[];
  /** Inserts, or replaces the marker of the same node, version and time; beyond 1,000 the oldest is forgotten. */
  putDeployment(marker: DeploymentMarker): void;
  /** Newest first. */
  deployments(query: { node?: string; limit: number }): readonly DeploymentMarker[];
  /** Deletes series older than the given time and traces no incident names; returns rows deleted. */
  retain(olderThanSeconds: number): number;
  close(): void;
}
