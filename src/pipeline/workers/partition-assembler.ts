import { MalformedError } from "../../contracts/errors.ts";
import type { Observation } from "../../contracts/observation.ts";
import type { Settings } from "../../contracts/settings.ts";
import type { Ledger, SpanBatch, TelemetryBatch } from "../../contracts/telemetry.ts";
import { OtlpDecoder, type Signal } from "../../telemetry/otlp/decoder.ts";
import { UNKNOWN_SERVICE } from "../../telemetry/semconv.ts";
import { Observer } from "../../topology/observer.ts";
import { decodeKeyed, type Section } from "./keyed-record.ts";
import { piecesOf, type WindowRecord } from "./partial-window.ts";
import { SourceWatermarks } from "./source-watermarks.ts";

/**
 * How much event time before the oldest window that is not given yet is read again by the next owner of the partition. A trace
 * whose spans come further apart than this may be torn when its partition changes hands. Seconds.
 */
const REREAD_SECONDS = 120;
/** Spans that may wait for event time; beyond, the oldest go on without it. */
const HELD_SPANS_MAX = 400_000;

interface HeldSpan {
  readonly spans: SpanBatch;
  readonly row: number;
  readonly endSeconds: number;
}

/**
 * Second leg, for one partition of the keyed topic: its records become windows of the visits it saw.
 *
 * Spans wait until event time, told by all sources, has passed the second in which they ended by the lateness that is
 * allowed, and go on sorted by their end and id. (The observer waits as long again: for the rest of a trace.) So what comes out depends on which spans there are, and not on who dealt them out, when, or how often.
 */
export class PartitionAssembler {
  readonly #partition: { readonly partition: number; readonly partitionCount: number };
  readonly #windowSeconds: number;
  readonly #latenessSeconds: number;
  readonly #decoder: OtlpDecoder;
  readonly #observer: Observer;
  readonly #ledger: Ledger;
  readonly #watermarks = new SourceWatermarks();
  /** By the whole second in which they ended. */
  readonly #held = new Map<number, HeldSpan[]>();
  /** Records that a next owner has to read again, oldest first. */
  readonly #unsafe: { readonly offset: bigint; readonly lastEndSeconds: number }[] = [];
  #heldCount = 0;
  #releasedBefore = Number.NEGATIVE_INFINITY;
  #completeBefore = Number.NEGATIVE_INFINITY;
  #edgesTold = 0;
  #lastOffset: bigint | null = null;
  #late = 0;
  #forced = 0;

  constructor(parts: { partition: number; partitionCount: number; settings: Settings; ledger: Ledger }) {
    this.#partition = { partition: parts.partition, partitionCount: parts.partitionCount };
    this.#windowSeconds = parts.settings.windowSeconds;
    this.#decoder = new OtlpDecoder({ ...parts.settings, ledger: parts.ledger });
    this.#observer = new Observer(parts.settings, parts.ledger);
    this.#latenessSeconds = parts.settings.latenessSeconds;
    this.#ledger = parts.ledger;
  }

  /** The last record taken; null before the first. */
  get lastOffset(): bigint | null {
    return this.#lastOffset;
  }

  /** Spans that came later than is allowed: they went on at once, unsorted, and count where their trace is still open. */
  get lateCount(): number {
    return this.#late;
  }

  /** Spans that went on before event time had passed them, because too many waited. */
  get forcedCount(): number {
    return this.#forced;
  }

  /**
   * Takes a record in; returns what the topic of windows is to be told.
   *
   * @throws {MalformedError} when it is no record of a keyed topic
   */
  take(record: {
    readonly bytes: Uint8Array;
    readonly offset: bigint;
    readonly timestampSeconds: number;
  }): WindowRecord[] {
    this.#lastOffset = record.offset;
    const { sourceCount, sections } = decodeKeyed(record.bytes);
    const closed: Observation[] = [];
    let lastEndSeconds = Number.NEGATIVE_INFINITY;
    for (const section of sections) {
      if (this.#watermarks.take(section, sourceCount, record.timestampSeconds) && section.body.length > 0) {
        lastEndSeconds = Math.max(lastEndSeconds, this.#open(section, closed));
      }
    }
    this.#unsafe.push({ offset: record.offset, lastEndSeconds });
    this.#release(Math.floor(this.#watermarks.advance() - this.#latenessSeconds), closed);
    while (this.#heldCount > HELD_SPANS_MAX) this.#forceOldest(closed);
    return this.#told(closed);
  }

  /**
   * The last record that nobody has to read again, when what was returned until now is in the topic of windows; null when
   * that has not changed.
   */
  takeSafeOffset(): bigint | null {
    const fromSeconds = this.#completeBefore * this.#windowSeconds - REREAD_SECONDS;
    let count = 0;
    while (count < this.#unsafe.length && this.#unsafe[count]!.lastEndSeconds < fromSeconds) count++;
    const safe = this.#unsafe.splice(0, count).at(-1);
    return safe?.offset ?? null;
  }

  /** Decodes a body and lets its spans wait; returns when the last of them ended. */
  #open({ signal, body }: Section, closed: Observation[]): number {
    const batch = this.#decoded(signal, body);
    if (batch === null) return Number.NEGATIVE_INFINITY;
    if (signal === "metrics") closed.push(...this.#observer.add(batch));
    const { spans } = batch;
    let last = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < spans.spanCount; row++) {
      const endSeconds = spans.startSeconds[row]! + Math.max(0, spans.durationSeconds[row]!);
      last = Math.max(last, endSeconds);
      const second = Math.floor(endSeconds);
      if (second < this.#releasedBefore) {
        this.#late++;
        closed.push(...this.#observer.addRows([{ spans, row }]));
        continue;
      }
      const held = this.#held.get(second);
      if (held === undefined) this.#held.set(second, [{ spans, row, endSeconds }]);
      else held.push({ spans, row, endSeconds });
      this.#heldCount++;
    }
    return last;
  }

  #decoded(signal: Signal, body: Uint8Array): TelemetryBatch | null {
    try {
      return this.#decoder.decode(signal, "protobuf", body).batch;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
      return null;
    }
  }

  /** Lets all spans go on that ended before this whole second. */
  #release(before: number, closed: Observation[]): void {
    if (!(before > this.#releasedBefore)) return;
    this.#releasedBefore = before;
    const seconds = [...this.#held.keys()].filter((second) => second < before).sort((a, b) => a - b);
    for (const second of seconds) this.#let(second, closed);
    closed.push(...this.#observer.advanceTo(before));
  }

  #forceOldest(closed: Observation[]): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const second of this.#held.keys()) oldest = Math.min(oldest, second);
    this.#forced += this.#held.get(oldest)!.length;
    this.#let(oldest, closed);
    this.#releasedBefore = Math.max(this.#releasedBefore, oldest + 1);
  }

  #let(second: number, closed: Observation[]): void {
    const held = this.#held.get(second)!;
    this.#held.delete(second);
    this.#heldCount -= held.length;
    closed.push(...this.#observer.addRows(held.sort(byEndAndId)));
  }

  #told(closed: readonly Observation[]): WindowRecord[] {
    const records: WindowRecord[] = [];
    for (const window of closed) {
      for (const piece of piecesOf(window, this.#edgesTold)) {
        records.push({ ...this.#partition, completeBefore: this.#completeBefore, window: piece });
      }
      this.#edgesTold = window.topology.edges.length;
    }
    const completeBefore = this.#observer.nextWindow;
    if (completeBefore === null || completeBefore <= this.#completeBefore) return records;
    this.#completeBefore = completeBefore;
    const last = records.pop() ?? { ...this.#partition, completeBefore, window: null };
    return [...records, { ...last, completeBefore }];
  }
}

function byEndAndId(a: HeldSpan, b: HeldSpan): number {
  return a.endSeconds - b.endSeconds || compareWords(a, b, "traceId", 4) || compareWords(a, b, "spanId", 2);
}

function compareWords(a: HeldSpan, b: HeldSpan, column: "traceId" | "spanId", words: number): number {
  for (let k = 0; k < words; k++) {
    const order = a.spans[column][words * a.row + k]! - b.spans[column][words * b.row + k]!;
    if (order !== 0) return order;
  }
  return 0;
}
