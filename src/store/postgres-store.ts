import type { DeploymentMarker, SeriesPoint, TraceView } from "../contracts/api.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { PostgresAddress } from "../contracts/settings.ts";
import type { SeriesRow, Store } from "../contracts/store.ts";
import { isUsersMistake, PostgresPool, type Row } from "./postgres-pool.ts";
import { openPostgresSchema } from "./postgres-schema.ts";
import { STATEMENTS } from "./postgres-statements.ts";
import { bindSeriesRow, readSeriesPoint, SERIES_COLUMNS } from "./series-rows.ts";
import { boundedTraceJson, DEFAULT_TRACE_BOUND, type TraceBound } from "./trace-bound.ts";

/** Rows deleted by one statement, so that none runs into its time limit. */
const RETAIN_ROWS = 20_000;

/**
 * Opens the store in a database of PostgreSQL, and creates or renews its tables in the schema `spantwin`.
 *
 * @throws {SettingsError} naming `storeUrl` for a login, database or right that is not there, or tables of a newer version
 * @throws {SourceError} when the server does not answer
 */
export async function openPostgresStore(
  address: PostgresAddress,
  options: { traceBound?: TraceBound } = {},
): Promise<PostgresStore> {
  const shown = `postgres://${address.host}:${address.port}/${address.database}`;
  const pool = new PostgresPool(address);
  try {
    await openPostgresSchema(pool, shown);
    return new PostgresStore(pool, options.traceBound ?? DEFAULT_TRACE_BOUND);
  } catch (error) {
    await pool.close();
    if (!isUsersMistake(error)) throw error;
    const refusal = new SettingsError("storeUrl", shown, `cannot be used: ${(error as Error).message}`);
    refusal.cause = error;
    throw refusal;
  }
}

/** The store for several processes: one database, many writers. Get one from `openPostgresStore`. */
export class PostgresStore implements Store {
  readonly #pool: PostgresPool;
  readonly #traceBound: TraceBound;

  constructor(pool: PostgresPool, traceBound: TraceBound) {
    this.#pool = pool;
    this.#traceBound = traceBound;
  }

  async putSeries(rows: readonly SeriesRow[]): Promise<void> {
    if (rows.length === 0) return;
    // One statement may not touch a row twice, so of a point given twice only the last goes along.
    const last = new Map(rows.map((row) => [JSON.stringify([row.node, row.operation, row.point.atSeconds]), row]));
    const bound = [...last.values()].map(bindSeriesRow);
    const columns = SERIES_COLUMNS.map((_, column) => bound.map((cells) => keepable(cells[column])));
    await this.#pool.ask(STATEMENTS.putSeries, columns);
  }

  async series(query: Parameters<Store["series"]>[0]): Promise<readonly SeriesPoint[]> {
    const { node, operation, fromSeconds, toSeconds, limit } = query;
    const values = [keepable(node), keepable(operation), fromSeconds, toSeconds, limit];
    return (await this.#pool.ask(STATEMENTS.series, values)).map(readSeriesPoint);
  }

  async putIncident(incident: Incident): Promise<void> {
    const { id, state, verdict, onsetSeconds, evidenceTraceIds } = incident;
    const body = JSON.stringify(incident);
    await this.#pool.ask(STATEMENTS.putIncident, [keepable(id), state, verdict, onsetSeconds, evidenceTraceIds, body]);
  }

  async incident(id: string): Promise<Incident | null> {
    return bodyOf<Incident>(await this.#pool.ask(STATEMENTS.incident, [keepable(id)]));
  }

  async incidents(query: Parameters<Store["incidents"]>[0]): Promise<readonly Incident[]> {
    const { state = null, verdict = null, limit } = query;
    const rows = await this.#pool.ask(STATEMENTS.incidents, [state, verdict, limit]);
    return rows.map((row) => row["body"] as Incident);
  }

  async incidentCount(): Promise<number> {
    return Number((await this.#pool.ask(STATEMENTS.incidentCount, []))[0]?.["count"]);
  }

  async putTrace(trace: TraceView): Promise<void> {
    const { json } = boundedTraceJson(trace, this.#traceBound);
    await this.#pool.ask(STATEMENTS.putTrace, [trace.traceId, json]);
  }

  async trace(traceId: string): Promise<TraceView | null> {
    return bodyOf<TraceView>(await this.#pool.ask(STATEMENTS.trace, [traceId]));
  }

  async putFeedback(feedback: Omit<Feedback, "id">): Promise<Feedback> {
    const [row] = await this.#pool.ask(STATEMENTS.putFeedback, [JSON.stringify(feedback)]);
    return { id: Number(row?.["id"]), ...feedback };
  }

  async feedback({ limit }: { limit: number }): Promise<readonly Feedback[]> {
    const rows = await this.#pool.ask(STATEMENTS.feedback, [limit]);
    return rows.map((row) => ({ id: Number(row["id"]), ...(row["body"] as Omit<Feedback, "id">) }));
  }

  async putDeployment(marker: DeploymentMarker): Promise<void> {
    const { node, version, atSeconds } = marker;
    const values = [keepable(node), keepable(version), atSeconds, JSON.stringify(marker)];
    await this.#pool.ask(STATEMENTS.putDeployment, values);
    await this.#pool.ask(STATEMENTS.dropDeployments, []);
  }

  async deployments(query: { node?: string; limit: number }): Promise<readonly DeploymentMarker[]> {
    const { node = null, limit } = query;
    const rows = await this.#pool.ask(STATEMENTS.deployments, [keepable(node), limit]);
    return rows.map((row) => row["body"] as DeploymentMarker);
  }

  async retain(olderThanSeconds: number): Promise<number> {
    const series = await this.#deleteInParts((most) => this.#pool.ask(STATEMENTS.dropSeries, [olderThanSeconds, most]));
    return series + (await this.#deleteInParts((most) => this.#pool.ask(STATEMENTS.dropTraces, [most])));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #deleteInParts(deletePart: (most: number) => Promise<readonly Row[]>): Promise<number> {
    for (let total = 0; ; ) {
      const count = Number((await deletePart(RETAIN_ROWS))[0]?.["count"]);
      total += count;
      if (count < RETAIN_ROWS) return total;
    }
  }
}

function bodyOf<Kept>(rows: readonly Row[]): Kept | null {
  return (rows[0]?.["body"] as Kept | undefined) ?? null;
}

/** PostgreSQL keeps every character of a text but NUL, which telemetry may send in a name. */
function keepable<Value>(value: Value): Value | string {
  return typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value;
}
