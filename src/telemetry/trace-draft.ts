import { MalformedError } from "../contracts/errors.ts";
import { RawTexts } from "./raw-texts.ts";
import { RESOURCE_SLOT_COUNT, SPAN_SLOT_COUNT } from "./semconv.ts";
import { SpanColumns } from "./span-columns.ts";
import type { StringTable } from "./string-table.ts";

const MAX_SPANS_PER_BODY = 1 << 20;
const MAX_RAW_TEXTS = 16_384;
const UNSET_RANK = 255;

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
  /** Resource of each span row. */
  resourceOfRow = new Uint32Array(0);
  /** `SPAN_SLOT_COUNT` raw texts a span row. */
  slotsOfRow = new Uint32Array(0);
  /** `RESOURCE_SLOT_COUNT` raw texts a resource. */
  slotsOfResource = new Uint32Array(RESOURCE_SLOT_COUNT * 16);
  /** Spans refused for their ids, by resource. */
  rejectedOfResource = new Uint32Array(16);
  #resourceCount = 0;
  /** Grows by one whenever raw text numbers lose their meaning. */
  #generation = 0;

  constructor(strings: StringTable) {
    this.columns = new SpanColumns(strings);
  }

  get resourceCount(): number {
    return this.#resourceCount;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Forgets the last body. */
  begin(): void {
    this.columns.rollback({ spanCount: 0, linkCount: 0 });
    this.#resourceCount = 0;
    if (this.slotsOfResource.length > RESOURCE_SLOT_COUNT * 65_536) {
      this.slotsOfResource = new Uint32Array(RESOURCE_SLOT_COUNT * 16);
      this.rejectedOfResource = new Uint32Array(16);
    }
    if (this.raw.size > MAX_RAW_TEXTS) {
      this.raw.clear();
      this.#generation += 1;
    }
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

  closeResource(resource: number): void {
    this.slotsOfResource.set(this.resourceSlots.texts, resource * RESOURCE_SLOT_COUNT);
  }

  /** The row of a new span of `resource`, with `spanSlots` empty. @throws {MalformedError} when there are too many. */
  openSpan(): number {
    const row = this.columns.open();
    if (row >= MAX_SPANS_PER_BODY) throw new MalformedError(`more than ${MAX_SPANS_PER_BODY} spans in one body`);
    if (this.resourceOfRow.length !== this.columns.capacity) this.#fitRows(row);
    this.spanSlots.clear();
    return row;
  }

  commitSpan(row: number, resource: number): void {
    this.resourceOfRow[row] = resource;
    this.slotsOfRow.set(this.spanSlots.texts, row * SPAN_SLOT_COUNT);
    this.columns.commit();
  }

  rejectSpan(resource: number): void {
    this.rejectedOfResource[resource] = this.rejectedOfResource[resource]! + 1;
  }

  #fitRows(rowCount: number): void {
    const capacity = this.columns.capacity;
    const resources = new Uint32Array(capacity);
    resources.set(this.resourceOfRow.subarray(0, rowCount));
    this.resourceOfRow = resources;
    const slots = new Uint32Array(capacity * SPAN_SLOT_COUNT);
    slots.set(this.slotsOfRow.subarray(0, rowCount * SPAN_SLOT_COUNT));
    this.slotsOfRow = slots;
  }
}
