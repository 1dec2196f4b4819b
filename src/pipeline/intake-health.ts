import type { IntakeHealth } from "../api/live.ts";
import type { Counters } from "../self/counters.ts";
import type { IntakeLoad } from "../telemetry/otlp/intake.ts";
import type { Line } from "./line.ts";

/** Share of a limit from which new senders are sent elsewhere, so that those who are here are still served. */
const HIGH_WATER_SHARE = 0.9;

/** Before the receivers are. */
export const NOT_OPEN: IntakeHealth = {
  isAccepting: false,
  detail: "the receivers are not open yet",
  acknowledgement: "nothing is acknowledged yet",
};

/** Ready below the high-water mark of all limits, while nothing else keeps it from accepting. */
export function intakeHealth(load: IntakeLoad, acknowledgement: string): IntakeHealth {
  const limits = [
    { now: load.inFlightBodies, most: load.maxInFlightBodies, what: "bodies are under way" },
    { now: load.inFlightBytes, most: load.maxInFlightBytes, what: "bytes are under way" },
    { now: load.queuedBytes, most: load.maxQueueBytes, what: "bytes wait for the twin" },
  ];
  const full = limits.find(({ now, most }) => now >= most * HIGH_WATER_SHARE);
  const detail = load.obstacle ?? (full === undefined ? "" : `${full.now} ${full.what}, of ${full.most} at most`);
  return { isAccepting: detail === "", detail, acknowledgement };
}

/** Adds how full the door and the line behind it are, each beside its limit. */
export function countIntake(
  counters: Counters,
  parts: { load: () => IntakeLoad; line: Line; maxOpenTraces: number },
): void {
  const { load, line, maxOpenTraces } = parts;
  const gauge = (name: string, help: string, read: () => number): void => counters.read("gauge", name, help, read);
  gauge("spantwin_intake_bodies", "Bodies under way, from decoding to their acknowledgement.", () => {
    return load().inFlightBodies;
  });
  gauge("spantwin_intake_bodies_limit", "Bodies that may be under way.", () => load().maxInFlightBodies);
  gauge("spantwin_intake_bytes", "Bytes of bodies being received.", () => load().inFlightBytes);
  gauge("spantwin_intake_bytes_limit", "Bytes that may be being received.", () => load().maxInFlightBytes);
  gauge("spantwin_intake_queue_batches", "Decoded batches that wait for the line.", () => load().waitingBatches);
  gauge("spantwin_intake_queue_bytes", "Bytes of bodies that wait for the line.", () => load().queuedBytes);
  gauge("spantwin_intake_queue_bytes_limit", "Bytes of bodies that may wait.", () => load().maxQueueBytes);
  counters.read("counter", "spantwin_intake_busy_total", "Requests told to come again: too much was under way.", () => {
    return load().busyCount;
  });
  gauge("spantwin_open_traces", "Traces that wait for their missing spans.", () => line.observer.openTraceCount);
  gauge("spantwin_open_traces_limit", "Traces that may wait.", () => maxOpenTraces);
  gauge("spantwin_operations", "Operations told apart, of all services.", () => {
    return line.topology?.operations.length ?? 0;
  });
  gauge("spantwin_edges", "Calls between operations told apart.", () => line.topology?.edges.length ?? 0);
}
