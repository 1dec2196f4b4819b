import { setTimeout as pause } from "node:timers/promises";

import { SourceError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Store } from "../contracts/store.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

export interface OpenOptions {
  /** Hears once that the database does not answer yet. */
  readonly onError: (error: unknown, what: string) => void;
  /** How long a database that does not answer is waited for. Seconds. */
  readonly patienceSeconds?: number;
}

const PATIENCE_SECONDS = 60;
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 5;

/**
 * The store that the settings name: PostgreSQL, or a file in the data directory.
 *
 * @throws {SettingsError} naming `storeUrl` or `dataDirectory`, for what only the user can put right
 * @throws {SourceError} when the database did not answer in time
 */
export async function openStore(
  { storeUrl, dataDirectory }: Pick<Settings, "storeUrl" | "dataDirectory">,
  { onError, patienceSeconds = PATIENCE_SECONDS }: OpenOptions,
): Promise<Store> {
  if (storeUrl === null) return openSqliteStore({ dataDirectory });
  const deadline = performance.now() + patienceSeconds * 1000;
  let pauseSeconds = FIRST_PAUSE_SECONDS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await openPostgresStore(storeUrl);
    } catch (error) {
      const canHelp = error instanceof SourceError && error.retriable;
      if (!canHelp || performance.now() + pauseSeconds * 1000 > deadline) throw error;
      if (attempt === 1) onError(error, `opening the store: asked again for ${patienceSeconds} s`);
    }
    await pause(pauseSeconds * 1000);
    pauseSeconds = Math.min(2 * pauseSeconds, LONGEST_PAUSE_SECONDS);
  }
}
