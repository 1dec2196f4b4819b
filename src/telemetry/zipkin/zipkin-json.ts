import { SPAN_KIND } from "../../contracts/telemetry.ts";
import { looseIdInto } from "../loose-ids.ts";
import { type JsonObject, objectOf, textOf } from "../otlp/json-fields.ts";
import { RESOURCE_KEYS, RESOURCE_SLOT, RESOURCE_SLOT_COUNT, SPAN_KEYS, SPAN_SLOT } from "../semconv.ts";
import { separateSharedIds } from "../shared-ids.ts";
import { putTag, SpanTags } from "../span-tags.ts";
import { putNanos } from "../span-times.ts";
import { SlotRow, type TraceDraft } from "../trace-draft.ts";

const KINDS: Readonly<Record<string, number>> = {
  CLIENT: SPAN_KIND.client,
  SERVER: SPAN_KIND.server,
  PRODUCER: SPAN_KIND.producer,
  CONSUMER: SPAN_KIND.consumer,
};
const NANOS_PER_MICRO = 1000;
/** The address of an endpoint names its copy of the service only where no tag does. */
const WORST_RANK = 254;

const tags = new SpanTags();
const sender = new SlotRow(RESOURCE_SLOT_COUNT);

/**
 * Reads Zipkin's v2 JSON into the draft: an array of spans, of traces (as its query API answers), or one span. Spans without good ids or a timestamp are refused
 * one by one and counted, and so are those that never ended, unless they hand on a message, which takes no time.
 *
 * @throws {MalformedError} when it is no such thing; the draft is then to be forgotten.
 */
export function readZipkinJson(body: unknown, draft: TraceDraft): void {
  const resources = new Map<string, number>();
  const sharedRows = new Set<number>();
  for (const item of Array.isArray(body) ? body.flat() : [body]) {
    const span = objectOf(item, "span");
    const row = readSpan(span, draft, resources);
    if (row >= 0 && span["shared"] === true) sharedRows.add(row);
  }
  separateSharedIds(draft, (row) => sharedRows.has(row));
}

/** The row of the span, −1 when it was refused. */
function readSpan(span: JsonObject, draft: TraceDraft, resources: Map<string, number>): number {
  const row = draft.openSpan();
  const { columns, raw } = draft;
  const hasTraceId = looseIdInto(textOf(span, "traceId"), columns.traceId, row * 4, 4);
  const hasSpanId = looseIdInto(textOf(span, "id"), columns.spanId, row * 2, 2);
  const parent = textOf(span, "parentId");
  const isParentGood = looseIdInto(parent, columns.parentSpanId, row * 2, 2) || /^0*$/.test(parent);
  draft.spanSlots.texts[SPAN_SLOT.name] = raw.internText(textOf(span, "name"));
  const kind = KINDS[textOf(span, "kind")] ?? SPAN_KIND.unspecified;
  columns.kind[row] = kind;
  tags.clear();
  sender.clear();
  readTags(span, draft);
  readEndpoints(span, draft);
  const resource = resourceOf(draft, resources);
  tags.apply(draft, row);
  const micros = span["timestamp"];
  const durationMicros = span["duration"] ?? (isMessaging(kind) ? 0 : undefined);
  const hasTimes =
    typeof micros === "number" &&
    typeof durationMicros === "number" &&
    putNanos(columns, row, micros * NANOS_PER_MICRO, durationMicros * NANOS_PER_MICRO);
  if (!hasTraceId || !hasSpanId || !isParentGood || !hasTimes) {
    draft.rejectSpan(resource);
    return -1;
  }
  draft.commitSpan(row, resource);
  return row;
}

function isMessaging(kind: number): boolean {
  return kind === SPAN_KIND.producer || kind === SPAN_KIND.consumer;
}

/**
 * Zipkin has no resources: who writes OpenTelemetry's spans as Zipkin puts theirs among the tags. Names without a dot
 * (`hostname`, `client-uuid`) are Jaeger's for a process; on a span they may be anything.
 */
function readTags(span: JsonObject, draft: TraceDraft): void {
  for (const [key, value] of Object.entries(objectOf(span["tags"] ?? {}, "tags"))) {
    const text = typeof value === "string" ? value : String(value);
    // An error is told by the tag being there; what it says is for people.
    tags.put(key, key === "error" && text === "" ? "true" : text, true, draft);
    if (key.includes(".")) putTag(key, text, true, RESOURCE_KEYS, draft.raw, sender);
  }
}

function readEndpoints(span: JsonObject, draft: TraceDraft): void {
  const { raw, spanSlots } = draft;
  const local = objectOf(span["localEndpoint"] ?? {}, "localEndpoint");
  const service = raw.internText(textOf(local, "serviceName"));
  if (service !== 0) sender.texts[RESOURCE_SLOT.serviceName] = service;
  sender.put(RESOURCE_SLOT.hostName, WORST_RANK, raw.internText(addressOf(local)));
  const remote = objectOf(span["remoteEndpoint"] ?? {}, "remoteEndpoint");
  putTag("peer.service", textOf(remote, "serviceName"), true, SPAN_KEYS, raw, spanSlots);
  putTag("net.peer.ip", addressOf(remote), true, SPAN_KEYS, raw, spanSlots);
  const { port } = remote;
  if (typeof port === "number" && port > 0) putTag("net.peer.port", String(port), false, SPAN_KEYS, raw, spanSlots);
}

function addressOf(endpoint: JsonObject): string {
  return textOf(endpoint, "ipv4") || textOf(endpoint, "ipv6");
}

/** The resource of what `sender` holds; spans of one sender share it. */
function resourceOf(draft: TraceDraft, resources: Map<string, number>): number {
  const key = sender.texts.join(" ");
  const known = resources.get(key);
  if (known !== undefined) return known;
  const resource = draft.openResource();
  draft.resourceSlots.texts.set(sender.texts);
  draft.closeResource(resource);
  resources.set(key, resource);
  return resource;
}
