import { MalformedError } from "../../contracts/errors.ts";
import { SPAN_KIND } from "../../contracts/telemetry.ts";
import { looseIdInto } from "../loose-ids.ts";
import { type JsonObject, listOf, objectOf, textOf } from "../otlp/json-fields.ts";
import { RESOURCE_KEYS, SPAN_SLOT } from "../semconv.ts";
import { separateSharedIds } from "../shared-ids.ts";
import { putTag, SpanTags } from "../span-tags.ts";
import { putNanos } from "../span-times.ts";
import type { TraceDraft } from "../trace-draft.ts";
import { References } from "./references.ts";

const NANOS_PER_MICRO = 1000;
const NANOS_PER_SECOND = 1e9;
/** Protobuf JSON writes times and durations in words: `2026-03-01T10:00:00.000001Z`, `0.25s`. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
const DIGITS = /^\d{1,16}$/;

const tags = new SpanTags();
const references = new References();

/**
 * Reads Jaeger's JSON into the draft: the document the UI downloads (`{data: [{spans, processes}]}`), one trace, an array
 * of traces, or one span with its `process` as it goes through Kafka (protobuf JSON of `jaeger.api_v2.Span`, or the UI's
 * spelling). Spans without good ids or a start are refused one by one and counted.
 *
 * @throws {MalformedError} when it is none of these; the draft is then to be forgotten.
 */
export function readJaegerJson(body: unknown, draft: TraceDraft): void {
  for (const item of tracesOf(body)) {
    const trace = objectOf(item, "trace");
    if (trace["spans"] === undefined) readSpan(trace, draft, resourceOf(trace["process"], draft));
    else readTrace(trace, draft);
  }
  separateSharedIds(draft, () => false);
}

function tracesOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  const document = objectOf(body, "body");
  const { data } = document;
  if (data === undefined) return [document];
  if (data === null) return [];
  return Array.isArray(data) ? data : [data];
}

function readTrace(trace: JsonObject, draft: TraceDraft): void {
  const processes = objectOf(trace["processes"] ?? {}, "processes");
  const resources = new Map<string, number>();
  for (const item of listOf(trace, "spans")) {
    const span = objectOf(item, "span");
    if (span["process"] !== undefined) {
      readSpan(span, draft, resourceOf(span["process"], draft));
      continue;
    }
    const id = oneOf(span, "processID", "processId");
    let resource = resources.get(id);
    if (resource === undefined) {
      resource = resourceOf(Object.hasOwn(processes, id) ? processes[id] : undefined, draft);
      resources.set(id, resource);
    }
    readSpan(span, draft, resource);
  }
}

function resourceOf(process: unknown, draft: TraceDraft): number {
  const resource = draft.openResource();
  const { raw, resourceSlots } = draft;
  const from = objectOf(process ?? {}, "process");
  for (const { key, text, isString } of tagsOf(from)) putTag(key, text, isString, RESOURCE_KEYS, raw, resourceSlots);
  putTag("service.name", textOf(from, "serviceName"), true, RESOURCE_KEYS, raw, resourceSlots);
  draft.closeResource(resource);
  return resource;
}

function readSpan(span: JsonObject, draft: TraceDraft, resource: number): void {
  const row = draft.openSpan();
  const { columns } = draft;
  const hasTraceId = looseIdInto(oneOf(span, "traceID", "traceId"), columns.traceId, row * 4, 4);
  const hasSpanId = looseIdInto(oneOf(span, "spanID", "spanId"), columns.spanId, row * 2, 2);
  draft.spanSlots.texts[SPAN_SLOT.name] = draft.raw.internText(textOf(span, "operationName"));
  columns.kind[row] = SPAN_KIND.unspecified;
  tags.clear();
  for (const { key, text, isString } of tagsOf(span)) tags.put(key, text, isString, draft);
  tags.apply(draft, row);
  readReferences(span, draft, row);
  const hasTimes = putNanos(columns, row, startNanosOf(span["startTime"]), durationNanosOf(span["duration"]));
  if (hasTraceId && hasSpanId && hasTimes) draft.commitSpan(row, resource);
  else draft.rejectSpan(resource);
}

function readReferences(span: JsonObject, draft: TraceDraft, row: number): void {
  references.clear();
  // Spans of old clients name their parent in a field.
  const parent = oneOf(span, "parentSpanID", "parentSpanId");
  for (const item of listOf(span, "references")) {
    const reference = objectOf(item, "reference");
    const isGood =
      looseIdInto(oneOf(reference, "traceID", "traceId"), references.traceId, 0, 4) &&
      looseIdInto(oneOf(reference, "spanID", "spanId"), references.spanId, 0, 2);
    const type = reference["refType"] ?? 0;
    if (isGood) references.add(type === "FOLLOWS_FROM" || type === 1);
  }
  references.apply(draft, row);
  const { parentSpanId } = draft.columns;
  const hasParent = parentSpanId[row * 2] !== 0 || parentSpanId[row * 2 + 1] !== 0;
  if (!hasParent && parent !== "") looseIdInto(parent, parentSpanId, row * 2, 2);
}

interface Tag {
  readonly key: string;
  readonly text: string;
  readonly isString: boolean;
}

function* tagsOf(from: JsonObject): Generator<Tag> {
  for (const item of listOf(from, "tags")) {
    const tag = objectOf(item, "tag");
    const key = textOf(tag, "key");
    const value = valueOfTag(tag);
    // Bytes name nothing.
    if (tag["type"] === "binary") continue;
    if (typeof value === "string") yield { key, text: value, isString: isStringTag(tag) };
    else if (typeof value === "number" || typeof value === "boolean")
      yield { key, text: String(value), isString: false };
  }
}

/** The UI writes `value`; protobuf JSON a field for each type, and none at all for "", 0 and false. */
function valueOfTag(tag: JsonObject): unknown {
  switch (tag["vType"] ?? 0) {
    case "BOOL":
    case 1:
      return tag["vBool"] ?? false;
    case "INT64":
    case 2:
      return tag["vInt64"] ?? 0;
    case "FLOAT64":
    case 3:
      return tag["vFloat64"] ?? 0;
    case "BINARY":
    case 4:
      return undefined;
    default:
      return tag["value"] ?? tag["vStr"];
  }
}

function isStringTag(tag: JsonObject): boolean {
  const type = tag["type"] ?? tag["vType"] ?? "string";
  return type === "string" || type === "STRING" || type === 0;
}

function oneOf(from: JsonObject, name: string, other: string): string {
  return textOf(from, from[name] === undefined ? other : name);
}

/** Nanoseconds since 1970 of microseconds or of a timestamp in words; NaN when there is none. */
function startNanosOf(value: unknown): number {
  if (value === undefined || value === null) return Number.NaN;
  if (typeof value === "number") return value * NANOS_PER_MICRO;
  if (typeof value === "string") {
    if (DIGITS.test(value)) return Number(value) * NANOS_PER_MICRO;
    const [, seconds, fraction] = TIMESTAMP.exec(value) ?? [];
    if (seconds !== undefined) return Date.parse(`${seconds}Z`) * 1e6 + nanosOf(fraction);
  }
  throw new MalformedError(`startTime is no time: ${JSON.stringify(value).slice(0, 40)}`);
}

function durationNanosOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number") return value * NANOS_PER_MICRO;
  if (typeof value === "string") {
    if (DIGITS.test(value)) return Number(value) * NANOS_PER_MICRO;
    const [, sign, seconds, fraction] = DURATION.exec(value) ?? [];
    if (seconds !== undefined) {
      const nanos = Number(seconds) * NANOS_PER_SECOND + nanosOf(fraction);
      return sign === "-" ? -nanos : nanos;
    }
  }
  throw new MalformedError(`duration is no duration: ${JSON.stringify(value).slice(0, 40)}`);
}

function nanosOf(fraction: string | undefined): number {
  return Number((fraction ?? "").padEnd(9, "0"));
}
