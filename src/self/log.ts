import { isSpanContextValid, trace } from "@opentelemetry/api";
import { pino } from "pino";

import { humanLine } from "./human-line.ts";

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Where lines go. Default: stderr, so that stdout belongs to results. */
export interface LogTarget {
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

/** Least severe line that is written; `auto` is `warn` with `json`, because a machine reads the results and not the progress. */
export type LogLevel = "auto" | "debug" | "info" | "warn" | "error";

/**
 * Our own log. For people one short line each; with `json` a JSON object a line, with `trace_id`, `span_id` and
 * `trace_flags` where it is written inside a span. `fields.error` is shown by its message.
 */
export function createLog(options: { json: boolean; level?: LogLevel; target?: LogTarget }): Log {
  const target = options.target ?? process.stderr;
  const { level: asked = "auto" } = options;
  const level = asked === "auto" ? (options.json ? "warn" : "info") : asked;
  const hasColour = target.isTTY === true && process.env["NO_COLOR"] === undefined;
  const stream = {
    write(line: string) {
      target.write(options.json ? line : humanLine(line, hasColour));
    },
  };
  const serializers = { error: pino.stdSerializers.errWithCause };
  const timestamp = pino.stdTimeFunctions.isoTime;
  const mixin = options.json ? activeSpanIds : () => ({});
  const logger = pino({ level, base: null, timestamp, serializers, mixin }, stream);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

/** Named as OpenTelemetry names them in logs that are not OTLP. Source: "Trace Context in non-OTLP Log Formats". */
function activeSpanIds(): Record<string, string> {
  const ids = trace.getActiveSpan()?.spanContext();
  if (ids === undefined || !isSpanContextValid(ids)) return {};
  return { trace_id: ids.traceId, span_id: ids.spanId, trace_flags: ids.traceFlags.toString(16).padStart(2, "0") };
}
