import { performance } from "node:perf_hooks";

import { context, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";

import type { Counter, Counters } from "./counters.ts";

/**
 * What the line does with telemetry: `observe` pairs the spans of a body, the others happen once a window. `window` holds
 * the rest.
 */
export type Stage = "observe" | "window" | "forecast" | "judge" | "learn" | "store";

/** Runs the work of a stage; what it returns or throws comes through. */
export type RunStage = <Result>(stage: Stage, work: () => Result) => Result;

/** For those who measure nothing. */
export const runUnmeasured: RunStage = (_stage, work) => work();

/**
 * Counts the time each stage takes, and makes one trace of every window: `window` from the arrival of its first body to
 * the end of its work, and in it `receive`, `forecast`, `judge`, `learn` and `store`. Bodies get no span of their own:
 * there may be thousands a second. Without a registered SDK the spans cost nothing and go nowhere.
 *
 * Log lines written inside a stage carry the ids of its span.
 */
export class StageClock {
  readonly #seconds: Counter;
  readonly #tracer: Tracer;
  #firstBodyMilliseconds: number | null = null;
  #bodies = 0;
  #spans = 0;

  constructor(counters: Pick<Counters, "counter">, tracer: Tracer = trace.getTracer("spantwin")) {
    this.#tracer = tracer;
    this.#seconds = counters.counter(
      "spantwin_stage_seconds_total",
      "Time spent in each stage of the line; window holds forecast, judge, learn and store.",
    );
  }

  /** A body was taken in; it belongs to the trace of the window that closes next. */
  received(spanCount: number): void {
    this.#firstBodyMilliseconds ??= Date.now();
    this.#bodies += 1;
    this.#spans += spanCount;
  }

  readonly run: RunStage = (stage, work) => {
    if (stage === "observe") return this.#timed(stage, work);
    const span = stage === "window" ? this.#windowSpan() : this.#tracer.startSpan(stage);
    return context.with(trace.setSpan(context.active(), span), () => {
      try {
        return this.#timed(stage, work);
      } catch (error) {
        noteFailure(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  };

  #timed<Result>(stage: Stage, work: () => Result): Result {
    const begun = performance.now();
    try {
      return work();
    } finally {
      this.#seconds.add(Math.max(0, performance.now() - begun) / 1000, { stage });
    }
  }

  /** A trace of its own, whatever span the caller is in. */
  #windowSpan(): Span {
    const now = Date.now();
    const startTime = Math.min(this.#firstBodyMilliseconds ?? now, now);
    const attributes = { "spantwin.bodies": this.#bodies, "spantwin.spans": this.#spans };
    const window = this.#tracer.startSpan("window", { root: true, startTime, attributes });
    const inWindow = trace.setSpan(context.active(), window);
    this.#tracer.startSpan("receive", { startTime, attributes }, inWindow).end(now);
    this.#firstBodyMilliseconds = null;
    this.#bodies = 0;
    this.#spans = 0;
    return window;
  }
}

function noteFailure(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
