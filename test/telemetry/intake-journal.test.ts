import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { RESEND_SECONDS, RecentBodies } from "../../src/telemetry/journal/recent-bodies.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";

import { Intake } from "../../src/telemetry/otlp/intake.ts";
import { collectAll } from "../contract/telemetry-source.ts";
import { body as aBody, openJournal, read, SmallDisk } from "./journal/parts.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";

let folder: string;
let disk: SmallDisk;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-intake-"));
  disk = new SmallDisk(1e9);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const START = 1_750_000_000;
const bodyOf = (name: string, spans: number) => encode("TracesData", plainTraces(name, spans, START));

async function open(more: { maxQueueBytes?: number } = {}) {
  const { journal, troubles } = await openJournal(folder, { openFile: disk.openFile });
  const recent = new RecentBodies();
  for await (const header of journal.since(Date.now() / 1000 - RESEND_SECONDS)) recent.restore(header);
  const ledger = new CountingLedger();
  const intake = new Intake({
    decoder: new BodyDecoder({ ledger, maxOperationsPerService: 100 }),
    ledger,
    maxInFlightBodies: 100,
    maxInFlightBytes: 1e9,
    maxQueueBytes: 1e9,
    keeping: { journal, recent },
    ...more,
  });
  const accept = (bytes: Uint8Array) => intake.accept("traces", "protobuf", bytes);
  const taken: { spans: number; sequence: number }[] = [];
  const stopping = new AbortController();
  const startReading = (before?: Promise<void>) =>
    intake.drain(async (batch, { sequence }) => {
      await before;
      taken.push({ spans: batch.spans.spanCount, sequence });
    }, stopping.signal);
  const close = async (reading?: Promise<void>) => {
    stopping.abort();
    await reading;
    await journal.close();
  };
  return { intake, journal, ledger, accept, taken, startReading, close, troubles };
}

describe("an intake with a journal", () => {
  test("hands on in the order of the journal, and the journal replays as what was handed on", async () => {
    const { accept, taken, startReading, close } = await open();
    const reading = startReading();
    const sizes = Array.from({ length: 30 }, (_, i) => 1 + ((i * 7) % 13));
    await Promise.all(sizes.map((size, i) => accept(bodyOf(`s${i}`, size))));
    await close(reading);
    expect(taken).toEqual(sizes.map((spans, i) => ({ spans, sequence: i + 1 })));
    const source = new RecordingSource(folder, { ledger: new CountingLedger(), maxOperationsPerService: 100 });
    expect((await collectAll(source)).map(({ spans }) => spans.spanCount)).toEqual(sizes);
  });

  test("keeps bodies of every encoding, and the journal replays them span by span as they were handed on", async () => {
    const { intake, startReading, close } = await open();
    const reading = startReading();
    const span = (id: number) => ({ traceId: "beef", id: `${id}`, timestamp: START * 1e6 - id, duration: 100 });
    const jaeger = { traceID: "beef", spanID: "9", startTime: START * 1e6, duration: 5, process: { serviceName: "j" } };
    await intake.accept("traces", "zipkin_json", Buffer.from(JSON.stringify([span(1), span(2), span(3)])));
    await intake.accept("traces", "jaeger_json", Buffer.from(JSON.stringify(jaeger)));
    await close(reading);
    const source = new RecordingSource(folder, { ledger: new CountingLedger(), maxOperationsPerService: 100 });
    const batches = await collectAll(source);
    expect(batches.map(({ spans }) => [...spans.spanId].filter((_, at) => at % 2 === 1))).toEqual([[1, 2, 3], [9]]);
  });

  test("answers before the reader takes it, and asks to wait when the reader is too far behind", async () => {
    const bytes = bodyOf("a", 10);
    const { intake, accept, taken, startReading, close } = await open({ maxQueueBytes: 3 * bytes.length });
    let release: () => void = () => undefined;
    const reading = startReading(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    for (const name of ["a", "b", "c"]) expect(await accept(bodyOf(name, 10))).toBe(0);
    expect(taken).toEqual([]);
    await expect(accept(bodyOf("d", 10))).rejects.toMatchObject({ name: "BusyError", isUnavailable: false });
    expect(() => intake.reserve(1)).not.toThrow();
    release();
    await close(reading);
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test("that is closed hands on what it answered for, and refuses the rest", async () => {
    const { intake, accept, taken, startReading, close } = await open();
    await Promise.all([accept(bodyOf("a", 1)), accept(bodyOf("b", 2))]);
    const reading = startReading();
    intake.close();
    await expect(accept(bodyOf("c", 3))).rejects.toMatchObject({ isUnavailable: true });
    await close(reading);
    expect(taken.map(({ spans }) => spans)).toEqual([1, 2]);
  });

  test("that is held refuses with its reason, until it is not", async () => {
    const { intake, accept, close } = await open();
    intake.hold("the journal is being read again");
    await expect(accept(bodyOf("a", 1))).rejects.toMatchObject({
      message: "the journal is being read again",
      isUnavailable: true,
    });
    expect(() => intake.reserve(1)).toThrow("read again");
    intake.hold(null);
    expect(await accept(bodyOf("a", 1))).toBe(0);
    await close();
  });

  test("never journals what it cannot decode", async () => {
    const { accept, close } = await open();
    await expect(accept(Uint8Array.of(10, 200, 1, 1))).rejects.toThrow();
    await accept(bodyOf("good", 2));
    await close();
    expect((await read(folder)).records.map(({ itemCount }) => itemCount)).toEqual([2]);
  });

  test("on a full disk refuses as unavailable, hands nothing of it on, and takes the same body when there is room", async () => {
    const { accept, taken, startReading, close } = await open();
    const reading = startReading();
    await accept(bodyOf("a", 1));
    disk.freeBytes = 0;
    await expect(accept(bodyOf("b", 2))).rejects.toMatchObject({ name: "BusyError", isUnavailable: true });
    disk.freeBytes = 1e9;
    await expect.poll(() => accept(bodyOf("b", 2)).catch(() => "refused"), { timeout: 10_000 }).toBe(0);
    await close(reading);
    expect(taken.map(({ spans }) => spans)).toEqual([1, 2]);
    expect((await read(folder)).records.map(({ itemCount }) => itemCount)).toEqual([1, 2]);
  });
});

describe("a body that is sent again", () => {
  test("is answered as the first was and counts as a duplicate, also after a restart", async () => {
    const bytes = bodyOf("a", 7);
    for (const start of [1, 2]) {
      const { accept, intake, taken, startReading, ledger, close } = await open();
      const reading = startReading();
      if (start === 1) await accept(bytes);
      expect(await accept(bytes)).toBe(0);
      expect(await accept(Uint8Array.from(bytes))).toBe(0);
      await close(reading);
      expect(taken).toEqual(start === 1 ? [{ spans: 7, sequence: 1 }] : []);
      expect(intake.duplicateBodies).toBe(2);
      const unknown = ledger.rows().find(({ service }) => service === "unknown_service");
      expect(unknown).toMatchObject({ received: 0, lost: { duplicate: 14 } });
    }
    expect((await read(folder)).records.length).toBe(1);
  });

  test("while the first is on its way is answered when that is kept, and refused when it is not", async () => {
    const { accept, taken, startReading, close } = await open();
    const reading = startReading();
    disk.freeBytes = 0;
    const both = await Promise.allSettled([accept(bodyOf("a", 3)), accept(bodyOf("a", 3))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await close(reading);
    expect(taken).toEqual([]);
  });

  test("is new again after five minutes", () => {
    const { fingerprint } = aBody("x");
    const recent = new RecentBodies();
    recent.remember(fingerprint, 1000, { kept: Promise.resolve(), itemCount: 1, rejectedCount: 0 });
    expect(recent.find(fingerprint, 1000 + RESEND_SECONDS - 1)).not.toBeNull();
    expect(recent.find(fingerprint, 1000 + RESEND_SECONDS)).toBeNull();
  });

  test("is not known beyond the limit of bodies, and that is counted", () => {
    const recent = new RecentBodies(10);
    const kept = Promise.resolve();
    const bodies = Array.from({ length: 15 }, (_, i) => aBody(`body ${i}`).fingerprint);
    for (const each of bodies) recent.remember(each, 1000, { kept, itemCount: 1, rejectedCount: 0 });
    expect(bodies.map((each) => recent.find(each, 1001) !== null)).toEqual([
      ...Array.from({ length: 5 }, () => false),
      ...Array.from({ length: 10 }, () => true),
    ]);
    expect([recent.size, recent.forgottenEarly]).toEqual([10, 5]);
  });
});
