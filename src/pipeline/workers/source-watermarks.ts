import type { Section } from "./keyed-record.ts";

/** A source that said it was at its end and was not heard of for so long may have more by now. Seconds. */
const FRESH_SECONDS = 10;
/** After so long without a word a source is thought to be gone for good. Seconds. */
const FORGOTTEN_SECONDS = 900;

const UNKNOWN = Number.NEGATIVE_INFINITY;

interface Source {
  /** False for one that gave metrics only: it tells nothing of event time, and is none of those that are waited for. */
  isTimed: boolean;
  offset: number;
  eventSeconds: number;
  isAtEnd: boolean;
  heardSeconds: number;
}

/**
 * Event time of a keyed partition: how far all partitions of the raw topics have come that have more to say. Depends on what
 * stands in the log alone, times of records among it, so that reading it again gives the same.
 *
 * A partition at its end holds nobody up, unless its worker has fallen silent: then it may have more, and is waited for.
 */
export class SourceWatermarks {
  readonly #sources = new Map<string, Source>();
  #sourceCount = Number.POSITIVE_INFINITY;
  #nowSeconds = Number.NEGATIVE_INFINITY;
  #eventSeconds = Number.NEGATIVE_INFINITY;

  /** Never goes back; −∞ until all sources were heard of. */
  get eventSeconds(): number {
    return this.#eventSeconds;
  }

  /**
   * Takes in what a section says of its source. False when all of it was known: the section came twice.
   *
   * @param recordSeconds when the section's record was written
   */
  take(section: Section, sourceCount: number, recordSeconds: number): boolean {
    this.#sourceCount = sourceCount;
    this.#nowSeconds = Math.max(this.#nowSeconds, recordSeconds);
    const known = this.#sources.get(section.source);
    const isNew = known === undefined || section.offset > known.offset;
    if (known !== undefined && section.offset < known.offset) return false;
    this.#sources.set(section.source, {
      isTimed: section.signal === "traces" || known?.isTimed === true,
      offset: section.offset,
      eventSeconds: Math.max(known?.eventSeconds ?? UNKNOWN, section.eventSeconds ?? UNKNOWN),
      isAtEnd: section.isAtEnd,
      heardSeconds: recordSeconds,
    });
    return isNew;
  }

  /** Event time after all sections of a record were taken. */
  advance(): number {
    const timed = [...this.#sources.values()].filter(({ isTimed }) => isTimed);
    if (timed.length < this.#sourceCount) return this.#eventSeconds;
    let slowest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (const source of timed) {
      const silentSeconds = this.#nowSeconds - source.heardSeconds;
      latest = Math.max(latest, source.eventSeconds);
      if (source.isAtEnd && silentSeconds <= FRESH_SECONDS) continue;
      if (silentSeconds > FORGOTTEN_SECONDS) continue;
      slowest = Math.min(slowest, source.eventSeconds);
    }
    const now = slowest === Number.POSITIVE_INFINITY ? latest : slowest;
    this.#eventSeconds = Math.max(this.#eventSeconds, now);
    return this.#eventSeconds;
  }
}
