import { SettingsError } from "../contracts/errors.ts";
import { type Database, isForeignFile } from "./database.ts";

/** Raised by one with every change of the tables; a step below leads from each version to the next. */
export const SCHEMA_VERSION = 2;

/** "SpTw": marks the file as ours, so that another program's database is refused and not changed. */
const APPLICATION_ID = 0x53705477;

/**
 * `steps[v]` leads from version v to v + 1. A series point is found by its series and time, and neighbours in time lie
 * side by side: with a separate row id the same questions take several times as long.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE series (
    node TEXT NOT NULL,
    operation TEXT NOT NULL,
    at REAL NOT NULL,
    rate REAL NOT NULL,
    observed_p50 REAL,
    observed_p95 REAL,
    predicted_p50_low REAL,
    predicted_p50_middle REAL,
    predicted_p50_high REAL,
    predicted_p95_low REAL,
    predicted_p95_middle REAL,
    predicted_p95_high REAL,
    utilization REAL,
    probability REAL NOT NULL,
    PRIMARY KEY (node, operation, at)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE incident (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    verdict TEXT NOT NULL,
    onset REAL NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incident_by_onset ON incident (state, onset DESC, id);

  CREATE TABLE trace (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE deployment (
    node TEXT NOT NULL,
    version TEXT NOT NULL,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (node, version, at)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deployment_by_time ON deployment (at);
  `,
];

/**
 * Brings the database to `SCHEMA_VERSION`, creating the tables in a new file.
 *
 * @throws {SettingsError} naming `dataDirectory` when a newer version wrote the file, or it is not ours.
 */
export function openSchema(database: Database, path: string): void {
  const version = readVersion(database, path);
  if (version > SCHEMA_VERSION) {
    throw new SettingsError(
      "dataDirectory",
      path,
      `was written by a newer version (schema ${version}; this version knows up to ${SCHEMA_VERSION}): use that version, or another directory`,
    );
  }
  database.useWriteAheadLog();
  if (version === SCHEMA_VERSION) return;
  database.transaction("durable", () => {
    for (const step of STEPS.slice(version)) database.run(step);
    database.run(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Version of the tables as they are. @throws {SettingsError} naming `dataDirectory` when the file is not ours. */
export function readVersion(database: Database, path: string): number {
  try {
    const version = database.integerPragma("user_version");
    const tables = database.read(() => database.prepare("SELECT count(*) AS count FROM sqlite_schema").get());
    const isEmpty = Number(tables?.["count"]) === 0;
    if (isEmpty || database.integerPragma("application_id") === APPLICATION_ID) return version;
  } catch (error) {
    if (!isForeignFile(error)) throw error;
  }
  throw new SettingsError("dataDirectory", path, "is not a file of this program: choose another directory");
}
