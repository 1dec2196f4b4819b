/** How OTLP JSON may differ from what the specification asks and still be read: other encoders of protobuf write it so. */
export type Deviation = "base64-id" | "snake-case-name" | "enum-name";

/** Counts what was read although it should have been written otherwise. Three numbers, whatever comes. */
export class ToleranceCounts {
  readonly #counts: Record<Deviation, number> = { "base64-id": 0, "snake-case-name": 0, "enum-name": 0 };

  add(deviation: Deviation): void {
    this.#counts[deviation] += 1;
  }

  counts(): Readonly<Record<Deviation, number>> {
    return { ...this.#counts };
  }
}
