import type { TraceDraft } from "../trace-draft.ts";

const ROOM = 6;

/**
 * References of one span to others. Its parent is the first CHILD_OF reference into its own trace, or the first
 * FOLLOWS_FROM where there is none; every other reference is a link, and a FOLLOWS_FROM parent is one besides.
 * Source: Jaeger's `Span.ParentSpanID` and OpenTelemetry's translation of Jaeger.
 */
export class References {
  /** Ids of the reference to `add`. */
  readonly traceId = new Uint32Array(4);
  readonly spanId = new Uint32Array(2);
  /** Trace and span ids and FOLLOWS_FROM of each. */
  readonly #kept: number[] = [];
  readonly #isFollowing: boolean[] = [];

  clear(): void {
    this.#kept.length = 0;
    this.#isFollowing.length = 0;
  }

  add(isFollowing: boolean): void {
    this.#kept.push(...this.traceId, ...this.spanId);
    this.#isFollowing.push(isFollowing);
  }

  /** Writes parent and links of the open row, whose trace id must be there. */
  apply({ columns }: TraceDraft, row: number): void {
    const count = this.#isFollowing.length;
    if (count === 0) return;
    const own = columns.traceId.subarray(row * 4, row * 4 + 4);
    const isOwnTrace = (at: number): boolean => own.every((word, i) => word === this.#kept[at * ROOM + i]);
    const candidates = this.#isFollowing.flatMap((_, at) => (isOwnTrace(at) ? [at] : []));
    const parent = candidates.find((at) => !this.#isFollowing[at]) ?? candidates[0] ?? -1;
    for (let at = 0; at < count; at += 1) {
      const [t0, t1, t2, t3, s0, s1] = this.#kept.slice(at * ROOM, at * ROOM + ROOM) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      if (at === parent) {
        columns.parentSpanId[row * 2] = s0;
        columns.parentSpanId[row * 2 + 1] = s1;
      }
      if (at !== parent || this.#isFollowing[at]) columns.addLink(t0, t1, t2, t3, s0, s1);
    }
  }
}
