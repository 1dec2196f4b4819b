import type { Live } from "./live.ts";

/** The part of a metrics registry that the API needs: it adds its own numbers and serves all of them. */
export interface ApiMetrics {
  readonly counters: {
    counter(name: string, help: string): { add(amount: number, labels?: Readonly<Record<string, string>>): void };
    read(
      type: "counter" | "gauge",
      name: string,
      help: string,
      reading: () => number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
    ): void;
  };
  /** All metrics in the Prometheus text format 0.0.4. */
  text(): string;
}

/** Adds what the running line says of itself. */
export function registerLiveMetrics({ counters }: ApiMetrics, live: Live): void {
  counters.read("counter", "spantwin_spans_received_total", "Spans received.", () => live.status().spansReceived);
  counters.read("counter", "spantwin_spans_lost_total", "Spans not, or not fully, used, by reason.", () =>
    lostSpans(live),
  );
  counters.read("counter", "spantwin_windows_total", "Windows of event time judged.", () => live.status().windowsSeen);
  counters.read("gauge", "spantwin_open_incidents", "Incidents open now.", () => live.status().openIncidents);
  counters.read("gauge", "spantwin_ready", "1 when telemetry is taken in, as /readyz says.", () =>
    live.intake().isAccepting ? 1 : 0,
  );
  counters.read("gauge", "spantwin_watching", "1 when verdicts are given.", () => (live.health().ready ? 1 : 0));
}

function lostSpans(live: Live) {
  const byReason = new Map<string, number>();
  for (const row of live.ledger().rows) {
    for (const [reason, count] of Object.entries(row.lost)) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  }
  return [...byReason].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, value]) => ({ labels: { reason }, value }));
}
