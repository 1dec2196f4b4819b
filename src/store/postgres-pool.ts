import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from "pg";

import { SettingsError, SourceError } from "../contracts/errors.ts";
import type { PostgresAddress } from "../contracts/settings.ts";

/** Connections of one process: one writes at a time, the others answer readers. */
const MAX_CONNECTIONS = 4;
const CONNECT_MILLISECONDS = 5000;
/** After this the server ends a statement. */
const STATEMENT_MILLISECONDS = 10_000;
/** After this the client gives a statement up, should the server never answer. */
const ANSWER_MILLISECONDS = 15_000;
const IDLE_MILLISECONDS = 30_000;

/** Columns of a row by name. `json` comes back read, `double precision` as a number, `bigint` as text. */
export type Row = Readonly<Record<string, unknown>>;

/** A statement that every connection prepares once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Ask = (statement: Statement, values: readonly unknown[]) => Promise<readonly Row[]>;

/**
 * The one place that touches the driver: a few connections, opened when they are needed and again after they broke.
 *
 * All failures leave as `SourceError` and say whether trying again can help.
 */
export class PostgresPool {
  readonly #pool: Pool;
  #closed: Promise<void> | null = null;

  constructor(address: PostgresAddress) {
    this.#pool = new Pool(configOf(address));
    // A connection that breaks while nobody uses it: whoever asks next gets a new one, or the error.
    this.#pool.on("error", () => undefined);
  }

  ask: Ask = async ({ name, text }, values) => {
    try {
      const { rows } = await this.#pool.query<Row>({ name, text, values: [...values] });
      return rows;
    } catch (error) {
      throw sourceErrorOf(error);
    }
  };

  /** Runs `work` as one transaction on one connection: when it throws, nothing of it was written. */
  async transaction<Result>(work: (run: (sql: string) => Promise<readonly Row[]>) => Promise<Result>): Promise<Result> {
    let client: PoolClient | null = null;
    let failure: Error | undefined;
    try {
      const own = await this.#pool.connect();
      client = own;
      await own.query("BEGIN");
      const result = await work(async (sql) => (await own.query<Row>(sql)).rows);
      await own.query("COMMIT");
      return result;
    } catch (error) {
      failure = error as Error;
      throw error instanceof SettingsError ? error : sourceErrorOf(error);
    } finally {
      // A connection that is closed rolls back by itself.
      client?.release(failure);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }
}

/** @throws {SettingsError} when the file of the authority cannot be read */
function configOf(address: PostgresAddress): PoolConfig {
  const { host, port, database, user, password } = address;
  return {
    host,
    port,
    database,
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password: password.reveal() }),
    ssl: tlsOf(address),
    application_name: "spantwin",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    idleTimeoutMillis: IDLE_MILLISECONDS,
    statement_timeout: STATEMENT_MILLISECONDS,
    idle_in_transaction_session_timeout: STATEMENT_MILLISECONDS,
    query_timeout: ANSWER_MILLISECONDS,
    keepAlive: true,
    allowExitOnIdle: true,
  };
}

function tlsOf({ tls, tlsAuthority }: PostgresAddress): ConnectionOptions | false {
  if (tls === "disable") return false;
  if (tls === "require") return { rejectUnauthorized: false };
  return tlsAuthority === null ? {} : { ca: authorityIn(tlsAuthority) };
}

function authorityIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SettingsError("storeUrl", `sslrootcert=${file}`, `cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Classes of SQLSTATE after which the same call may succeed: connection lost (08), no such login or database (28, 3D: an
 * operator may be changing it), rolled back for another transaction (40), resources used up (53), an object in use (55), shut
 * down or cancelled (57), the disk (58); and 25006, a server that became a replica.
 *
 * Source: PostgreSQL 18, Appendix A.
 */
const RETRIABLE_CLASSES: ReadonlySet<string> = new Set(["08", "28", "3D", "40", "53", "55", "57", "58"]);
const READ_ONLY = "25006";

/** What the server refused by its class; what never reached it, or never came back, may always be tried again. */
function sourceErrorOf(error: unknown): SourceError {
  const { message } = error as Error;
  const state = sqlState(error);
  const retriable = state === null || state === READ_ONLY || RETRIABLE_CLASSES.has(state.slice(0, 2));
  return new SourceError(`PostgreSQL: ${message}`, { retriable, cause: error });
}

function sqlState(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.code ?? "") : null;
}

/** True for what only the user can put right when the store is opened: login, database, rights. */
export function isUsersMistake(error: unknown): boolean {
  const state = error instanceof SourceError ? sqlState(error.cause) : null;
  return state !== null && (/^(28|3D)/.test(state) || state === "42501");
}
