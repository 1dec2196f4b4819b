import type { Section } from "./keyed-record.ts";

/** A source that said it was at its end and was not heard of for so long may have more by now. Seconds. */
const FRESH_SECONDS = 10;
/** After so long without a word a source is thought to be gone for good. Seconds. */
const FORGOTTEN_SECONDS = 900;
/** Moments of which is remembered how far event time was: so many, so far apart at least. */
const MOMENTS_MAX = 2000;
const MOMENT_SECONDS = 0.1;

const UNKNOWN = Number.NEGATIVE_INFINITY;

interface Source {
  /** False for one that gave metrics only: it tells nothing of event time, and is none of those that are waited for. */
  isTimed: boolean;
  offset: number;
  eventSeconds: number;
  isAtEnd: boolean;
  asOfSeconds: number;
  heardSeconds: number;
}

/**
 * Event time of a keyed partition: how far all partitions of the raw topics have come. Depends on what stands in the log
 * alone, times of records among it, so that reading it again gives the same.
 *
 * A partition with more to say is waited for. One that was at its end at some moment has dealt out all that was written before,
 * so it holds nobody up until then; when its worker falls silent, it is waited for like the others.
 */
export class SourceWatermarks {
  readonly #sources = new Map<string, Source>();
  /** How far event time had come in what was written until a moment; both grow. */
  readonly #moments: { asOfSeconds: number; eventSeconds: number }[] = [];
  #sourceCount = Number.POSITIVE_INFINITY;
  #nowSeconds = UNKNOWN;
  #eventSeconds = UNKNOWN;

  /**
   * Takes in what a section says of its source. False when all of it was known: the section came twice.
   *
   * @param recordSeconds when the section's record was written
   */
  take(section: Section, sourceCount: number, recordSeconds: number): boolean {
    this.#sourceCount = sourceCount;
    this.#nowSeconds = Math.max(this.#nowSeconds, recordSeconds);
    const { source, offset, isAtEnd, asOfSeconds } = section;
    const known = this.#sources.get(source);
    if (known !== undefined && offset < known.offset) return false;
    const eventSeconds = Math.max(known?.eventSeconds ?? UNKNOWN, section.eventSeconds ?? UNKNOWN);
    const isTimed = section.signal === "traces" || known?.isTimed === true;
    this.#sources.set(source, { isTimed, offset, eventSeconds, isAtEnd, asOfSeconds, heardSeconds: recordSeconds });
    if (!isAtEnd) this.#remember(asOfSeconds, eventSeconds);
    return known === undefined || offset > known.offset;
  }

  /** Event time after all sections of a record were taken. Never goes back; −∞ until all sources were heard of. */
  advance(): number {
    const timed = [...this.#sources.values()].filter(({ isTimed }) => isTimed);
    if (timed.length < this.#sourceCount) return this.#eventSeconds;
    let slowest = Number.POSITIVE_INFINITY;
    let idleAsOf = Number.POSITIVE_INFINITY;
    for (const { isAtEnd, asOfSeconds, heardSeconds, eventSeconds } of timed) {
      const silentSeconds = this.#nowSeconds - heardSeconds;
      if (isAtEnd && silentSeconds <= FRESH_SECONDS) idleAsOf = Math.min(idleAsOf, asOfSeconds);
      else if (silentSeconds <= FORGOTTEN_SECONDS) slowest = Math.min(slowest, eventSeconds);
    }
    const now = Math.min(slowest, this.#eventSecondsAt(idleAsOf));
    this.#eventSeconds = Math.max(this.#eventSeconds, now);
    return this.#eventSeconds;
  }

  #remember(asOfSeconds: number, eventSeconds: number): void {
    const last = this.#moments.at(-1);
    if (last === undefined || asOfSeconds >= last.asOfSeconds + MOMENT_SECONDS) {
      this.#moments.push({ asOfSeconds, eventSeconds: Math.max(last?.eventSeconds ?? UNKNOWN, eventSeconds) });
      if (this.#moments.length > MOMENTS_MAX) this.#moments.shift();
      return;
    }
    // Together they are known at the later of the two moments.
    last.asOfSeconds = Math.max(last.asOfSeconds, asOfSeconds);
    last.eventSeconds = Math.max(last.eventSeconds, eventSeconds);
  }

  #eventSecondsAt(asOfSeconds: number): number {
    return this.#moments.findLast((moment) => moment.asOfSeconds <= asOfSeconds)?.eventSeconds ?? UNKNOWN;
  }
}
