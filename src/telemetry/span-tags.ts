import { SPAN_KIND } from "../contracts/telemetry.ts";
import { firstWord } from "./id-stripping.ts";
import type { RawTexts } from "./raw-texts.ts";
import { probabilityOfTracestate } from "./sampling-probability.ts";
import { FIELD_KEYS, FIELD_SLOT, FIELD_SLOT_COUNT, type KeyTable, SPAN_KEYS } from "./semconv.ts";
import { SlotRow, type TraceDraft } from "./trace-draft.ts";

const KINDS: Readonly<Record<string, number>> = {
  internal: SPAN_KIND.internal,
  server: SPAN_KIND.server,
  client: SPAN_KIND.client,
  producer: SPAN_KIND.producer,
  consumer: SPAN_KIND.consumer,
};
const SERVER_ERROR = 500;
const CLIENT_ERROR = 400;

/** The tags of one span, in formats that have no fields for kind, status and sampling. */
export class SpanTags {
  /** What `FIELD_KEYS` found. */
  readonly fields = new SlotRow(FIELD_SLOT_COUNT);

  /** Forgets the last span. */
  clear(): void {
    this.fields.clear();
  }

  /** Takes one tag. `isString` because only a string can be a statement whose first word is kept. */
  put(key: string, text: string, isString: boolean, draft: TraceDraft): void {
    putTag(key, text, isString, SPAN_KEYS, draft.raw, draft.spanSlots);
    putTag(key, text, isString, FIELD_KEYS, draft.raw, this.fields);
  }

  /**
   * Writes what the tags say of the open row: its kind unless it has one, whether it failed, how it was sampled.
   * An `error` tag is the last word, then `otel.status_code`, then the HTTP status: 500 and up, to a client 400 and up
   * (as OpenTelemetry's own translation has it).
   */
  apply(draft: TraceDraft, row: number): void {
    const { columns, raw } = draft;
    const text = (slot: number) => raw.text(this.fields.texts[slot]!);
    columns.kind[row] ||= KINDS[text(FIELD_SLOT.kind).toLowerCase()] ?? SPAN_KIND.unspecified;
    columns.samplingProbability[row] = probabilityOfTracestate(text(FIELD_SLOT.tracestate));
    const error = text(FIELD_SLOT.error);
    const statusCode = text(FIELD_SLOT.statusCode).toUpperCase();
    const httpStatus = Number(text(FIELD_SLOT.httpStatus));
    const errorFrom = columns.kind[row] === SPAN_KIND.client ? CLIENT_ERROR : SERVER_ERROR;
    const isError =
      error !== "" ? error !== "false" : statusCode !== "" ? statusCode === "ERROR" : httpStatus >= errorFrom;
    columns.isError[row] = isError ? 1 : 0;
  }
}

/** Takes a tag into the slot that `keys` knows for it, if any. */
export function putTag(
  key: string,
  text: string,
  isString: boolean,
  keys: KeyTable,
  raw: RawTexts,
  slots: SlotRow,
): void {
  const found = keys.ofText(key);
  if (found === undefined) return;
  const kept = found.isFirstWordOnly ? (isString ? firstWord(text) : "") : text;
  slots.put(found.slot, found.rank, raw.internText(kept));
}
