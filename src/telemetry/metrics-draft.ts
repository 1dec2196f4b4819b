import type { Ledger, MetricPoint } from "../contracts/telemetry.ts";
import { RawTexts } from "./raw-texts.ts";
import { type Identity, identityOf, RESOURCE_SLOT_COUNT, resourceFacts } from "./semconv.ts";
import { SlotRow } from "./trace-draft.ts";

/** Flag of a point that says "no value was recorded". */
export const NO_RECORDED_VALUE = 1;
const MAX_ATTRIBUTES_LENGTH = 1024;
const MAX_RAW_TEXTS = 16_384;

export interface PointDraft {
  readonly name: string;
  readonly unit: string;
  readonly attributes: string;
  readonly timeSeconds: number;
  readonly value: number;
  readonly count: number;
  readonly cumulative: boolean;
}

/** One body of metrics half read: points wait for their resource, which may come after them. */
export class MetricsDraft {
  readonly raw = new RawTexts();
  readonly resourceSlots = new SlotRow(RESOURCE_SLOT_COUNT);
  #points: { readonly resource: number; readonly point: PointDraft }[] = [];
  #identities: Identity[] = [];
  #rejected: number[] = [];

  begin(): void {
    this.#points = [];
    this.#identities = [];
    this.#rejected = [];
    if (this.raw.size > MAX_RAW_TEXTS) this.raw.clear();
  }

  openResource(): void {
    this.resourceSlots.clear();
    this.#rejected.push(0);
  }

  closeResource(): void {
    const { texts } = this.resourceSlots;
    this.#identities.push(identityOf(resourceFacts((slot) => this.raw.text(texts[slot]!))));
  }

  /** Takes a point of the open resource. One without a time or a number is refused and counted. */
  add(point: PointDraft): void {
    const resource = this.#rejected.length - 1;
    const isGood = point.timeSeconds > 0 && Number.isFinite(point.value) && point.name !== "";
    if (isGood) this.#points.push({ resource, point });
    else this.#rejected[resource] = this.#rejected[resource]! + 1;
  }

  /** The points with their services. Refused ones are counted in the ledger. */
  finish(ledger: Ledger): { readonly metrics: readonly MetricPoint[]; readonly rejectedPoints: number } {
    let rejectedPoints = 0;
    for (const [index, count] of this.#rejected.entries()) {
      ledger.lost(this.#identities[index]!.service, "malformed", count);
      rejectedPoints += count;
    }
    const metrics = this.#points.map(({ resource, point }): MetricPoint => {
      const { service, instance } = this.#identities[resource]!;
      const { name, unit, attributes, timeSeconds, value, count, cumulative } = point;
      return { name, unit, service, instance, attributes, timeSeconds, value, count, cumulative };
    });
    this.begin();
    return { metrics, rejectedPoints };
  }
}

/** `key=value` pairs, sorted, joined by commas; cut when absurdly long. */
export function attributesText(pairs: readonly string[]): string {
  return [...pairs].sort().join(",").slice(0, MAX_ATTRIBUTES_LENGTH).toWellFormed();
}
