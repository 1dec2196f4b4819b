import type { Observation, Topology } from "../contracts/observation.ts";
import type { Ledger, MetricPoint, SpanBatch, TelemetryBatch } from "../contracts/telemetry.ts";
import { Assembler } from "./assembler.ts";
import { type Fragment, fragmentsOf } from "./fragments.ts";
import { TopologyRegistry } from "./registry.ts";
import { type OpenTrace, TraceBuffer } from "./trace-buffer.ts";
import { TraceSpans } from "./trace-spans.ts";
import { WindowBuilder } from "./window-builder.ts";
import { planSlices, type Slice } from "./window-slices.ts";

/** A span that ends this far after all others has a broken clock; it must not move event time. */
export const CLOCK_JUMP_SECONDS_MAX = 3600;
/** After this many such spans in a row it is the recording that jumped, not a clock. */
export const CLOCK_JUMP_SPANS = 200;
const METRICS_PER_WINDOW_MAX = 20_000;
/**
 * Some 45,000 visits: with a hundred nodes 450 each, among which chance moves a mean rank by 0.014, half of what the twin
 * always allows for.
 */
const SPANS_PER_WINDOW_MAX = 100_000;

export interface ObserverOptions {
  readonly windowSeconds: number;
  readonly latenessSeconds: number;
  readonly maxOpenTraces: number;
  /** Probability with which traces that do not say it themselves were kept, in (0, 1]; default 1. */
  readonly samplingProbability?: number;
  /** A window with more spans is looked at in a slice of its time only, see `planSlices`; default 100,000. */
  readonly spansPerWindowMax?: number;
}

/**
 * Turns spans into windows of visits and calls. A fragment belongs to the window in which its last span ended; a window
 * is closed once event time has passed its end by `latenessSeconds`. Event time is the latest span end seen, so the same
 * spans in the same order give the same windows, however they are batched.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #ledger: Ledger;
  readonly #registry = new TopologyRegistry();
  readonly #assembler: Assembler;
  readonly #buffer: TraceBuffer;
  readonly #spans = new TraceSpans();
  readonly #builders = new Map<number, WindowBuilder>();
  #metrics: MetricPoint[] = [];
  #eventTimeSeconds = Number.NEGATIVE_INFINITY;
  #nextWindow = Number.NEGATIVE_INFINITY;
  #jumpCount = 0;
  #closed: Observation[] = [];

  constructor(options: ObserverOptions, ledger: Ledger) {
    this.#options = options;
    this.#ledger = ledger;
    this.#assembler = new Assembler(this.#registry, ledger, options.samplingProbability);
    this.#buffer = new TraceBuffer(options.maxOpenTraces);
  }

  get topology(): Topology {
    return this.#registry;
  }

  get eventTimeSeconds(): number | null {
    return Number.isFinite(this.#eventTimeSeconds) ? this.#eventTimeSeconds : null;
  }

  get openTraceCount(): number {
    return this.#buffer.size;
  }

  /** Takes a batch in; returns the windows it closed, oldest first. Windows nobody visited are left out. */
  add(batch: TelemetryBatch): Observation[] {
    for (let row = 0; row < batch.spans.spanCount; row++) {
      this.#addSpan(batch.spans, row);
    }
    for (const point of batch.metrics) {
      if (this.#metrics.length < METRICS_PER_WINDOW_MAX) {
        this.#metrics.push(point);
      }
    }
    return this.#takeClosed();
  }

  /** Takes single spans in, in this order; returns the windows they closed, oldest first. */
  addRows(rows: Iterable<{ readonly spans: SpanBatch; readonly row: number }>): Observation[] {
    for (const { spans, row } of rows) {
      this.#addSpan(spans, row);
    }
    return this.#takeClosed();
  }

  /** Event time has come this far, though no span here says so; returns the windows that are closed by it. */
  advanceTo(eventTimeSeconds: number): Observation[] {
    if (!Number.isFinite(this.#eventTimeSeconds)) {
      this.#advance(eventTimeSeconds);
    } else if (eventTimeSeconds > this.#eventTimeSeconds) {
      // Whoever says it has looked at all clocks: a hole in the data is no broken one.
      this.#eventTimeSeconds = eventTimeSeconds;
      this.#closeWindows();
    }
    return this.#takeClosed();
  }

  /** The oldest window that is not closed; all before it are. Null before the first span. */
  get nextWindow(): number | null {
    return Number.isFinite(this.#nextWindow) ? this.#nextWindow : null;
  }

  /** Ends the stream: assembles all that is open and closes every window. */
  finish(): Observation[] {
    const slices = this.#assembleDue(Number.POSITIVE_INFINITY);
    for (const index of [...this.#builders.keys()].sort((a, b) => a - b)) {
      this.#closeWindow(index, slices.get(index));
    }
    return this.#takeClosed();
  }

  /** What is open and what is known of names. Taken between two batches, when every closed window has been handed on. */
  snapshot() {
    return {
      registry: this.#registry.snapshot(),
      assembler: this.#assembler.snapshot(),
      buffer: this.#buffer.snapshot(),
      builders: [...this.#builders].map(([index, builder]) => ({ index, builder: builder.snapshot() })),
      metrics: [...this.#metrics],
      eventTimeSeconds: this.#eventTimeSeconds,
      nextWindow: this.#nextWindow,
      jumpCount: this.#jumpCount,
    };
  }

  restore(state: ReturnType<Observer["snapshot"]>): void {
    this.#registry.restore(state.registry);
    this.#assembler.restore(state.assembler);
    this.#buffer.restore(state.buffer);
    for (const { index, builder } of state.builders) {
      const open = new WindowBuilder();
      open.restore(builder);
      this.#builders.set(index, open);
    }
    this.#metrics = state.metrics;
    this.#eventTimeSeconds = state.eventTimeSeconds;
    this.#nextWindow = state.nextWindow;
    this.#jumpCount = state.jumpCount;
  }

  #takeClosed(): Observation[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  #addSpan(spans: SpanBatch, row: number): void {
    const end = spans.startSeconds[row]! + Math.max(0, spans.durationSeconds[row]!);
    if (!this.#advance(end)) {
      this.#ledger.lost(spans.strings.text(spans.service[row]!), "skewed", 1);
      return;
    }
    const evicted = this.#buffer.add(spans, row, end);
    if (evicted !== null) {
      const first = evicted.batches[0]!;
      const service = first.strings.text(first.service[evicted.rows[0]!]!);
      this.#ledger.lost(service, "trace-overflow", evicted.rows.length);
    }
  }

  /** Moves event time; false when the span's clock is broken. */
  #advance(endSeconds: number): boolean {
    if (!Number.isFinite(this.#eventTimeSeconds)) {
      this.#eventTimeSeconds = endSeconds;
      this.#nextWindow = this.#windowOf(endSeconds) - 1;
      return true;
    }
    if (endSeconds > this.#eventTimeSeconds + CLOCK_JUMP_SECONDS_MAX && ++this.#jumpCount < CLOCK_JUMP_SPANS) {
      return false;
    }
    this.#jumpCount = 0;
    if (endSeconds > this.#eventTimeSeconds) {
      this.#eventTimeSeconds = endSeconds;
      this.#closeWindows();
    }
    return true;
  }

  #windowOf(endSeconds: number): number {
    return Math.floor(endSeconds / this.#options.windowSeconds);
  }

  #closeWindows(): void {
    const { windowSeconds, latenessSeconds } = this.#options;
    const lastClosable = this.#windowOf(this.#eventTimeSeconds - latenessSeconds) - 1;
    if (lastClosable < this.#nextWindow) {
      return;
    }
    const slices = this.#assembleDue((lastClosable + 1) * windowSeconds);
    const ready = [...this.#builders.keys()].filter((index) => index <= lastClosable).sort((a, b) => a - b);
    for (const index of ready) {
      this.#closeWindow(index, slices.get(index));
    }
    this.#nextWindow = lastClosable + 1;
    this.#assembler.forgetBefore(this.#eventTimeSeconds);
    this.#assembler.readClocks();
  }

  #closeWindow(index: number, seen: Slice | undefined): void {
    const { windowSeconds } = this.#options;
    const builder = this.#builders.get(index)!;
    this.#builders.delete(index);
    this.#closed.push(
      builder.build({
        index,
        startSeconds: index * windowSeconds,
        endSeconds: (index + 1) * windowSeconds,
        topology: this.#registry,
        metrics: this.#takeMetrics((index + 1) * windowSeconds),
        ...(seen === undefined ? {} : { seen }),
      }),
    );
  }

  #takeMetrics(untilSeconds: number): MetricPoint[] {
    const taken = this.#metrics.filter((point) => point.timeSeconds < untilSeconds);
    this.#metrics = this.#metrics.filter((point) => point.timeSeconds >= untilSeconds);
    return taken;
  }

  /** @returns the slices of the windows that are not seen whole */
  #assembleDue(dueSeconds: number): ReadonlyMap<number, Slice> {
    const due = this.#buffer.due(dueSeconds);
    const { windowSeconds, spansPerWindowMax = SPANS_PER_WINDOW_MAX } = this.#options;
    const slices = planSlices(due, { windowSeconds, spansMax: spansPerWindowMax });
    for (const trace of due) {
      this.#assembleTrace(trace, dueSeconds, slices);
    }
    return slices;
  }

  #assembleTrace(trace: OpenTrace, dueSeconds: number, slices: ReadonlyMap<number, Slice>): void {
    const spans = this.#spans;
    spans.load(trace);
    for (const source of spans.duplicates) {
      const batch = trace.batches[source]!;
      this.#ledger.lost(batch.strings.text(batch.service[trace.rows[source]!]!), "duplicate", 1);
    }
    this.#assembler.rememberSends(spans);
    const kept: number[] = [];
    let nextDue = Number.POSITIVE_INFINITY;
    for (const fragment of fragmentsOf(spans)) {
      if (fragment.endSeconds <= dueSeconds) {
        this.#addFragment(fragment, slices);
      } else {
        // An asynchronous leg that is still running: it waits for its own end.
        nextDue = Math.min(nextDue, fragment.endSeconds);
        kept.push(...fragment.spans.map((i) => spans.source[i]!));
      }
    }
    if (kept.length === 0) {
      this.#buffer.remove(trace);
    } else {
      this.#buffer.keep(trace, kept, nextDue);
    }
  }

  #addFragment(fragment: Fragment, slices: ReadonlyMap<number, Slice>): void {
    const spans = this.#spans;
    const index = this.#windowOf(fragment.endSeconds);
    if (index < this.#nextWindow) {
      this.#ledger.lost(spans.service(fragment.top), "late", fragment.spans.length);
      return;
    }
    const slice = slices.get(index);
    if (slice !== undefined && !(fragment.endSeconds >= slice.startSeconds && fragment.endSeconds < slice.endSeconds)) {
      // What is not looked at still tells of names and callers.
      this.#assembler.note(spans, fragment);
      this.#ledger.lost(spans.service(fragment.top), "window-overflow", fragment.spans.length);
      return;
    }
    let builder = this.#builders.get(index);
    if (builder === undefined) {
      builder = new WindowBuilder();
      this.#builders.set(index, builder);
    }
    const rows = this.#assembler.assemble(spans, fragment);
    const traceRow = builder.addTrace(spans.batch[fragment.top]!.traceId, 4 * spans.row[fragment.top]!);
    const offset = builder.visitCount;
    for (const visit of rows.visits) {
      builder.addVisit(visit, traceRow);
    }
    for (const call of rows.calls) {
      const calleeVisit = call.calleeVisit < 0 ? -1 : call.calleeVisit + offset;
      builder.addCall({ ...call, callerVisit: call.callerVisit + offset, calleeVisit });
    }
  }
}
