import type { PostgresAddress } from "../contracts/settings.ts";
import { PostgresPool } from "./postgres-pool.ts";
import { POSTGRES_SCHEMA_VERSION } from "./postgres-schema.ts";

/** A store in PostgreSQL as it is. */
export interface PostgresState {
  /** Null before the first start has made the tables. */
  readonly schemaVersion: number | null;
  readonly knownVersion: number;
  readonly serverVersion: string;
  /** The whole database, other programs' tables included. */
  readonly bytes: number;
}

const WHAT_IS_THERE = {
  name: "inspect",
  text: `SELECT current_setting('server_version') AS server, pg_database_size(current_database()) AS bytes,
    to_regclass('spantwin.schema_version') IS NOT NULL AS is_ours`,
};
const VERSION = { name: "inspect_version", text: "SELECT version FROM spantwin.schema_version" };

/** Looks at a database without changing it. @throws {SourceError | SettingsError} when it cannot be asked. */
export async function inspectPostgres(address: PostgresAddress): Promise<PostgresState> {
  const pool = new PostgresPool(address);
  try {
    const [found] = await pool.ask(WHAT_IS_THERE, []);
    const [row] = found?.["is_ours"] === true ? await pool.ask(VERSION, []) : [];
    return {
      schemaVersion: row === undefined ? null : Number(row["version"]),
      knownVersion: POSTGRES_SCHEMA_VERSION,
      serverVersion: String(found?.["server"]),
      bytes: Number(found?.["bytes"]),
    };
  } finally {
    await pool.close();
  }
}
