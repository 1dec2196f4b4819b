import type { Settings } from "../contracts/settings.ts";
import type { Store } from "../contracts/store.ts";
import type { Counters } from "../self/counters.ts";
import { openStore } from "../store/open-store.ts";
import { KeptResults } from "./kept-results.ts";
import { countWrites } from "./store-metrics.ts";
import { StoreWriter } from "./store-writer.ts";

/** The store, who writes to it behind the line, and how people read it. */
export interface KeptStore {
  readonly store: Store;
  readonly writer: StoreWriter;
  readonly results: KeptResults;
  /** Writes what waits, then closes the store. */
  close(): Promise<void>;
}

/** @throws {SettingsError} or {SourceError} as `openStore` does */
export async function openKeptStore(
  settings: Pick<Settings, "storeUrl" | "dataDirectory">,
  counters: Counters,
  onError: (error: unknown, what: string) => void,
): Promise<KeptStore> {
  const store = await openStore(settings, { onError });
  const writer = new StoreWriter({ store, onError });
  countWrites(counters, writer);
  return {
    store,
    writer,
    results: new KeptResults(store, writer),
    async close() {
      await writer.close();
      await store.close();
    },
  };
}
