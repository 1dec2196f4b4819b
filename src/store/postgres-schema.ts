import { SettingsError } from "../contracts/errors.ts";
import type { PostgresPool } from "./postgres-pool.ts";

/** Raised by one with every change of the tables; a step below leads from each version to the next. */
export const POSTGRES_SCHEMA_VERSION = 1;

/** "SpTw": only one process at a time changes the tables of a database. */
const LOCK = 0x53705477;

/**
 * `STEPS[v]` leads from version v to v + 1. Names sort by their bytes, as in the embedded store. Rows of a series come
 * in the order of time, so that a block range index, which is tiny, finds the old ones.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE spantwin.series (
    node text COLLATE "C" NOT NULL,
    operation text COLLATE "C" NOT NULL,
    at double precision NOT NULL,
    rate double precision NOT NULL,
    observed_p50 double precision,
    observed_p95 double precision,
    predicted_p50_low double precision,
    predicted_p50_middle double precision,
    predicted_p50_high double precision,
    predicted_p95_low double precision,
    predicted_p95_middle double precision,
    predicted_p95_high double precision,
    utilization double precision,
    probability double precision NOT NULL,
    PRIMARY KEY (node, operation, at)
  );
  CREATE INDEX series_by_time ON spantwin.series USING brin (at);

  CREATE TABLE spantwin.incident (
    id text COLLATE "C" PRIMARY KEY,
    state text COLLATE "C" NOT NULL,
    verdict text NOT NULL,
    onset double precision NOT NULL,
    evidence text[] NOT NULL,
    body json NOT NULL
  );
  CREATE INDEX incident_by_onset ON spantwin.incident (state, onset DESC, id);
  CREATE INDEX incident_by_evidence ON spantwin.incident USING gin (evidence);

  CREATE TABLE spantwin.trace (
    id text COLLATE "C" PRIMARY KEY,
    body json NOT NULL
  );

  CREATE TABLE spantwin.feedback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body json NOT NULL
  );

  CREATE TABLE spantwin.deployment (
    node text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    at double precision NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (node, version, at)
  );
  CREATE INDEX deployment_by_time ON spantwin.deployment (at DESC, node, version);
  `,
];

/**
 * Brings the schema `spantwin` of a database to `POSTGRES_SCHEMA_VERSION`, creating it when it is not there. Several
 * processes may do so at once.
 *
 * @param shown the database, as the user may be told
 * @throws {SettingsError} naming `storeUrl` when a newer version made the tables, or they are not ours
 */
export async function openPostgresSchema(pool: PostgresPool, shown: string): Promise<void> {
  await pool.transaction(async (run) => {
    await run(`SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(${LOCK})`);
    const [found] = await run(
      `SELECT to_regnamespace('spantwin') IS NOT NULL AS is_there, to_regclass('spantwin.schema_version') IS NOT NULL AS is_ours`,
    );
    if (found?.["is_there"] === true && found["is_ours"] !== true) {
      throw new SettingsError("storeUrl", shown, 'has a schema "spantwin" that is not of this program');
    }
    if (found?.["is_there"] !== true) {
      await run(`CREATE SCHEMA spantwin; CREATE TABLE spantwin.schema_version (version integer NOT NULL);
        INSERT INTO spantwin.schema_version VALUES (0)`);
    }
    const [row] = await run("SELECT version FROM spantwin.schema_version");
    const version = Number(row?.["version"]);
    if (version > POSTGRES_SCHEMA_VERSION) {
      throw new SettingsError(
        "storeUrl",
        shown,
        `was written by a newer version (schema ${version}; this version knows up to ${POSTGRES_SCHEMA_VERSION}): use that version, or another database`,
      );
    }
    for (const step of STEPS.slice(version)) await run(step);
    if (version < POSTGRES_SCHEMA_VERSION) {
      await run(`UPDATE spantwin.schema_version SET version = ${POSTGRES_SCHEMA_VERSION}`);
    }
  });
}
