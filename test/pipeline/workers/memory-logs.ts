// The topics between workers as arrays, and workers that take turns as the test says: what a broker does, without one.
import type { Observation } from "../../../src/contracts/observation.ts";
import type { Settings } from "../../../src/contracts/settings.ts";
import { decodeWindow, encodeWindow } from "../../../src/pipeline/workers/partial-window.ts";
import { PartitionAssembler } from "../../../src/pipeline/workers/partition-assembler.ts";
import { Rekeyer } from "../../../src/pipeline/workers/rekeyer.ts";
import { WindowMerger } from "../../../src/pipeline/workers/window-merger.ts";
import { CountingLedger } from "../../../src/telemetry/ledger.ts";
import type { Signal } from "../../../src/telemetry/otlp/decoder.ts";

export interface RawBody {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
}

interface KeyedLogRecord {
  readonly bytes: Uint8Array;
  readonly offset: bigint;
  readonly timestampSeconds: number;
}

/** Seconds between two writings of the raw topics, as a collector under load. */
const WRITTEN_SECONDS = 0.05;
/** Seconds between two writings of the keyed topic. */
const WRITE_SECONDS = 0.05;

/** Raw partitions, dealt out to keyed ones by one worker a raw partition. */
export class KeyedLogs {
  readonly partitions: KeyedLogRecord[][];
  readonly #raw: readonly (readonly RawBody[])[];
  readonly #rekeyers: Rekeyer[];
  readonly #taken: number[];
  #nowSeconds = 1000;

  constructor(raw: readonly (readonly RawBody[])[], partitionCount: number) {
    this.#raw = raw;
    this.partitions = Array.from({ length: partitionCount }, () => []);
    this.#rekeyers = raw.map(() => this.#newRekeyer());
    this.#taken = raw.map(() => 0);
  }

  get isDone(): boolean {
    return this.#raw.every((bodies, source) => this.#taken[source] === bodies.length);
  }

  /** The worker of this raw partition deals its next body out; at its end it says so. */
  async step(source: number): Promise<void> {
    const offset = this.#taken[source]!;
    const body = this.#raw[source]![offset];
    const position = { topic: "raw", partition: source, offset: BigInt(offset) };
    if (body === undefined) {
      const word = { lastOffset: offset - 1, isAtEnd: true, asOfSeconds: this.#nowSeconds };
      await this.#rekeyers[source]!.tell(position, word);
      return;
    }
    await this.#rekeyers[source]!.accept({
      ...body,
      encoding: "otlp_proto",
      position,
      writtenSeconds: this.#writtenSeconds(source, offset),
    });
    this.#taken[source] = offset + 1;
  }

  /** The worker has not seen the next body yet, and says that it is at its end, as of a moment before that was written. */
  async sayIdle(source: number): Promise<void> {
    const offset = this.#taken[source]!;
    const position = { topic: "raw", partition: source };
    const asOfSeconds = this.#writtenSeconds(source, offset) - WRITTEN_SECONDS / 2;
    await this.#rekeyers[source]!.tell(position, { lastOffset: offset - 1, isAtEnd: true, asOfSeconds });
  }

  /** Bodies were written one after another, to the partitions in turn. */
  #writtenSeconds(source: number, offset: number): number {
    return 100 + WRITTEN_SECONDS * (offset * this.#raw.length + source);
  }

  /** The worker dies; another one goes on so many bodies before, where the last commit was. */
  restart(source: number, bodiesBefore: number): void {
    this.#rekeyers[source] = this.#newRekeyer();
    this.#taken[source] = Math.max(0, this.#taken[source]! - bodiesBefore);
  }

  #newRekeyer(): Rekeyer {
    return new Rekeyer({
      partitionCount: this.partitions.length,
      sourceCount: () => this.#raw.length,
      append: async (records) => {
        this.#nowSeconds += WRITE_SECONDS;
        for (const { partition, value } of records) {
          const log = this.partitions[partition]!;
          log.push({ bytes: value, offset: BigInt(log.length), timestampSeconds: this.#nowSeconds });
        }
      },
    });
  }
}

export interface AssemblyOptions {
  readonly settings: Settings;
  /** Which partition is read next, of those that have more; by their place among these. */
  readonly pick: (count: number) => number;
  /** True when the worker of the partition dies after this record; `hasWritten` says whether its last windows got out before. */
  readonly dies?: () => { readonly hasWritten: boolean } | null;
}

/** All of the keyed topic through assemblers and the merger; the windows in the order in which they came out. */
export function assembled(partitions: readonly (readonly KeyedLogRecord[])[], options: AssemblyOptions) {
  const { settings, pick, dies } = options;
  const merger = new WindowMerger();
  const ledger = new CountingLedger();
  const windows: Observation[] = [];
  const partitionCount = partitions.length;
  const open = (partition: number) => new PartitionAssembler({ partition, partitionCount, settings, ledger });
  const assemblers = partitions.map((_, partition) => open(partition));
  const next = partitions.map(() => 0);
  const safe = partitions.map(() => 0);
  let late = 0;
  let deaths = 0;
  for (;;) {
    const ready = partitions.flatMap((log, partition) => (next[partition]! < log.length ? [partition] : []));
    if (ready.length === 0) break;
    const partition = ready[pick(ready.length)]!;
    const assembler = assemblers[partition]!;
    const records = assembler.take(partitions[partition]![next[partition]!++]!);
    const death = dies?.() ?? null;
    if (death === null || death.hasWritten) {
      for (const record of records) windows.push(...merger.take(decodeWindow(encodeWindow(record))));
    }
    if (death === null) {
      const offset = assembler.takeSafeOffset();
      if (offset !== null) safe[partition] = Number(offset) + 1;
      continue;
    }
    deaths++;
    late += assembler.lateCount;
    assemblers[partition] = open(partition);
    next[partition] = safe[partition]!;
  }
  for (const assembler of assemblers) late += assembler.lateCount;
  return { windows, late, deaths, repeated: merger.repeatedCount, incomplete: merger.incompleteCount };
}
