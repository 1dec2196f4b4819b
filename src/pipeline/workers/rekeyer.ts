import type { LogPosition } from "../../telemetry/log-source.ts";
import { BusyError } from "../../telemetry/otlp/busy-error.ts";
import { splitTraces } from "../../telemetry/otlp/split-traces.ts";
import type { LoggedBody } from "../kafka-intake.ts";
import { encodeKeyed, type Section } from "./keyed-record.ts";
import { SourceClock } from "./source-clock.ts";

/** Bodies of one record of the keyed topic; a single larger one has a record of its own. */
const RECORD_BYTES = 512 * 1024;
const NO_BODY = new Uint8Array(0);

export interface KeyedBytes {
  readonly partition: number;
  readonly value: Buffer;
}

export interface RekeyerParts {
  /** Partitions of the keyed topic. */
  readonly partitionCount: number;
  /** Partitions of the raw topics, as far as is known. */
  readonly sourceCount: () => number;
  /** Fulfilled when the log has all of them. Rejected only when we are stopping. */
  readonly append: (records: readonly KeyedBytes[]) => Promise<void>;
}

interface SourceState {
  readonly clock: SourceClock;
  offset: number;
}

/**
 * First leg: deals every body of the raw topics out by trace, so that all spans of a trace come to one partition, and tells
 * every partition how far each source has come. Bodies that come while others are being written go with the next writing.
 */
export class Rekeyer {
  readonly #parts: RekeyerParts;
  readonly #sources = new Map<string, SourceState>();
  #pending: Section[][];
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(parts: RekeyerParts) {
    this.#parts = parts;
    this.#pending = emptyLists(parts.partitionCount);
  }

  /**
   * Fulfilled when the body is in the keyed topic.
   *
   * @throws {MalformedError} when it is no OTLP protobuf
   * @throws {BusyError} when we are stopping
   */
  async accept({ signal, encoding, bytes, position, writtenSeconds }: LoggedBody): Promise<number> {
    if (encoding !== "otlp_proto") {
      throw new TypeError(`workers take otlp_proto only: ${encoding} is read by a single process`);
    }
    const { partitionCount } = this.#parts;
    const source = sourceOf(position);
    const state = this.#stateOf(source);
    const bodies =
      signal === "traces"
        ? splitTraces(bytes, partitionCount, (endSeconds) => state.clock.take(endSeconds))
        : emptyLists(partitionCount).map((_, part) => (part === position.partition % partitionCount ? bytes : null));
    const offset = Number(position.offset);
    state.offset = Math.max(state.offset, offset);
    const { eventSeconds } = state.clock;
    bodies.forEach((body, part) => {
      this.#pending[part]!.push({
        source,
        offset,
        eventSeconds,
        isAtEnd: false,
        asOfSeconds: writtenSeconds,
        signal,
        body: body ?? NO_BODY,
      });
    });
    await this.#written();
    return 0;
  }

  /**
   * Tells all partitions of a source that had nothing new of late.
   *
   * @param word.lastOffset the last record that an earlier worker dealt out; −1 for none
   * @param word.isAtEnd true when nothing is behind that and what was accepted, as of `asOfSeconds`
   */
  async tell(
    position: Pick<LogPosition, "topic" | "partition">,
    { lastOffset, isAtEnd, asOfSeconds }: { lastOffset: number; isAtEnd: boolean; asOfSeconds: number },
  ): Promise<void> {
    const source = sourceOf(position);
    const state = this.#stateOf(source);
    const offset = Math.max(state.offset, lastOffset);
    const { eventSeconds } = state.clock;
    for (const sections of this.#pending) {
      sections.push({ source, offset, eventSeconds, isAtEnd, asOfSeconds, signal: "traces", body: NO_BODY });
    }
    await this.#written();
  }

  #stateOf(source: string): SourceState {
    let state = this.#sources.get(source);
    if (state === undefined) {
      state = { clock: new SourceClock(), offset: -1 };
      this.#sources.set(source, state);
    }
    return state;
  }

  #written(): Promise<void> {
    if (this.#next === null) {
      this.#next = this.#writing.then(() => this.#write());
      this.#writing = this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    this.#pending = emptyLists(this.#parts.partitionCount);
    this.#next = null;
    const sourceCount = this.#parts.sourceCount();
    const records = pending.flatMap((sections, partition) =>
      chunks(sections).map((chunk) => ({ partition, value: encodeKeyed({ sourceCount, sections: chunk }) })),
    );
    try {
      await this.#parts.append(records);
    } catch (error) {
      const message = `the keyed topic cannot be written: ${(error as Error).message}`;
      throw new BusyError(message, { isUnavailable: true, cause: error });
    }
  }
}

function sourceOf({ topic, partition }: Pick<LogPosition, "topic" | "partition">): string {
  return `${topic}/${partition}`;
}

function chunks(sections: readonly Section[]): Section[][] {
  const all: Section[][] = [];
  let room = 0;
  for (const section of sections) {
    if (all.length === 0 || section.body.length > room) {
      all.push([]);
      room = RECORD_BYTES;
    }
    all.at(-1)!.push(section);
    room -= section.body.length;
  }
  return all;
}

function emptyLists(count: number): Section[][] {
  return Array.from({ length: count }, () => []);
}
