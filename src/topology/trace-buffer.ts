import type { SpanBatch } from "../contracts/telemetry.ts";

/** Spans of one trace that wait for the rest of it: row `rows[i]` of `batches[i]`. */
export interface OpenTrace {
  readonly key: number;
  readonly batches: SpanBatch[];
  readonly rows: number[];
  /** Event time after which its finished fragments are assembled. */
  dueSeconds: number;
  hasRoot: boolean;
}

/** Open traces by id, oldest first, at most `limit` of them. */
export class TraceBuffer {
  readonly #byKey = new Map<number, OpenTrace>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Adds a span; returns the trace that had to leave early because the buffer is full, or null. */
  add(batch: SpanBatch, row: number, endSeconds: number): OpenTrace | null {
    const isParentless = batch.parentSpanId[2 * row] === 0 && batch.parentSpanId[2 * row + 1] === 0;
    const key = this.#keyOf(batch, row);
    let trace = this.#byKey.get(key);
    let evicted: OpenTrace | null = null;
    if (trace === undefined) {
      if (this.#byKey.size >= this.#limit) {
        evicted = this.#byKey.values().next().value ?? null;
        if (evicted !== null) {
          this.#byKey.delete(evicted.key);
        }
      }
      trace = { key, batches: [], rows: [], dueSeconds: endSeconds, hasRoot: false };
      this.#byKey.set(key, trace);
    }
    trace.batches.push(batch);
    trace.rows.push(row);
    if (isParentless && !trace.hasRoot) {
      // The root ends last among what it waits for, so its end says when the trace is complete.
      trace.hasRoot = true;
      trace.dueSeconds = endSeconds;
    } else if (!trace.hasRoot) {
      trace.dueSeconds = Math.max(trace.dueSeconds, endSeconds);
    }
    return evicted;
  }

  /** Traces due at or before the given event time, oldest first; they stay in the buffer. */
  due(eventTimeSeconds: number): OpenTrace[] {
    const due: OpenTrace[] = [];
    for (const trace of this.#byKey.values()) {
      if (trace.dueSeconds <= eventTimeSeconds) {
        due.push(trace);
      }
    }
    return due;
  }

  remove(trace: OpenTrace): void {
    this.#byKey.delete(trace.key);
  }

  /** Keeps only the given spans of a trace, to be looked at again at `dueSeconds`. */
  keep(trace: OpenTrace, spans: readonly number[], dueSeconds: number): void {
    const batches = spans.map((span) => trace.batches[span]!);
    const rows = spans.map((span) => trace.rows[span]!);
    trace.batches.splice(0, trace.batches.length, ...batches);
    trace.rows.splice(0, trace.rows.length, ...rows);
    trace.dueSeconds = dueSeconds;
    trace.hasRoot = false;
  }

  /** Batches never change; of the rest there may be very much, so it is taken as columns. */
  snapshot() {
    const traces = [...this.#byKey.values()];
    const numberOf = new Map<SpanBatch, number>();
    const spanCount = traces.reduce((sum, { rows }) => sum + rows.length, 0);
    const batch = new Uint32Array(spanCount);
    const row = new Uint32Array(spanCount);
    let at = 0;
    let last: SpanBatch | null = null;
    let number = 0;
    for (const { batches, rows } of traces) {
      for (let i = 0; i < rows.length; i++, at++) {
        // Spans of a trace mostly came together.
        if (batches[i] !== last) {
          last = batches[i]!;
          number = numberOf.get(last) ?? numberOf.size;
          numberOf.set(last, number);
        }
        batch[at] = number;
        row[at] = rows[i]!;
      }
    }
    return {
      key: Float64Array.from(traces, (trace) => trace.key),
      spanCount: Uint32Array.from(traces, ({ rows }) => rows.length),
      dueSeconds: Float64Array.from(traces, (trace) => trace.dueSeconds),
      hasRoot: Uint8Array.from(traces, ({ hasRoot }) => Number(hasRoot)),
      batch,
      row,
      batches: [...numberOf.keys()],
    };
  }

  restore(state: ReturnType<TraceBuffer["snapshot"]>): void {
    let at = 0;
    state.key.forEach((key, i) => {
      const end = at + state.spanCount[i]!;
      const batches = Array.from(state.batch.subarray(at, end), (number) => state.batches[number]!);
      const rows = [...state.row.subarray(at, end)];
      at = end;
      const hasRoot = state.hasRoot[i] === 1;
      this.#byKey.set(key, { key, batches, rows, dueSeconds: state.dueSeconds[i]!, hasRoot });
    });
  }

  /** A number for a 128-bit id, moved on while another id has it. */
  #keyOf(batch: SpanBatch, row: number): number {
    const at = 4 * row;
    const id = batch.traceId;
    let key = mixTo53Bits(id[at]!, id[at + 1]!, id[at + 2]!, id[at + 3]!);
    for (;;) {
      const open = this.#byKey.get(key);
      if (open === undefined || sameTrace(open, batch, row)) {
        return key;
      }
      key++;
    }
  }
}

function sameTrace(open: OpenTrace, batch: SpanBatch, row: number): boolean {
  const mine = open.batches[0]!.traceId;
  const at = 4 * open.rows[0]!;
  const other = 4 * row;
  for (let k = 0; k < 4; k++) {
    if (mine[at + k] !== batch.traceId[other + k]) {
      return false;
    }
  }
  return true;
}

/** Spreads four words over the 53 bits a double holds exactly, so that it can be the key of a Map. */
export function mixTo53Bits(a: number, b: number, c: number, d: number): number {
  let high = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35);
  high ^= high >>> 15;
  high = Math.imul(high ^ c, 0x27d4eb2f) ^ d;
  let low = Math.imul(c ^ 0x165667b1, 0x9e3779b1) ^ Math.imul(d, 0x85ebca77);
  low ^= low >>> 13;
  low = Math.imul(low ^ a, 0xc2b2ae3d) ^ b;
  return (high & 0x1fffff) * 4294967296 + (low >>> 0);
}
