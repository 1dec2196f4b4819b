import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { DeploymentMarker, SeriesPoint, TraceView } from "../contracts/api.ts";
import { SettingsError, SourceError } from "../contracts/errors.ts";
import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { SeriesRow, Store } from "../contracts/store.ts";
import { Database, type Statement } from "./database.ts";
import { DEPLOYMENTS_MAX, FEEDBACK_MAX } from "./limits.ts";
import { openSchema } from "./schema.ts";
import { bindSeriesRow, readSeriesPoint, SERIES_COLUMNS } from "./series-rows.ts";
import { boundedTraceJson, DEFAULT_TRACE_BOUND, type TraceBound } from "./trace-bound.ts";

/** Name of the file inside the data directory; its write-ahead log lies beside it. */
export const STORE_FILE_NAME = "spantwin.sqlite";

/**
 * Opens the embedded store in a directory, creating both; ":memory:" keeps it in memory only.
 *
 * Incidents and feedback are on the disk when `putIncident` and `putFeedback` are fulfilled. Series and traces survive a killed process, and a power
 * cut may take those since the last incident. The driver is synchronous: a call does its work before it returns its promise.
 *
 * @throws {SettingsError} naming `dataDirectory` when the directory or file cannot be used, is not ours or is newer.
 */
export function openSqliteStore(options: { dataDirectory: string; traceBound?: TraceBound }): SqliteStore {
  const { dataDirectory } = options;
  const path = storePath(dataDirectory);
  let database: Database | null = null;
  try {
    database = new Database(path);
    openSchema(database, path);
    return new SqliteStore(database, options.traceBound ?? DEFAULT_TRACE_BOUND);
  } catch (error) {
    database?.close();
    throw error instanceof SourceError ? refusal(dataDirectory, "cannot be used", error) : error;
  }
}

function storePath(dataDirectory: string): string {
  if (dataDirectory === ":memory:") return dataDirectory;
  try {
    mkdirSync(dataDirectory, { recursive: true });
  } catch (error) {
    throw refusal(dataDirectory, "cannot be created", error as Error);
  }
  return join(dataDirectory, STORE_FILE_NAME);
}

function refusal(dataDirectory: string, what: string, cause: Error): SettingsError {
  const error = new SettingsError("dataDirectory", dataDirectory, `${what}: ${cause.message}`);
  error.cause = cause;
  return error;
}

interface SeriesName {
  readonly node: string;
  readonly operation: string;
}
/** Sorts before every other. */
const FIRST_SERIES: SeriesName = { node: "", operation: "" };

/** The embedded store: one SQLite file, one writer. Get one from `openSqliteStore`. */
export class SqliteStore implements Store {
  readonly #database: Database;
  readonly #traceBound: TraceBound;
  readonly #statements: ReturnType<typeof prepareAll>;
  #lostTraceSpans = 0;

  constructor(database: Database, traceBound: TraceBound) {
    this.#database = database;
    this.#traceBound = traceBound;
    this.#statements = prepareAll(database);
  }

  /** Spans left out of kept traces because the trace was over its bound, since the store was opened. */
  get lostTraceSpanCount(): number {
    return this.#lostTraceSpans;
  }

  async putSeries(rows: readonly SeriesRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.#database.transaction("relaxed", () => {
      for (const row of rows) this.#statements.putSeries.run(...bindSeriesRow(row));
    });
  }

  async series(query: Parameters<Store["series"]>[0]): Promise<readonly SeriesPoint[]> {
    const { node, operation, fromSeconds, toSeconds, limit } = query;
    const rows = this.#database.read(() =>
      this.#statements.series.all({ node, operation, fromSeconds, toSeconds, limit }),
    );
    return rows.map(readSeriesPoint);
  }

  async putIncident(incident: Incident): Promise<void> {
    const { id, state, verdict, onsetSeconds } = incident;
    const body = JSON.stringify(incident);
    this.#database.transaction("durable", () => {
      this.#statements.putIncident.run({ id, state, verdict, onsetSeconds, body });
    });
  }

  async incident(id: string): Promise<Incident | null> {
    return this.#body<Incident>(this.#statements.incident, id);
  }

  async incidents(query: Parameters<Store["incidents"]>[0]): Promise<readonly Incident[]> {
    const { state = null, verdict = null, limit } = query;
    const rows = this.#database.read(() => this.#statements.incidents.all({ state, verdict, limit }));
    return rows.map((row) => JSON.parse(String(row["body"])) as Incident);
  }

  async incidentCount(): Promise<number> {
    return this.#database.read(() => Number(this.#statements.incidentCount.get()?.["count"]));
  }

  async putTrace(trace: TraceView): Promise<void> {
    const { json: body, lostSpanCount } = boundedTraceJson(trace, this.#traceBound);
    this.#lostTraceSpans += lostSpanCount;
    this.#database.transaction("relaxed", () => {
      this.#statements.putTrace.run({ id: trace.traceId, body });
    });
  }

  async trace(traceId: string): Promise<TraceView | null> {
    return this.#body<TraceView>(this.#statements.trace, traceId);
  }

  async putFeedback(feedback: Omit<Feedback, "id">): Promise<Feedback> {
    return this.#database.transaction("durable", () => {
      const { lastInsertRowid } = this.#statements.putFeedback.run({ body: JSON.stringify(feedback) });
      const id = Number(lastInsertRowid);
      this.#statements.dropFeedback.run({ id: id - FEEDBACK_MAX });
      return { id, ...feedback };
    });
  }

  async feedback({ limit }: { limit: number }): Promise<readonly Feedback[]> {
    const rows = this.#database.read(() => this.#statements.feedback.all({ limit }));
    return rows.map((row) => ({ id: Number(row["id"]), ...(JSON.parse(String(row["body"])) as Omit<Feedback, "id">) }));
  }

  async putDeployment(marker: DeploymentMarker): Promise<void> {
    const { node, version, atSeconds } = marker;
    this.#database.transaction("relaxed", () => {
      this.#statements.putDeployment.run({ node, version, atSeconds, body: JSON.stringify(marker) });
      this.#statements.dropDeployments.run({ most: DEPLOYMENTS_MAX });
    });
  }

  async deployments(query: { node?: string; limit: number }): Promise<readonly DeploymentMarker[]> {
    const { node = null, limit } = query;
    const rows = this.#database.read(() => this.#statements.deployments.all({ node, limit }));
    return rows.map((row) => JSON.parse(String(row["body"])) as DeploymentMarker);
  }

  async retain(olderThanSeconds: number): Promise<number> {
    const { dropSeries, dropTraces } = this.#statements;
    return this.#database.transaction("relaxed", () => {
      let deleted = Number(dropTraces.run().changes);
      // Series by series along the primary key, so that an index on time alone need not be kept.
      for (let series: SeriesName | null = FIRST_SERIES; series !== null; series = this.#seriesAfter(series)) {
        deleted += Number(dropSeries.run({ ...series, olderThanSeconds }).changes);
      }
      return deleted;
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #seriesAfter(series: SeriesName): SeriesName | null {
    const row = this.#statements.nextSeries.get({ ...series });
    return row === undefined ? null : { node: String(row["node"]), operation: String(row["operation"]) };
  }

  #body<Kept>(statement: Statement, id: string): Kept | null {
    const row = this.#database.read(() => statement.get({ id }));
    return row === undefined ? null : (JSON.parse(String(row["body"])) as Kept);
  }
}

function prepareAll(database: Database) {
  const columns = SERIES_COLUMNS.join(", ");
  const places = SERIES_COLUMNS.map(() => "?").join(", ");
  return {
    putSeries: database.prepare(`INSERT OR REPLACE INTO series (${columns}) VALUES (${places})`),
    series: database.prepare(
      `SELECT ${columns} FROM series
       WHERE node = :node AND operation = :operation AND at >= :fromSeconds AND at < :toSeconds ORDER BY at LIMIT :limit`,
    ),
    nextSeries: database.prepare(
      "SELECT node, operation FROM series WHERE (node, operation) > (:node, :operation) ORDER BY node, operation LIMIT 1",
    ),
    dropSeries: database.prepare(
      "DELETE FROM series WHERE node = :node AND operation = :operation AND at < :olderThanSeconds",
    ),
    putIncident: database.prepare(
      "INSERT OR REPLACE INTO incident (id, state, verdict, onset, body) VALUES (:id, :state, :verdict, :onsetSeconds, :body)",
    ),
    incident: database.prepare("SELECT body FROM incident WHERE id = :id"),
    // "open" sorts before "resolved".
    incidents: database.prepare(
      `SELECT body FROM incident
       WHERE (:state IS NULL OR state = :state) AND (:verdict IS NULL OR verdict = :verdict)
       ORDER BY state, onset DESC, id LIMIT :limit`,
    ),
    incidentCount: database.prepare("SELECT count(*) AS count FROM incident"),
    putFeedback: database.prepare("INSERT INTO feedback (body) VALUES (:body)"),
    feedback: database.prepare("SELECT id, body FROM feedback ORDER BY id DESC LIMIT :limit"),
    dropFeedback: database.prepare("DELETE FROM feedback WHERE id <= :id"),
    putDeployment: database.prepare(
      "INSERT OR REPLACE INTO deployment (node, version, at, body) VALUES (:node, :version, :atSeconds, :body)",
    ),
    deployments: database.prepare(
      "SELECT body FROM deployment WHERE (:node IS NULL OR node = :node) ORDER BY at DESC, node, version LIMIT :limit",
    ),
    dropDeployments: database.prepare(
      `DELETE FROM deployment WHERE (node, version, at) IN
       (SELECT node, version, at FROM deployment ORDER BY at DESC, node, version LIMIT -1 OFFSET :most)`,
    ),
    putTrace: database.prepare("INSERT OR REPLACE INTO trace (id, body) VALUES (:id, :body)"),
    trace: database.prepare("SELECT body FROM trace WHERE id = :id"),
    dropTraces: database.prepare(
      "DELETE FROM trace WHERE id NOT IN (SELECT named.value FROM incident, json_each(incident.body, '$.evidenceTraceIds') AS named)",
    ),
  };
}
