import { SPAN_KIND, type SpanBatch } from "../contracts/telemetry.ts";
import { mixTo53Bits, type OpenTrace } from "./trace-buffer.ts";

/** Spans of one open trace as flat columns with parents resolved. Reused from trace to trace. */
export class TraceSpans {
  count = 0;
  batch: SpanBatch[] = [];
  row: number[] = [];
  /** Index in the open trace. */
  source: number[] = [];
  kind: number[] = [];
  start: number[] = [];
  end: number[] = [];
  /** Index of the parent here, −1 when it was not found. */
  parent: number[] = [];
  hasParentId: boolean[] = [];
  duplicates: number[] = [];
  readonly #index = new Map<number, number>();

  load(trace: OpenTrace): void {
    this.count = 0;
    this.duplicates = [];
    this.#index.clear();
    for (let i = 0; i < trace.rows.length; i++) {
      this.#add(trace.batches[i]!, trace.rows[i]!, i);
    }
    for (let i = 0; i < this.count; i++) {
      const batch = this.batch[i]!;
      const row = this.row[i]!;
      const high = batch.parentSpanId[2 * row]!;
      const low = batch.parentSpanId[2 * row + 1]!;
      this.hasParentId[i] = high !== 0 || low !== 0;
      const parent = this.hasParentId[i] ? this.#find(high, low) : -1;
      this.parent[i] = parent === i ? -1 : parent;
    }
    this.#cutCycles();
    this.#resolveKinds();
  }

  instance(i: number): number {
    return this.batch[i]!.instance[this.row[i]!]!;
  }

  service(i: number): string {
    const batch = this.batch[i]!;
    return batch.strings.text(batch.service[this.row[i]!]!);
  }

  operation(i: number): string {
    const batch = this.batch[i]!;
    return batch.strings.text(batch.operation[this.row[i]!]!);
  }

  peer(i: number): string {
    const batch = this.batch[i]!;
    return batch.strings.text(batch.peer[this.row[i]!]!);
  }

  instanceName(i: number): string {
    const batch = this.batch[i]!;
    return batch.strings.text(this.instance(i));
  }

  version(i: number): string {
    const batch = this.batch[i]!;
    return batch.strings.text(batch.version[this.row[i]!]!);
  }

  peerKind(i: number): number {
    return this.batch[i]!.peerKind[this.row[i]!]!;
  }

  isError(i: number): boolean {
    return this.batch[i]!.isError[this.row[i]!] === 1;
  }

  resendCount(i: number): number {
    return this.batch[i]!.resendCount[this.row[i]!]!;
  }

  /**
   * Visits that a visit of span i stands for: one over the probability with which the span, or the nearest span above it
   * that says, was kept; `otherwise` when none says.
   */
  weight(i: number, otherwise: number): number {
    for (let k = i; k >= 0; k = this.parent[k]!) {
      const probability = this.batch[k]!.samplingProbability[this.row[k]!]!;
      if (probability > 0) {
        return 1 / probability;
      }
    }
    return otherwise;
  }

  /** Text key of a span for a table that outlives the trace: its 8 bytes. */
  spanKey(i: number): string {
    const row = this.row[i]!;
    const id = this.batch[i]!.spanId;
    return `${id[2 * row]!} ${id[2 * row + 1]!}`;
  }

  #add(batch: SpanBatch, row: number, source: number): void {
    const high = batch.spanId[2 * row]!;
    const low = batch.spanId[2 * row + 1]!;
    if (this.#find(high, low) >= 0) {
      this.duplicates.push(source);
      return;
    }
    const i = this.count++;
    this.batch[i] = batch;
    this.row[i] = row;
    this.source[i] = source;
    this.kind[i] = batch.kind[row]!;
    this.start[i] = batch.startSeconds[row]!;
    this.end[i] = this.start[i]! + Math.max(0, batch.durationSeconds[row]!);
    this.parent[i] = -1;
    let key = mixTo53Bits(high, low, 0, 0);
    while (this.#index.has(key)) {
      key++;
    }
    this.#index.set(key, i);
  }

  #find(high: number, low: number): number {
    for (let key = mixTo53Bits(high, low, 0, 0); ; key++) {
      const i = this.#index.get(key);
      if (i === undefined) {
        return -1;
      }
      const row = this.row[i]!;
      const id = this.batch[i]!.spanId;
      if (id[2 * row] === high && id[2 * row + 1] === low) {
        return i;
      }
    }
  }

  /** Ids that repeat can make spans their own ancestors; the one through which the circle closes loses its parent. */
  #cutCycles(): void {
    const walk = new Int32Array(this.count).fill(-1);
    for (let start = 0; start < this.count; start++) {
      let previous = -1;
      for (let i = start; i >= 0 && walk[i] !== start; i = this.parent[i]!) {
        if (walk[i] !== -1) {
          previous = -1;
          break;
        }
        walk[i] = start;
        previous = i;
      }
      if (previous >= 0 && this.parent[previous]! >= 0) {
        this.parent[previous] = -1;
      }
    }
  }

  /** A span without a kind whose parent ran elsewhere was a server, and that parent its client. */
  #resolveKinds(): void {
    for (let i = 0; i < this.count; i++) {
      if (this.kind[i] !== SPAN_KIND.unspecified) {
        continue;
      }
      const parent = this.parent[i]!;
      if (parent < 0) {
        this.kind[i] = SPAN_KIND.server;
      } else if (this.instance(parent) !== this.instance(i)) {
        this.kind[i] = SPAN_KIND.server;
        this.#becomeClient(parent);
      }
    }
    for (let i = 0; i < this.count; i++) {
      if (this.kind[i] === SPAN_KIND.unspecified) {
        this.kind[i] = SPAN_KIND.internal;
      }
    }
  }

  #becomeClient(i: number): void {
    const isUnspecified = this.batch[i]!.kind[this.row[i]!] === SPAN_KIND.unspecified;
    const parent = this.parent[i]!;
    if (isUnspecified && parent >= 0 && this.instance(parent) === this.instance(i)) {
      this.kind[i] = SPAN_KIND.client;
    }
  }
}
