import { MalformedError } from "../contracts/errors.ts";
import { RawTexts } from "./raw-texts.ts";
import { ResourceMemo } from "./resource-memo.ts";
import { probabilityOfAttribute } from "./sampling-probability.ts";
import {
  type Identity,
  identityOf,
  RESOURCE_SLOT_COUNT,
  resourceFacts,
  SPAN_SLOT,
  SPAN_SLOT_COUNT,
} from "./semconv.ts";
import { SpanColumns } from "./span-columns.ts";
import { SpanSignatures } from "./span-signatures.ts";
import type { StringTable } from "./string-table.ts";

const MAX_SPANS_PER_BODY = 1 << 20;
const MAX_RAW_TEXTS = 16_384;
const UNSET_RANK = 255;
const NO_BODY = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BODY.buffer);

/** Slots being filled from attributes: the raw text of each, and the rank of the name that filled it. */
export class SlotRow {
  readonly texts: Uint32Array;
  readonly #ranks: Uint8Array;

  constructor(slotCount: number) {
    this.texts = new Uint32Array(slotCount);
    this.#ranks = new Uint8Array(slotCount).fill(UNSET_RANK);
  }

  /** Takes the text unless a better name filled the slot already. An empty text says nothing. */
  put(slot: number, rank: number, rawText: number): void {
    if (rawText === 0 || rank > this.#ranks[slot]!) return;
    this.#ranks[slot] = rank;
    this.texts[slot] = rawText;
  }

  clear(): void {
    this.texts.fill(0);
    this.#ranks.fill(UNSET_RANK);
  }
}

/**
 * One body of spans half read: ids and times stand in their columns; names are still raw texts in slots, because a
 * resource may come after its spans. Nothing outside has changed yet, so a body that turns out malformed leaves no trace.
 */
export class TraceDraft {
  readonly raw = new RawTexts();
  readonly columns: SpanColumns;
  readonly spanSlots = new SlotRow(SPAN_SLOT_COUNT);
  readonly resourceSlots = new SlotRow(RESOURCE_SLOT_COUNT);
  /** What the texts of each span are worth; a reader of protobuf fills them without `raw`. */
  readonly signatures = new SpanSignatures();
  readonly resourceMemo = new ResourceMemo();
  /** Resource of each span row. */
  resourceOfRow = new Uint32Array(0);
  /** Signature of each span row. */
  signatureOfRow = new Uint32Array(0);
  /** Who sends, by resource. */
  readonly identities: Identity[] = [];
  /** `RESOURCE_SLOT_COUNT` raw texts a resource. */
  slotsOfResource = new Uint32Array(RESOURCE_SLOT_COUNT * 16);
  /** Spans refused for their ids, by resource. */
  rejectedOfResource = new Uint32Array(16);
  #resourceCount = 0;

  constructor(strings: StringTable) {
    this.columns = new SpanColumns(strings);
  }

  get resourceCount(): number {
    return this.#resourceCount;
  }

  /** Forgets the last body. @param body where `signatures` finds texts by their place; default: it is told none */
  begin(body: Uint8Array = NO_BODY, view: DataView = NO_VIEW): void {
    this.columns.rollback({ spanCount: 0, linkCount: 0 });
    this.signatures.begin(body, view);
    this.resourceMemo.begin();
    this.#resourceCount = 0;
    this.identities.length = 0;
    if (this.slotsOfResource.length > RESOURCE_SLOT_COUNT * 65_536) {
      this.slotsOfResource = new Uint32Array(RESOURCE_SLOT_COUNT * 16);
      this.rejectedOfResource = new Uint32Array(16);
    }
    if (this.raw.size > MAX_RAW_TEXTS) this.raw.clear();
  }

  /** A new resource; fill `resourceSlots`, then `closeResource`. Its number is good from now on. */
  openResource(): number {
    const resource = this.#resourceCount;
    this.#resourceCount += 1;
    if (resource >= this.rejectedOfResource.length) {
      const rejected = new Uint32Array(resource * 2);
      rejected.set(this.rejectedOfResource);
      this.rejectedOfResource = rejected;
      const slots = new Uint32Array(resource * 2 * RESOURCE_SLOT_COUNT);
      slots.set(this.slotsOfResource);
      this.slotsOfResource = slots;
    }
    this.rejectedOfResource[resource] = 0;
    this.resourceSlots.clear();
    return resource;
  }

  /** @param identity who it is, when that is known; default: what `resourceSlots` say */
  closeResource(resource: number, identity?: Identity): void {
    const { texts } = this.resourceSlots;
    this.slotsOfResource.set(texts, resource * RESOURCE_SLOT_COUNT);
    this.identities[resource] = identity ?? this.identityNow();
  }

  /** Who the open resource is by its slots. */
  identityNow(): Identity {
    const { texts } = this.resourceSlots;
    return identityOf(resourceFacts((slot) => this.raw.text(texts[slot]!)));
  }

  /** The row of a new span of `resource`, with `spanSlots` empty. @throws {MalformedError} when there are too many. */
  openSpan(): number {
    this.spanSlots.clear();
    return this.openSignedSpan();
  }

  /** The row of a new span of `resource`, with nothing in `signatures`. @throws {MalformedError} when there are too many. */
  openSignedSpan(): number {
    const row = this.columns.open();
    if (row >= MAX_SPANS_PER_BODY) throw new MalformedError(`more than ${MAX_SPANS_PER_BODY} spans in one body`);
    if (this.resourceOfRow.length !== this.columns.capacity) this.#fitRows(row);
    this.signatures.clear();
    return row;
  }

  /** Takes a span in whose names stand in `spanSlots`. */
  commitSpan(row: number, resource: number): void {
    const { texts } = this.spanSlots;
    for (let slot = 0; slot < SPAN_SLOT_COUNT; slot += 1) {
      if (texts[slot] !== 0) this.signatures.putText(slot, 0, this.raw.text(texts[slot]!));
    }
    this.commitSignedSpan(row, resource);
  }

  /** Takes a span in whose names stand in `signatures`. */
  commitSignedSpan(row: number, resource: number): void {
    const { columns, signatures } = this;
    this.resourceOfRow[row] = resource;
    this.signatureOfRow[row] = signatures.sign(columns.kind[row]!);
    // The tracestate, read with the span, says it more exactly.
    if (signatures.isFilled(SPAN_SLOT.samplingProbability) && columns.samplingProbability[row] === 0) {
      columns.samplingProbability[row] = probabilityOfAttribute(signatures.textNow(SPAN_SLOT.samplingProbability));
    }
    columns.commit();
  }

  rejectSpan(resource: number): void {
    this.rejectedOfResource[resource] = this.rejectedOfResource[resource]! + 1;
  }

  #fitRows(rowCount: number): void {
    const capacity = this.columns.capacity;
    const resources = new Uint32Array(capacity);
    resources.set(this.resourceOfRow.subarray(0, rowCount));
    this.resourceOfRow = resources;
    const signatures = new Uint32Array(capacity);
    signatures.set(this.signatureOfRow.subarray(0, rowCount));
    this.signatureOfRow = signatures;
  }
}
