import { expect, test } from "vitest";
import type { LogRecord, LogSource } from "../../src/telemetry/log-source.ts";
import { until } from "../until.ts";

/** A log for the contract's tests: one topic of two partitions, made anew for each test. */
export interface LogUnderTest {
  readonly topic: string;
  append(partition: number, texts: readonly string[]): Promise<void>;
  /** A reader of the same group as all others of this log. */
  open(): LogSource;
}

const SECONDS = 45;

/** What every log source promises. `make` gives an empty log. */
export function testLogSource(make: () => Promise<LogUnderTest>): void {
  test("gives the records of each partition in their order, one at a time", async () => {
    const log = await make();
    await log.append(0, ["a0", "a1", "a2"]);
    await log.append(1, ["b0", "b1"]);
    const underWay = new Set<number>();
    const reader = new Reader(log.open(), async (record) => {
      expect(underWay.has(record.partition)).toBe(false);
      underWay.add(record.partition);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay.delete(record.partition);
    });
    await reader.until(5);
    await reader.end();
    const of = (partition: number) => reader.given.filter((record) => record.partition === partition);
    expect(of(0).map((record) => textOf(record))).toEqual(["a0", "a1", "a2"]);
    expect(of(1).map((record) => textOf(record))).toEqual(["b0", "b1"]);
    expect(of(0).map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    for (const { topic, unreadableReason, timestampSeconds } of reader.given) {
      expect({ topic, unreadableReason }).toEqual({ topic: log.topic, unreadableReason: null });
      expect(Math.abs(timestampSeconds - Date.now() / 1000)).toBeLessThan(600);
    }
  }, 120_000);

  test("gives again what was not acknowledged, and what was not any more", async () => {
    const log = await make();
    await log.append(0, ["0", "1", "2", "3"]);
    const first = new Reader(log.open());
    await first.until(4);
    first.source.acknowledge({ topic: log.topic, partition: 0, offset: 1n });
    // A late word of an earlier one takes nothing back.
    first.source.acknowledge({ topic: log.topic, partition: 0, offset: 0n });
    await first.end();
    const second = new Reader(log.open());
    await second.until(2);
    await second.end();
    expect(second.given.map((record) => textOf(record))).toEqual(["2", "3"]);
  }, 120_000);

  test("passes over the acknowledgement of what it did not give", async () => {
    const log = await make();
    await log.append(0, ["0", "1"]);
    const first = new Reader(log.open());
    await first.until(2);
    first.source.acknowledge({ topic: log.topic, partition: 0, offset: 7n });
    first.source.acknowledge({ topic: "another", partition: 0, offset: 1n });
    await first.end();
    const second = new Reader(log.open());
    await second.until(2);
    await second.end();
    expect(second.given.map((record) => textOf(record))).toEqual(["0", "1"]);
  }, 120_000);

  test("shows how far it is behind, until everything is acknowledged", async () => {
    const log = await make();
    await log.append(0, ["0", "1", "2"]);
    const reader = new Reader(log.open());
    const lag = () => reader.source.status().partitions.find(({ partition }) => partition === 0)?.lagRecords ?? null;
    await reader.until(3);
    await until(() => lag() === 3, SECONDS, lag);
    reader.source.acknowledge({ topic: log.topic, partition: 0, offset: 1n });
    expect(lag()).toBe(1);
    reader.source.acknowledge({ topic: log.topic, partition: 0, offset: 2n });
    expect(lag()).toBe(0);
    const committed = () => reader.source.status().partitions.find(({ partition }) => partition === 0)?.committedOffset;
    await until(() => committed() === 3n, SECONDS, committed);
    await reader.end();
  }, 120_000);

  test("waits, when it is to stop, for what is being taken, and gives nothing more", async () => {
    const log = await make();
    await log.append(0, ["0", "1"]);
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reader = new Reader(log.open(), () => held);
    await reader.until(1);
    let isEnded = false;
    const ending = reader.stop().then(() => {
      isEnded = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isEnded).toBe(false);
    release();
    await ending;
    await reader.source.close();
    expect(reader.given.length).toBe(1);
  }, 120_000);

  test("ends with the error of whoever takes", async () => {
    const log = await make();
    await log.append(0, ["0"]);
    const reader = new Reader(log.open(), async () => {
      throw new Error("no room left");
    });
    await expect(reader.reading).rejects.toThrow("no room left");
    await reader.source.close();
  }, 120_000);
}

class Reader {
  readonly given: LogRecord[] = [];
  readonly source: LogSource;
  readonly reading: Promise<void>;
  readonly #stopping = new AbortController();

  constructor(source: LogSource, take: (record: LogRecord) => Promise<void> = async () => undefined) {
    this.source = source;
    this.reading = source.read(async (record) => {
      this.given.push(record);
      await take(record);
    }, this.#stopping.signal);
    this.reading.catch(() => undefined);
  }

  until(count: number): Promise<void> {
    return until(
      () => this.given.length >= count,
      SECONDS,
      () => this.given.map((record) => textOf(record)),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.reading;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.source.close();
  }
}

function textOf({ bytes }: LogRecord): string {
  return Buffer.from(bytes).toString();
}
