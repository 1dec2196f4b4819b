import { MESSAGES } from "../../src/telemetry/otlp/messages.ts";

type Json = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** A span as a client says it sent it. Ids in hex, 64-bit numbers as text, attributes by key with their type. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  readonly startUnixNano: string;
  readonly endUnixNano: string;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes: Values }[];
  readonly links: readonly SentLink[];
  readonly status: string;
  readonly statusMessage: string;
  readonly resource: Values;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface SentLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Values;
}

export const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;
export const STATUSES = ["UNSET", "OK", "ERROR"] as const;

/** The same from a body in OTLP JSON: what was received, in the words of the sender. */
export function spansOfBody(body: Json): SentSpan[] {
  return list(body, "resourceSpans").flatMap((resourceSpans) =>
    list(resourceSpans, "scopeSpans").flatMap((scopeSpans) =>
      list(scopeSpans, "spans").map((span) =>
        spanOf(span, object(resourceSpans, "resource"), object(scopeSpans, "scope")),
      ),
    ),
  );
}

/** Fields of a span's JSON that `spansOfBody` does not look at, for a test that none has been forgotten. */
export const IGNORED_FIELDS = ["flags", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount"] as const;
export const SPAN_FIELDS = Object.values(MESSAGES.Span).map(({ name }) => name);

function spanOf(span: Json, resource: Json, scope: Json): SentSpan {
  const status = object(span, "status");
  return {
    traceId: text(span, "traceId"),
    spanId: text(span, "spanId"),
    parentSpanId: text(span, "parentSpanId"),
    traceState: text(span, "traceState"),
    name: text(span, "name"),
    kind: KINDS[Number(span["kind"] ?? 0)]!,
    startUnixNano: text(span, "startTimeUnixNano"),
    endUnixNano: text(span, "endTimeUnixNano"),
    attributes: attributesOf(span),
    events: list(span, "events").map((event) => ({
      name: text(event, "name"),
      timeUnixNano: text(event, "timeUnixNano"),
      attributes: attributesOf(event),
    })),
    links: list(span, "links").map((link) => ({
      traceId: text(link, "traceId"),
      spanId: text(link, "spanId"),
      traceState: text(link, "traceState"),
      attributes: attributesOf(link),
    })),
    status: STATUSES[Number(status["code"] ?? 0)]!,
    statusMessage: text(status, "message"),
    resource: attributesOf(resource),
    scope: { name: text(scope, "name"), version: text(scope, "version") },
  };
}

function attributesOf(from: Json): Values {
  return Object.fromEntries(
    list(from, "attributes").map((item) => [text(item, "key"), typedValue(object(item, "value"))]),
  );
}

function typedValue(any: Json): object {
  const [[kind, value] = ["none", null]] = Object.entries(any);
  switch (kind) {
    case "intValue":
      return { int: String(value) };
    case "arrayValue":
      return { array: list(value as Json, "values").map(typedValue) };
    default:
      return { [kind.replace("Value", "")]: value };
  }
}

function list(from: Json, field: string): readonly Json[] {
  return (from[field] ?? []) as readonly Json[];
}

function object(from: Json, field: string): Json {
  return (from[field] ?? {}) as Json;
}

function text(from: Json, field: string): string {
  return String(from[field] ?? "");
}
