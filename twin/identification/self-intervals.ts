/** Stretches of own work of visits, ascending by start; `visit` is the row of the visit each belongs to. */
export interface SelfIntervals {
  readonly visit: Uint32Array;
  readonly startSeconds: Float64Array;
  readonly endSeconds: Float64Array;
}

/** Gathers the self intervals of visits, given in any order. */
export class SelfIntervalList {
  readonly #visit: number[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];

  /**
   * Adds a visit by its self segments and the call groups between them, seconds; `groups` is one shorter than `segments`.
   * What they leave of the visit (consumer lag) stands in front of the first segment and counts as its beginning.
   */
  add(
    visit: number,
    arrivalSeconds: number,
    departureSeconds: number,
    segments: Float64Array,
    groups: Float64Array,
  ): void {
    let start = arrivalSeconds;
    let end = departureSeconds;
    for (let k = 1; k < segments.length; k++) end -= segments[k]! + groups[k - 1]!;
    for (let k = 0; k < segments.length; k++) {
      if (k > 0) {
        start = end + groups[k - 1]!;
        end = start + segments[k]!;
      }
      if (end > start) this.#push(visit, start, end);
    }
  }

  /** Adds intervals gathered before, whose visit v now is row `rowOf[v]`. */
  addAll(intervals: SelfIntervals, rowOf: Uint32Array): void {
    for (let k = 0; k < intervals.visit.length; k++) {
      this.#push(rowOf[intervals.visit[k]!]!, intervals.startSeconds[k]!, intervals.endSeconds[k]!);
    }
  }

  /** All of them in order of their start; ties as they were added. */
  sorted(): SelfIntervals {
    const start = this.#start;
    const order = Uint32Array.from(start, (_, k) => k).sort((a, b) => start[a]! - start[b]! || a - b);
    return {
      visit: Uint32Array.from(order, (k) => this.#visit[k]!),
      startSeconds: Float64Array.from(order, (k) => start[k]!),
      endSeconds: Float64Array.from(order, (k) => this.#end[k]!),
    };
  }

  #push(visit: number, startSeconds: number, endSeconds: number): void {
    this.#visit.push(visit);
    this.#start.push(startSeconds);
    this.#end.push(endSeconds);
  }
}
