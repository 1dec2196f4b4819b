import { statSync } from "node:fs";
import { join } from "node:path";

import { Database } from "./database.ts";
import { readVersion, SCHEMA_VERSION } from "./schema.ts";
import { STORE_FILE_NAME } from "./sqlite-store.ts";

/** Above this the file is not read through: it would take minutes. */
const CHECKED_BYTES_MAX = 512 * 1024 * 1024;

/** A store as it lies on the disk. */
export interface StoreState {
  readonly path: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  /** The version this program writes; a store of an older one is brought to it when it is opened. */
  readonly knownVersion: number;
  /** The first thing SQLite finds wrong with the file; null when it finds nothing, or the file is too large to be read now. */
  readonly damage: string | null;
}

/**
 * Looks at the store of a directory without changing it; null when there is none yet.
 *
 * @throws {SettingsError | SourceError} when the file is not ours or cannot be read.
 */
export function inspectStore(dataDirectory: string): StoreState | null {
  const path = join(dataDirectory, STORE_FILE_NAME);
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return null;
  const database = new Database(path, { isReadOnly: true });
  try {
    const schemaVersion = readVersion(database, path);
    const damage = bytes > CHECKED_BYTES_MAX ? null : damageOf(database);
    return { path, bytes, schemaVersion, knownVersion: SCHEMA_VERSION, damage };
  } finally {
    database.close();
  }
}

function damageOf(database: Database): string | null {
  const answer = database.read(() => database.prepare("PRAGMA quick_check(1)").get());
  const text = String(answer?.["quick_check"] ?? "no answer");
  return text === "ok" ? null : text;
}
