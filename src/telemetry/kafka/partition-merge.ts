import { SourceError } from "../../contracts/errors.ts";
import type { LogRecord } from "../log-source.ts";

/** A partition this far ahead of the others waits for them. */
const WAITING_BYTES_MAX = 4 << 20;

interface Lane {
  readonly records: LogRecord[];
  bytes: number;
  isPaused: boolean;
  isEnded: boolean;
}

/** Stops and starts the reading of a partition. */
export interface PartitionFlow {
  pause(partition: number): void;
  resume(partition: number): void;
}

/** Brings the records of several partitions, each in its own order, into the order of their timestamps. */
export class PartitionMerge {
  readonly #lanes: ReadonlyMap<number, Lane>;
  readonly #flow: PartitionFlow;
  #failure: unknown;
  #wake: (() => void) | null = null;

  constructor(partitions: readonly number[], flow: PartitionFlow) {
    this.#lanes = new Map(
      partitions.map((partition) => [partition, { records: [], bytes: 0, isPaused: false, isEnded: false }]),
    );
    this.#flow = flow;
  }

  /** Takes the next record of its partition. */
  add(record: LogRecord): void {
    const lane = this.#lanes.get(record.partition);
    if (lane === undefined || lane.isEnded) return;
    lane.records.push(record);
    lane.bytes += record.bytes.length;
    if (lane.bytes > WAITING_BYTES_MAX && !lane.isPaused) {
      lane.isPaused = true;
      this.#flow.pause(record.partition);
    }
    this.#wake?.();
  }

  /** No more records come of that partition. */
  end(partition: number): void {
    const lane = this.#lanes.get(partition);
    if (lane === undefined || lane.isEnded) return;
    lane.isEnded = true;
    this.#flow.pause(partition);
    this.#wake?.();
  }

  /** Ends it all: `next` throws this. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /**
   * The earliest record that no other can come before; null when all have ended.
   *
   * @throws what it failed with, or {SourceError} when a partition that has not ended gave nothing for so long.
   */
  async next(patienceSeconds: number): Promise<LogRecord | null> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const isWaiting = [...this.#lanes.values()].some(({ records, isEnded }) => records.length === 0 && !isEnded);
      if (!isWaiting) return this.#take();
      await this.#woken(patienceSeconds);
    }
  }

  #take(): LogRecord | null {
    let first: LogRecord | null = null;
    for (const { records } of this.#lanes.values()) {
      const head = records[0];
      if (head !== undefined && (first === null || head.timestampSeconds < first.timestampSeconds)) first = head;
    }
    if (first === null) return null;
    const lane = this.#lanes.get(first.partition)!;
    lane.records.shift();
    lane.bytes -= first.bytes.length;
    if (lane.isPaused && !lane.isEnded && lane.bytes < WAITING_BYTES_MAX / 2) {
      lane.isPaused = false;
      this.#flow.resume(first.partition);
    }
    return first;
  }

  async #woken(patienceSeconds: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = null;
        reject(new SourceError(`no record came for ${patienceSeconds} s`, { retriable: true }));
      }, patienceSeconds * 1000);
      this.#wake = () => {
        this.#wake = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
