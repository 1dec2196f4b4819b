import type { Counters, Labels } from "../self/counters.ts";
import type { OtlpReceiver } from "../telemetry/otlp/receiver.ts";

/** Adds what the receiver counts to the numbers about ourselves. */
export function countReceiver(counters: Counters, receiver: Pick<OtlpReceiver, "counts">): void {
  counters.read("counter", "spantwin_otlp_answers_total", "OTLP requests answered, by status code.", () =>
    receiver.counts().answers.map(({ transport, code, count }) => row({ transport, code: String(code) }, count)),
  );
  counters.read("counter", "spantwin_otlp_connections_dropped_total", "Connections closed at once: too many.", () =>
    Object.entries(receiver.counts().connectionsDropped).map(([transport, count]) => row({ transport }, count)),
  );
  counters.read(
    "counter",
    "spantwin_otlp_tolerated_total",
    "Values of OTLP JSON that were read although OTLP wants them written otherwise.",
    () => Object.entries(receiver.counts().tolerated).map(([deviation, count]) => row({ deviation }, count)),
  );
}

function row(labels: Labels, value: number) {
  return { labels, value };
}
