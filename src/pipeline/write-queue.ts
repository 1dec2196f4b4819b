import type { DeploymentMarker, TraceView } from "../contracts/api.ts";
import type { Incident } from "../contracts/incident.ts";
import type { SeriesRow } from "../contracts/store.ts";

/** Something to keep. Plain JSON. */
export type Write =
  | { readonly kind: "series"; readonly rows: readonly SeriesRow[] }
  | { readonly kind: "incident"; readonly incident: Incident }
  | { readonly kind: "trace"; readonly trace: TraceView }
  | { readonly kind: "deployment"; readonly marker: DeploymentMarker }
  | { readonly kind: "retention"; readonly olderThanSeconds: number };

/** What may wait for the store: series rows, spans of traces, deployments. */
export interface QueueLimits {
  readonly series: number;
  readonly trace: number;
  readonly deployment: number;
}

export interface Waiting {
  readonly key: string;
  readonly write: Write;
  /** Counts up with every write that was put. */
  readonly turn: number;
}

type Limited = keyof QueueLimits;
const LIMITED: readonly Limited[] = ["series", "trace", "deployment"];

/**
 * Writes in the order in which they were put. What is put again (an incident in its next state) takes the place of what
 * it makes needless. Over a limit the oldest of that kind is dropped; incidents never are, there is one entry of each.
 */
export class WriteQueue {
  readonly #limits: QueueLimits;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sizes: Record<Limited, number> = { series: 0, trace: 0, deployment: 0 };
  #turns = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** The turn of the write that was put last. */
  get lastTurn(): number {
    return this.#turns;
  }

  /** Returns what had to be dropped to make room. */
  put(write: Write): readonly Write[] {
    const turn = ++this.#turns;
    const key = keyOf(write, turn);
    const before = this.#waiting.get(key);
    if (before !== undefined) this.#count(before.write, -1);
    this.#count(write, 1);
    this.#waiting.set(key, { key, write, turn: before?.turn ?? turn });
    return LIMITED.flatMap((kind) => this.#makeRoom(kind));
  }

  first(): Waiting | null {
    return this.#waiting.values().next().value ?? null;
  }

  /** Takes the first one out. */
  take(): Waiting | null {
    const first = this.first();
    if (first !== null) this.#remove(first);
    return first;
  }

  incident(id: string): Incident | null {
    const found = this.#waiting.get(incidentKey(id))?.write;
    return found?.kind === "incident" ? found.incident : null;
  }

  writes(): readonly Write[] {
    return [...this.#waiting.values()].map(({ write }) => write);
  }

  #makeRoom(kind: Limited): Write[] {
    const dropped: Write[] = [];
    for (const waiting of this.#waiting.values()) {
      if (this.#sizes[kind] <= this.#limits[kind]) break;
      if (waiting.write.kind !== kind) continue;
      this.#remove(waiting);
      dropped.push(waiting.write);
    }
    return dropped;
  }

  #remove({ key, write }: Waiting): void {
    this.#waiting.delete(key);
    this.#count(write, -1);
  }

  #count(write: Write, sign: 1 | -1): void {
    const kind = LIMITED.find((each) => each === write.kind);
    if (kind !== undefined) this.#sizes[kind] += sign * sizeOf(write);
  }
}

/** In the unit of the limits; what has none is one. */
export function sizeOf(write: Write): number {
  if (write.kind === "series") return write.rows.length;
  return write.kind === "trace" ? write.trace.spans.length : 1;
}

/** Of two writes with the same key the later one makes the earlier one needless. */
function keyOf(write: Write, turn: number): string {
  switch (write.kind) {
    case "series":
      return `series ${turn}`;
    case "incident":
      return incidentKey(write.incident.id);
    case "trace":
      return `trace ${write.trace.traceId}`;
    case "deployment":
      return JSON.stringify(["deployment", write.marker.node, write.marker.version, write.marker.atSeconds]);
    case "retention":
      return "retention";
  }
}

function incidentKey(id: string): string {
  return `incident ${id}`;
}
