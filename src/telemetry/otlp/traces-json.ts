import { probabilityOfTracestate } from "../sampling-probability.ts";
import { SPAN_KEYS, SPAN_SLOT } from "../semconv.ts";
import type { TraceDraft } from "../trace-draft.ts";
import {
  attributesInto,
  enumOf,
  idInto,
  type JsonObject,
  listOf,
  objectOf,
  resourceInto,
  textOf,
  unsignedOf,
} from "./json-fields.ts";
import type { ToleranceCounts } from "./tolerances.ts";
import { putTimes } from "./traces-wire.ts";

const KINDS: Readonly<Record<string, number>> = {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
};
const STATUS_CODES: Readonly<Record<string, number>> = {
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: 2,
};
const MAX_KIND = 5;
const STATUS_ERROR = 2;
const LOW_WORD = 0xffff_ffffn;

/** Reads OTLP JSON into the draft by the same rules as the protobuf reader. @throws {MalformedError} */
export function readTracesJson(body: JsonObject, draft: TraceDraft, tolerances: ToleranceCounts): void {
  for (const item of listOf(body, "resourceSpans")) {
    const resourceSpans = objectOf(item, "resourceSpans");
    const resource = draft.openResource();
    resourceInto(resourceSpans, draft);
    for (const scopeItem of listOf(resourceSpans, "scopeSpans")) {
      for (const span of listOf(objectOf(scopeItem, "scopeSpans"), "spans")) {
        readSpan(objectOf(span, "span"), draft, resource, tolerances);
      }
    }
    draft.closeResource(resource);
  }
}

function readSpan(span: JsonObject, draft: TraceDraft, resource: number, tolerances: ToleranceCounts): void {
  const row = draft.openSpan();
  const { columns } = draft;
  const hasTraceId = idInto(textOf(span, "traceId"), columns.traceId, row * 4, 4, tolerances);
  const hasSpanId = idInto(textOf(span, "spanId"), columns.spanId, row * 2, 2, tolerances);
  const parent = textOf(span, "parentSpanId");
  const isParentGood = idInto(parent, columns.parentSpanId, row * 2, 2, tolerances) || isNoParent(parent);
  draft.spanSlots.texts[SPAN_SLOT.name] = draft.raw.internText(textOf(span, "name"));
  columns.samplingProbability[row] = probabilityOfTracestate(textOf(span, "traceState"));
  const kind = enumOf(span, "kind", KINDS, tolerances);
  columns.kind[row] = kind >= 0 && kind <= MAX_KIND ? kind : 0;
  attributesInto(span, SPAN_KEYS, draft.raw, draft.spanSlots);
  const status = span["status"];
  if (status !== undefined && status !== null) {
    columns.isError[row] =
      enumOf(objectOf(status, "status"), "code", STATUS_CODES, tolerances) === STATUS_ERROR ? 1 : 0;
  }
  for (const link of listOf(span, "links")) readLink(objectOf(link, "link"), draft, tolerances);
  const start = unsignedOf(span, "startTimeUnixNano");
  const end = unsignedOf(span, "endTimeUnixNano");
  if (!(hasTraceId && hasSpanId && isParentGood)) {
    draft.rejectSpan(resource);
    return;
  }
  putTimes(draft, row, Number(start >> 32n), Number(start & LOW_WORD), Number(end >> 32n), Number(end & LOW_WORD));
  draft.commitSpan(row, resource);
}

/** No id, or one of zeros: both say "root". */
function isNoParent(text: string): boolean {
  return text === "" || text === "0000000000000000" || text === "AAAAAAAAAAA=";
}

const linkTrace = new Uint32Array(4);
const linkSpan = new Uint32Array(2);

function readLink(link: JsonObject, draft: TraceDraft, tolerances: ToleranceCounts): void {
  const hasTraceId = idInto(textOf(link, "traceId"), linkTrace, 0, 4, tolerances);
  const hasSpanId = idInto(textOf(link, "spanId"), linkSpan, 0, 2, tolerances);
  if (!hasTraceId || !hasSpanId) return;
  draft.columns.addLink(linkTrace[0]!, linkTrace[1]!, linkTrace[2]!, linkTrace[3]!, linkSpan[0]!, linkSpan[1]!);
}
