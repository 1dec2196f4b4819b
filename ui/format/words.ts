import type { Health, MapNode } from "../../src/contracts/api.ts";
import type { Incident } from "../../src/contracts/incident.ts";

/** A health in a person's words: the label, and what it means. */
export const healthWords: Readonly<Record<Health, { readonly label: string; readonly meaning: string }>> = {
  healthy: { label: "healthy", meaning: "as fast as the twin expects at this load" },
  suspect: { label: "suspect", meaning: "slower than expected; evidence is being gathered" },
  faulty: { label: "faulty", meaning: "named as the cause by an open incident" },
  affected: { label: "affected", meaning: "slow because of another service" },
  traffic: { label: "traffic", meaning: "slow because of load, as the twin predicts" },
  learning: { label: "learning", meaning: "not enough seen yet to judge" },
  silent: { label: "silent", meaning: "no calls in the last window" },
};

/** Worst first: what is drawn on top and named first. */
export const healthsByWeight: readonly Health[] = [
  "faulty",
  "suspect",
  "affected",
  "traffic",
  "learning",
  "silent",
  "healthy",
];

export const nodeKindWords: Readonly<Record<MapNode["kind"], string>> = {
  service: "service",
  database: "database",
  cache: "cache",
  queue: "queue",
  external: "external",
};

/** A kind of fault in a person's words. */
export const kindWords: Readonly<Record<Incident["kind"], string>> = {
  "slow-code": "slow code",
  cpu: "CPU starved",
  capacity: "lost capacity",
  "network-delay": "network delay",
  "network-loss": "network loss",
  pause: "pauses",
  "slow-dependency": "slow dependency",
  "cache-miss": "cache misses",
  "bad-replica": "bad replica",
  "slow-consumer": "slow consumer",
  crash: "crash",
  traffic: "traffic",
};

export const verdictWords: Readonly<Record<Incident["verdict"], string>> = {
  fault: "Fault",
  traffic: "Traffic, not fault",
};

/** `FIFO, 2 servers`, `processor sharing, 4 servers`, `delay (no queue)`. */
export function structureWords(structure: {
  readonly discipline: string;
  readonly serverCount: number | null;
}): string {
  const names: Readonly<Record<string, string>> = { fifo: "FIFO", ps: "processor sharing", delay: "delay (no queue)" };
  const name = names[structure.discipline] ?? structure.discipline;
  const count = structure.serverCount;
  if (count === null || !Number.isFinite(count)) return name;
  return `${name}, ${count} ${count === 1 ? "server" : "servers"}`;
}

/** What each loss of telemetry means for a verdict. Keys are the ledger's reasons. */
export const lossWords: Readonly<Record<string, { readonly label: string; readonly meaning: string }>> = {
  malformed: { label: "Malformed", meaning: "could not be read; not counted anywhere else" },
  late: { label: "Late", meaning: "came after its window was closed; its latency is missing from the band" },
  orphan: { label: "Orphan", meaning: "its parent was never seen; the call cannot be placed in a request" },
  duplicate: { label: "Duplicate", meaning: "sent twice; counted once" },
  skewed: { label: "Skewed", meaning: "clock differs between hosts; network gaps are less certain" },
  "negative-duration": { label: "Negative time", meaning: "ends before it starts; taken out" },
  "missing-callee": {
    label: "Callee missing",
    meaning: "call seen from the caller's side only: sampled away, lost or crashed",
  },
  "name-overflow": { label: "Name overflow", meaning: "too many operation names; counted under one overflow name" },
  "trace-overflow": { label: "Trace overflow", meaning: "too many open traces; oldest given up" },
  "window-overflow": { label: "Window overflow", meaning: "window was full; counted, not used" },
};
