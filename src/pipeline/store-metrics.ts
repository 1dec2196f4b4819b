import type { Counters } from "../self/counters.ts";
import type { StoreWriter } from "./store-writer.ts";

/** Adds what waits for the store, and what was given up, to the process's own numbers. */
export function countWrites(counters: Counters, writer: StoreWriter): void {
  counters.read("gauge", "spantwin_store_waiting_writes", "Writes that wait for the store.", () => writer.waitingCount);
  counters.read("gauge", "spantwin_store_failing", "1 while the store takes no writes.", () => {
    return writer.isFailing ? 1 : 0;
  });
  counters.read("counter", "spantwin_store_retries_total", "Writes that the store was asked for again.", () => {
    return writer.retryCount;
  });
  counters.read(
    "counter",
    "spantwin_store_dropped_total",
    "Not kept: series rows, spans of traces, deployments and incidents.",
    () => {
      const kinds = ["series", "trace", "deployment", "incident"] as const;
      return kinds.map((kind) => ({ labels: { kind }, value: writer.dropped[kind] }));
    },
  );
}
