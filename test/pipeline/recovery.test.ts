// Goal: nothing that stands in a journal keeps a server from starting: what is damaged, cannot be decoded or kills the process
// is left out, counted and told, and all else is taken in again, in its order.
// Method: journals made here, with records that no receiver would have let in; a reader that "dies" is one that is dropped
// where it stands.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Incident, IncidentEvent } from "../../src/contracts/incident.ts";
import { lockDirectory } from "../../src/pipeline/directory-lock.ts";
import { recover } from "../../src/pipeline/recovery.ts";
import { RecoveryMarks } from "../../src/pipeline/recovery-marks.ts";
import { ToldBefore } from "../../src/pipeline/told-before.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import type { JournalEntry } from "../../src/telemetry/journal/record.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { entryOf, openJournal } from "../telemetry/journal/parts.ts";
import { encode } from "../telemetry/otlp-oracle.ts";
import { plainTraces } from "../telemetry/random-telemetry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-recovery-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const spans = (count: number) => encode("TracesData", plainTraces(`s${count}`, count, 1_750_000_000));

async function write(entries: readonly JournalEntry[]): Promise<void> {
  const { journal } = await openJournal(join(folder, "journal"));
  await Promise.all(entries.map((entry) => journal.append(entry).kept));
  await journal.close();
}

/** @param diesAt the record at which the process ends, as a kill would end it */
async function start(diesAt?: number, afterSequence = 0) {
  const { journal } = await openJournal(join(folder, "journal"));
  const marks = RecoveryMarks.open(folder);
  const taken: { sequence: number; spans: number }[] = [];
  const told: string[] = [];
  const death = new Error("killed");
  try {
    const recovered = await recover({
      journal,
      afterSequence,
      decoder: new BodyDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 10 }),
      maxBodyBytes: 100_000,
      take: (batch, { sequence }) => {
        if (sequence === diesAt) throw death;
        taken.push({ sequence, spans: batch.spans.spanCount });
      },
      marks,
      onProgress: () => undefined,
      onTrouble: (message) => told.push(message),
      signal: new AbortController().signal,
    });
    marks.close();
    return { recovered, taken, told };
  } catch (error) {
    if (error !== death) throw error;
    return { recovered: null, taken, told };
  } finally {
    await journal.close();
  }
}

describe("recovery", () => {
  test("takes in what stands after the position, in order", async () => {
    await write([1, 2, 3, 4].map((count) => entryOf(spans(count))));
    const { recovered, taken, told } = await start(undefined, 2);
    expect(taken).toEqual([
      { sequence: 3, spans: 3 },
      { sequence: 4, spans: 4 },
    ]);
    expect(recovered).toMatchObject({ records: 2, spans: 7, skipped: 0, damagedBytes: 0 });
    expect(told).toEqual([]);
  });

  test("reads bodies as their senders packed them", async () => {
    await write([entryOf(gzipSync(spans(5)), { packing: "gzip" })]);
    expect((await start()).taken).toEqual([{ sequence: 1, spans: 5 }]);
  });

  test("leaves out what cannot be decoded, does not unpack or unpacks to too much", async () => {
    await write([
      entryOf(spans(1)),
      entryOf(Buffer.from([10, 200, 1, 1])),
      entryOf(Buffer.from("no gzip"), { packing: "gzip" }),
      entryOf(gzipSync(Buffer.alloc(1_000_000)), { packing: "gzip" }),
      entryOf(spans(2)),
    ]);
    const { recovered, taken, told } = await start();
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 5]);
    expect(recovered).toMatchObject({ records: 5, skipped: 3 });
    expect(told.map((each) => /^record (\d) of the journal is left out/.exec(each)?.[1])).toEqual(["2", "3", "4"]);
  });

  test("passes over damage and tells how much", async () => {
    await write([1, 2, 3].map((count) => entryOf(spans(count))));
    const path = join(folder, "journal", (await readdir(join(folder, "journal")))[0]!);
    const bytes = await readFile(path);
    const inSecond = 8 + 60 + spans(1).length + 60 + 10;
    bytes[inSecond]! ^= 1;
    await writeFile(path, bytes);
    const { recovered, taken, told } = await start();
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 3]);
    expect(recovered!.damagedBytes).toBe(60 + spans(2).length);
    expect(told).toEqual([expect.stringContaining("1 records are lost")]);
  });
});

describe("a body that kills every recovery", () => {
  test("is put aside after the third, with its bytes, and the start goes on", async () => {
    await write([1, 2, 3].map((count) => entryOf(spans(count))));
    for (const _ of [1, 2, 3]) expect((await start(2)).recovered).toBeNull();
    const { recovered, taken, told } = await start(2);
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 3]);
    expect(recovered).toMatchObject({ skipped: 1 });
    const aside = join(folder, "quarantine", "2.traces.otlp_proto.none");
    expect(told).toEqual([expect.stringContaining(aside)]);
    expect(await readFile(aside)).toEqual(Buffer.from(spans(2)));
  });

  test("is none when the recoveries were killed at different ones", async () => {
    await write([1, 2, 3].map((count) => entryOf(spans(count))));
    for (const at of [2, 3, 2, 3, 1, 2]) await start(at);
    expect((await start()).recovered).toMatchObject({ records: 3, skipped: 0 });
  });

  test("is forgotten once a recovery has come to its end", async () => {
    await write([entryOf(spans(1))]);
    for (const _ of [1, 2]) await start(1);
    await start();
    for (const _ of [1, 2]) await start(1);
    expect((await start()).recovered).toMatchObject({ skipped: 0 });
  });

  test("is not found where the mark cannot be written, and nothing else is amiss", async () => {
    await write([entryOf(spans(1))]);
    await mkdir(join(folder, "recovery-mark"));
    expect((await start()).recovered).toMatchObject({ records: 1, skipped: 0 });
  });

  test("is not made up by a mark that is damaged", async () => {
    await write([entryOf(spans(1))]);
    for (const _ of [1, 2, 3]) await start(1);
    await writeFile(join(folder, "recovery-mark"), "nonsense");
    expect((await start()).recovered).toMatchObject({ skipped: 0 });
  });
});

describe("what was told before", () => {
  const event = (type: IncidentEvent["type"], id: string, state: Incident["state"]) =>
    ({ type, atSeconds: 0, incident: { id, state } as Incident }) satisfies IncidentEvent;

  test("is no news, and what was not is, until recovery is over", async () => {
    const told = new ToldBefore();
    const kept = [event("opened", "open", "open"), event("resolved", "over", "resolved")].map(
      ({ incident }) => incident,
    );
    await told.remember({ incidents: () => Promise.resolve(kept) });
    const opened = ["open", "over", "new"].map((id) => event("opened", id, "open"));
    const resolved = ["open", "over", "new"].map((id) => event("resolved", id, "resolved"));
    expect(told.news(opened).map(({ incident }) => incident.id)).toEqual(["new"]);
    expect(told.news(resolved).map(({ incident }) => incident.id)).toEqual(["open", "new"]);
    told.forget();
    expect(told.news(opened)).toEqual(opened);
  });
});

describe("the lock of a data directory", () => {
  const write = (text: string) => writeFile(join(folder, "spantwin.lock"), text);

  test("is taken over from a process that is gone, or whose number another has now, or that is this one", async () => {
    // No process has this number: it is over the kernel's limit.
    for (const left of ["5000000 1\n", "1 1\n", `${process.pid} 1\n`, "nonsense", ""]) {
      await write(left);
      lockDirectory(folder)();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test("is refused by name while a process that runs has it", async () => {
    const stat = await readFile("/proc/1/stat", "utf8").catch(() => null);
    const birth = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    await write(`1 ${birth}\n`);
    expect(() => lockDirectory(folder)).toThrow("is in use by process 1");
  });
});
