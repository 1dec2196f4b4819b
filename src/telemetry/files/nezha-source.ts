import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "../../contracts/errors.ts";
import type { Ledger, MetricPoint, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { NameRegistry } from "../name-registry.ts";
import { UNKNOWN_SERVICE } from "../semconv.ts";
import { SpanColumns } from "../span-columns.ts";
import { ID_WORDS, NEZHA_HEADER, NezhaRows } from "./nezha-rows.ts";
import { namesIn, unreadable } from "./open-file.ts";

const BATCH_SPANS = 4_096;
/** Rows that may wait for a later file; the earliest beyond that go out although something earlier might still come. */
const MAX_HELD_ROWS = 1_000_000;
const MAX_TEXTS = 65_536;
const POD_SUFFIX = /-[0-9a-z]+-[0-9a-z]{5}$/;
const NO_METRICS: readonly MetricPoint[] = [];

export interface NezhaSourceOptions {
  readonly ledger: Ledger;
  readonly maxOperationsPerService: number;
}

/** Numbers of a pod's names. */
interface Pod {
  readonly service: number;
  readonly instance: number;
  readonly serviceName: string;
  receivedCount: number;
  overflowCount: number;
}

/**
 * Reads the public layout of the Nezha campaigns: `trace/HH_MM_trace.csv` under a folder, one row a span, no kinds, no
 * attributes. Rows come out sorted by their end, as a live system would report them: a file's late rows wait for the next
 * file. At most two files are in memory.
 */
export class NezhaSource implements TelemetrySource {
  readonly name: string;
  readonly #path: string;
  readonly #ledger: Ledger;
  readonly #names: NameRegistry;
  readonly #rows = new NezhaRows();
  readonly #columns: SpanColumns;
  readonly #pods = new Map<number, Pod>();

  constructor(path: string, options: NezhaSourceOptions) {
    this.name = path;
    this.#path = path;
    this.#ledger = options.ledger;
    this.#names = new NameRegistry(options);
    this.#columns = new SpanColumns(this.#names.strings, BATCH_SPANS);
  }

  /** @throws {SettingsError} naming the path when it cannot be read or is not in this layout. */
  async read(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    const rows = this.#rows;
    for (const path of await this.#files()) {
      if (signal.aborted) return;
      const held = rows.count;
      rows.append(await this.#fileBytes(path));
      this.#countLosses();
      const earliestNew = minimumOf(rows.endNanos, held, rows.count);
      const due = Math.max(countBefore(rows.endNanos, held, earliestNew), held - MAX_HELD_ROWS);
      await this.#emit(due, take, signal);
      rows.keep(byEnd(rows.endNanos, due, rows.count));
      if (rows.texts.size > MAX_TEXTS) {
        rows.compactTexts();
        this.#pods.clear();
      }
    }
    await this.#emit(rows.count, take, signal);
  }

  async #files(): Promise<readonly string[]> {
    const folder = join(this.#path, "trace");
    const names = (await namesIn(this.#path)) === null ? null : await namesIn(folder);
    const files = (names ?? []).filter((name) => name.endsWith("_trace.csv")).map((name) => join(folder, name));
    if (files.length === 0) throw new SettingsError("recording", this.#path, "holds no trace/*_trace.csv");
    return files;
  }

  async #fileBytes(path: string): Promise<Buffer> {
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw unreadable(path, error);
    }
    if (bytes.length > 0 && !bytes.subarray(0, NEZHA_HEADER.length).equals(Buffer.from(NEZHA_HEADER))) {
      throw new SettingsError("recording", path, `does not begin with ${NEZHA_HEADER}`);
    }
    return bytes;
  }

  /** Sends out the first `count` rows, which are sorted. */
  async #emit(
    count: number,
    take: (batch: TelemetryBatch) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let start = 0; start < count; start += BATCH_SPANS) {
      if (signal.aborted) return;
      const end = Math.min(count, start + BATCH_SPANS);
      for (let row = start; row < end; row += 1) this.#copy(row);
      this.#countReceived();
      await take({ spans: this.#columns.build(), metrics: NO_METRICS });
    }
  }

  #copy(row: number): void {
    const rows = this.#rows;
    const columns = this.#columns;
    const to = columns.open();
    const id = row * ID_WORDS;
    const { ids } = rows;
    for (let word = 0; word < 4; word += 1) columns.traceId[to * 4 + word] = ids[id + word]!;
    columns.spanId[to * 2] = ids[id + 4]!;
    columns.spanId[to * 2 + 1] = ids[id + 5]!;
    columns.parentSpanId[to * 2] = ids[id + 6]!;
    columns.parentSpanId[to * 2 + 1] = ids[id + 7]!;
    columns.startSeconds[to] = rows.startSeconds(row);
    columns.durationSeconds[to] = rows.durationSeconds(row);
    const pod = this.#pod(rows.names[row * 2]!);
    columns.service[to] = pod.service;
    columns.instance[to] = pod.instance;
    columns.operation[to] = this.#operation(pod, rows.names[row * 2 + 1]!);
    pod.receivedCount += 1;
    columns.commit();
  }

  #pod(rawName: number): Pod {
    const known = this.#pods.get(rawName);
    if (known !== undefined) return known;
    const podName = this.#rows.texts.text(rawName);
    const serviceName = podName.replace(POD_SUFFIX, "");
    const service = this.#names.service(serviceName);
    const instance = this.#names.strings.intern(podName);
    const pod: Pod = { service, instance, serviceName, receivedCount: 0, overflowCount: 0 };
    this.#pods.set(rawName, pod);
    return pod;
  }

  #operation(pod: Pod, rawName: number): number {
    const id = this.#names.operation(pod.service, this.#rows.texts.text(rawName));
    if (id >= 0) return id;
    pod.overflowCount += 1;
    return this.#names.other();
  }

  #countReceived(): void {
    for (const pod of this.#pods.values()) {
      this.#ledger.received(pod.serviceName, pod.receivedCount);
      this.#ledger.lost(pod.serviceName, "name-overflow", pod.overflowCount);
      pod.receivedCount = 0;
      pod.overflowCount = 0;
    }
  }

  /** Duplicates came too: they count as received and as lost. */
  #countLosses(): void {
    const rows = this.#rows;
    for (const [rawName, count] of rows.duplicates) {
      const { serviceName } = this.#pod(rawName);
      this.#ledger.received(serviceName, count);
      this.#ledger.lost(serviceName, "duplicate", count);
    }
    rows.duplicates.clear();
    this.#ledger.received(UNKNOWN_SERVICE, rows.malformedCount);
    this.#ledger.lost(UNKNOWN_SERVICE, "malformed", rows.malformedCount);
    rows.malformedCount = 0;
  }
}

function minimumOf(values: Float64Array, start: number, end: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = start; i < end; i += 1) if (values[i]! < least) least = values[i]!;
  return least;
}

/** How many of the first `count` (sorted) values are below `limit`. */
function countBefore(values: Float64Array, count: number, limit: number): number {
  let index = 0;
  while (index < count && values[index]! < limit) index += 1;
  return index;
}

/** Rows `start` to `end` by their end; equal ends stay in the order they were read. */
function byEnd(endNanos: Float64Array, start: number, end: number): Uint32Array {
  const order = new Uint32Array(end - start);
  for (let i = 0; i < order.length; i += 1) order[i] = start + i;
  return order.sort((a, b) => endNanos[a]! - endNanos[b]! || a - b);
}
