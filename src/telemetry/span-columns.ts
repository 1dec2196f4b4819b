import type { SpanBatch, StringLookup } from "../contracts/telemetry.ts";

/** Where a builder stood, to come back to. */
export interface ColumnsMark {
  readonly spanCount: number;
  readonly linkCount: number;
}

/**
 * Growing columns that become a `SpanBatch`. A writer asks for a row and then writes into the columns directly:
 * `const row = columns.open(); columns.kind[row] = …; columns.commit();` A row that is opened again without a commit
 * is the same row, wiped. Growing replaces the arrays, so never hold one across `open`.
 */
export class SpanColumns {
  traceId = new Uint32Array(0);
  spanId = new Uint32Array(0);
  parentSpanId = new Uint32Array(0);
  kind = new Uint8Array(0);
  isError = new Uint8Array(0);
  startSeconds = new Float64Array(0);
  durationSeconds = new Float64Array(0);
  service = new Uint32Array(0);
  instance = new Uint32Array(0);
  version = new Uint32Array(0);
  operation = new Uint32Array(0);
  peerKind = new Uint8Array(0);
  peer = new Uint32Array(0);
  resendCount = new Uint8Array(0);
  samplingProbability = new Float64Array(0);
  #linkStart = new Uint32Array(1);
  #linkTraceId = new Uint32Array(0);
  #linkSpanId = new Uint32Array(0);
  #linkCapacity = 0;
  #spanCount = 0;
  #linkCount = 0;
  #capacity = 0;
  readonly #strings: StringLookup;
  readonly #initialCapacity: number;

  constructor(strings: StringLookup, initialCapacity = 1024) {
    this.#strings = strings;
    this.#initialCapacity = initialCapacity;
    this.#grow(initialCapacity);
  }

  get spanCount(): number {
    return this.#spanCount;
  }

  /** Rows that fit before the arrays are replaced; side columns may grow along with it. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The row to write next, all zero, without links. It belongs to the batch only after `commit`. */
  open(): number {
    const row = this.#spanCount;
    if (row >= this.#capacity) this.#grow(this.#capacity * 2);
    this.#linkCount = this.#linkStart[row]!;
    const { traceId } = this;
    traceId[row * 4] = 0;
    traceId[row * 4 + 1] = 0;
    traceId[row * 4 + 2] = 0;
    traceId[row * 4 + 3] = 0;
    this.spanId[row * 2] = 0;
    this.spanId[row * 2 + 1] = 0;
    this.parentSpanId[row * 2] = 0;
    this.parentSpanId[row * 2 + 1] = 0;
    this.kind[row] = 0;
    this.isError[row] = 0;
    this.startSeconds[row] = 0;
    this.durationSeconds[row] = 0;
    this.service[row] = 0;
    this.instance[row] = 0;
    this.version[row] = 0;
    this.operation[row] = 0;
    this.peerKind[row] = 0;
    this.peer[row] = 0;
    this.resendCount[row] = 0;
    this.samplingProbability[row] = 0;
    return row;
  }

  /** A link of the open row: trace id in 4 words, span id in 2. */
  addLink(t0: number, t1: number, t2: number, t3: number, s0: number, s1: number): void {
    const at = this.#linkCount;
    if (at >= this.#linkCapacity) this.#growLinks(Math.max(64, this.#linkCapacity * 2));
    const trace = this.#linkTraceId;
    trace[at * 4] = t0;
    trace[at * 4 + 1] = t1;
    trace[at * 4 + 2] = t2;
    trace[at * 4 + 3] = t3;
    this.#linkSpanId[at * 2] = s0;
    this.#linkSpanId[at * 2 + 1] = s1;
    this.#linkCount = at + 1;
  }

  /** Takes the open row into the batch. */
  commit(): void {
    this.#spanCount += 1;
    this.#linkStart[this.#spanCount] = this.#linkCount;
  }

  mark(): ColumnsMark {
    return { spanCount: this.#spanCount, linkCount: this.#linkStart[this.#spanCount]! };
  }

  /** Forgets every row that came after the mark. */
  rollback(mark: ColumnsMark): void {
    this.#spanCount = mark.spanCount;
    this.#linkCount = mark.linkCount;
  }

  /** Runs `work`; when it throws, the rows it added are gone and the error goes on. */
  transaction<T>(work: () => T): T {
    const before = this.mark();
    try {
      return work();
    } catch (error) {
      this.rollback(before);
      throw error;
    }
  }

  /** The committed rows as a batch of its own memory; the builder is empty afterwards. */
  build(): SpanBatch {
    const count = this.#spanCount;
    const linkCount = this.#linkStart[count]!;
    const memory = new BatchMemory(count, linkCount);
    const batch: SpanBatch = {
      spanCount: count,
      strings: this.#strings,
      startSeconds: memory.doubles(this.startSeconds, count),
      durationSeconds: memory.doubles(this.durationSeconds, count),
      samplingProbability: memory.doubles(this.samplingProbability, count),
      traceId: memory.words(this.traceId, count * 4),
      spanId: memory.words(this.spanId, count * 2),
      parentSpanId: memory.words(this.parentSpanId, count * 2),
      service: memory.words(this.service, count),
      instance: memory.words(this.instance, count),
      version: memory.words(this.version, count),
      operation: memory.words(this.operation, count),
      peer: memory.words(this.peer, count),
      linkStart: memory.words(this.#linkStart, count + 1),
      linkTraceId: memory.words(this.#linkTraceId, linkCount * 4),
      linkSpanId: memory.words(this.#linkSpanId, linkCount * 2),
      kind: memory.bytes(this.kind, count),
      isError: memory.bytes(this.isError, count),
      peerKind: memory.bytes(this.peerKind, count),
      resendCount: memory.bytes(this.resendCount, count),
    };
    this.#clear();
    return batch;
  }

  #clear(): void {
    this.#spanCount = 0;
    this.#linkCount = 0;
    this.#linkStart[0] = 0;
    // One huge body must not pin its memory for ever.
    if (this.#capacity > this.#initialCapacity * 64) this.#grow(this.#initialCapacity);
    if (this.#linkCapacity > 65_536) this.#growLinks(64);
  }

  #grow(capacity: number): void {
    this.traceId = resized(this.traceId, new Uint32Array(capacity * 4));
    this.spanId = resized(this.spanId, new Uint32Array(capacity * 2));
    this.parentSpanId = resized(this.parentSpanId, new Uint32Array(capacity * 2));
    this.kind = resized(this.kind, new Uint8Array(capacity));
    this.isError = resized(this.isError, new Uint8Array(capacity));
    this.startSeconds = resized(this.startSeconds, new Float64Array(capacity));
    this.durationSeconds = resized(this.durationSeconds, new Float64Array(capacity));
    this.service = resized(this.service, new Uint32Array(capacity));
    this.instance = resized(this.instance, new Uint32Array(capacity));
    this.version = resized(this.version, new Uint32Array(capacity));
    this.operation = resized(this.operation, new Uint32Array(capacity));
    this.peerKind = resized(this.peerKind, new Uint8Array(capacity));
    this.peer = resized(this.peer, new Uint32Array(capacity));
    this.resendCount = resized(this.resendCount, new Uint8Array(capacity));
    this.samplingProbability = resized(this.samplingProbability, new Float64Array(capacity));
    this.#linkStart = resized(this.#linkStart, new Uint32Array(capacity + 1));
    this.#capacity = capacity;
  }

  #growLinks(capacity: number): void {
    this.#linkTraceId = resized(this.#linkTraceId, new Uint32Array(capacity * 4));
    this.#linkSpanId = resized(this.#linkSpanId, new Uint32Array(capacity * 2));
    this.#linkCapacity = capacity;
  }
}

const DOUBLES_A_SPAN = 3;
const WORDS_A_SPAN = 4 + 2 + 2 + 5 + 1;
const WORDS_A_LINK = 4 + 2;
const BYTES_A_SPAN = 4;

/** All columns of a batch in one piece of memory: one to find and one to give back. Doubles first, then words, then bytes. */
class BatchMemory {
  readonly #buffer: ArrayBuffer;
  #at = 0;

  constructor(spanCount: number, linkCount: number) {
    const words = WORDS_A_SPAN * spanCount + 1 + WORDS_A_LINK * linkCount;
    this.#buffer = new ArrayBuffer(8 * DOUBLES_A_SPAN * spanCount + 4 * words + BYTES_A_SPAN * spanCount);
  }

  doubles(from: Float64Array, count: number): Float64Array<ArrayBuffer> {
    const column = new Float64Array(this.#buffer, this.#at, count);
    column.set(from.subarray(0, count));
    this.#at += 8 * count;
    return column;
  }

  words(from: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
    const column = new Uint32Array(this.#buffer, this.#at, count);
    column.set(from.subarray(0, count));
    this.#at += 4 * count;
    return column;
  }

  bytes(from: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
    const column = new Uint8Array(this.#buffer, this.#at, count);
    column.set(from.subarray(0, count));
    this.#at += count;
    return column;
  }
}

interface Column {
  readonly length: number;
  set(from: ArrayLike<number>): void;
  subarray(start: number, end: number): ArrayLike<number>;
}

function resized<T extends Column>(from: T, into: T): T {
  into.set(from.subarray(0, Math.min(from.length, into.length)));
  return into;
}

/** A batch without spans, for a body that carries metrics only. */
export function emptySpans(strings: StringLookup): SpanBatch {
  return new SpanColumns(strings, 1).build();
}
