import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SettingsError, SourceError } from "../../../src/contracts/errors.ts";
import { body, entryOf, keep, openJournal, read, refusalOf, SmallDisk } from "./parts.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-journal-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TEXTS = ["first", "second, which is longer", "third"];
const segments = async () => (await readdir(folder)).filter((name) => name.endsWith(".journal")).sort();

describe("a journal", () => {
  test("gives back what was appended, in order, with its number, time and source", async () => {
    const { journal } = await openJournal(folder);
    const source = { topic: "otlp_spans", partition: 2, offset: 41n };
    const before = Date.now() / 1000;
    expect(await keep(journal, TEXTS)).toEqual([1, 2, 3]);
    await journal.append(
      entryOf(Buffer.from("m"), { signal: "metrics", encoding: "otlp_json", packing: "gzip", source }),
    ).kept;
    await journal.close();
    const { records, texts, damage } = await read(folder);
    expect(texts).toEqual([...TEXTS, "m"]);
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(records[3]).toMatchObject({ signal: "metrics", encoding: "otlp_json", packing: "gzip", source });
    expect(records[0]!.receivedSeconds).toBeGreaterThanOrEqual(before);
    expect(damage).toEqual([]);
    expect((await read(folder, 2)).texts).toEqual(["third", "m"]);
  });

  test("goes on after its last number when it is opened again", async () => {
    for (const expected of [1, 2, 3]) {
      const { journal, troubles } = await openJournal(folder);
      expect(await keep(journal, [`start ${expected}`])).toEqual([expected]);
      await journal.close();
      expect(troubles).toEqual([]);
    }
    expect((await read(folder)).texts).toEqual(["start 1", "start 2", "start 3"]);
  });

  test("numbers go on after a checkpoint, even if the journal itself is gone", async () => {
    const { journal } = await openJournal(folder);
    await journal.checkpointed(70);
    expect(await keep(journal, ["x"])).toEqual([71]);
    await journal.close();
  });

  test("writes what comes at one time at one time, and begins a segment when one is full", async () => {
    const { journal } = await openJournal(folder, { segmentBytes: 4000 });
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(500, "."));
    await keep(journal, texts.slice(0, 10));
    expect(journal.counts).toMatchObject({ writes: 1, writtenBodies: 10, lastSequence: 10 });
    for (const text of texts.slice(10)) await keep(journal, [text]);
    await journal.close();
    expect((await segments()).length).toBeGreaterThan(2);
    expect((await read(folder)).texts).toEqual(texts);
    expect((await read(folder, 14)).texts).toEqual(texts.slice(14));
  });

  test("knows what came of late without reading the bodies", async () => {
    const { journal } = await openJournal(folder);
    await keep(journal, TEXTS);
    await journal.close();
    const again = (await openJournal(folder)).journal;
    const since = async (seconds: number) => {
      const found: number[] = [];
      for await (const { sequence, fingerprint } of again.since(seconds)) {
        expect(fingerprint).toEqual(body(TEXTS[sequence - 1]!).fingerprint);
        found.push(sequence);
      }
      return found;
    };
    expect(await since(Date.now() / 1000 - 60)).toEqual([1, 2, 3]);
    expect(await since(Date.now() / 1000 + 60)).toEqual([]);
    await again.close();
  });

  test("with syncing, nothing is kept before the disk has it; without, the disk is not waited for", async () => {
    for (const isSynced of [true, false]) {
      const disk = new SmallDisk(1e6);
      const place = join(folder, String(isSynced));
      const { journal } = await openJournal(place, { isSynced, openFile: disk.openFile });
      const { kept } = journal.append(body("x"));
      await kept.then(() => disk.asked.push("kept"));
      // Magic, record.
      expect(disk.asked).toEqual(isSynced ? ["write", "write", "sync", "kept"] : ["write", "write", "kept"]);
      await journal.close();
      expect(disk.asked.at(-1)).toBe(isSynced ? "kept" : "sync");
    }
  });

  test("a folder that cannot be had is refused by name", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const refused = openJournal(join(file, "journal"));
    await expect(refused).rejects.toThrow(SettingsError);
    await expect(refused).rejects.toThrow("dataDirectory");
  });
});

describe("a journal whose process was killed", () => {
  test("starts, with all that was whole before, whatever byte of the last record it ended at", async () => {
    const { journal } = await openJournal(folder);
    await keep(journal, TEXTS);
    await journal.close();
    const [name] = await segments();
    const whole = await readFile(join(folder, name!));
    const lastBytes = 60 + TEXTS[2]!.length;
    for (let cut = 1; cut <= lastBytes; cut++) {
      const place = await mkdtemp(join(folder, "cut-"));
      await writeFile(join(place, name!), whole.subarray(0, whole.length - cut));
      for (const start of [1, 2, 3]) {
        const { journal: again, troubles } = await openJournal(place);
        const isFirst = start === 1;
        expect(troubles.length, `cut by ${cut}, start ${start}`).toBe(isFirst && cut < lastBytes ? 1 : 0);
        expect(again.counts.tornBytes).toBe(isFirst ? lastBytes - cut : 0);
        expect(await keep(again, [`start ${start}`])).toEqual([2 + start]);
        await again.close();
      }
      const { texts, damage } = await read(place);
      expect([texts, damage]).toEqual([["first", TEXTS[1], "start 1", "start 2", "start 3"], []]);
    }
  });

  test("starts with an empty file, and with no more than a part of the magic", async () => {
    for (const bytes of ["", "SPJ", "SPJOURN1"]) {
      const place = await mkdtemp(join(folder, "head-"));
      await writeFile(join(place, "0000000000000005.journal"), bytes);
      const { journal } = await openJournal(place);
      expect(await keep(journal, ["x"])).toEqual([5]);
      await journal.close();
      expect((await read(place)).texts).toEqual(["x"]);
    }
  });

  test("loses one record, counted and no other, to a flipped byte anywhere in it", async () => {
    const { journal } = await openJournal(folder);
    await keep(journal, TEXTS);
    await journal.close();
    const [name] = await segments();
    const path = join(folder, name!);
    const whole = await readFile(path);
    const from = 8 + 60 + TEXTS[0]!.length;
    for (let at = from; at < from + 60 + TEXTS[1]!.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0x40;
      await writeFile(path, flipped);
      const { texts, damage } = await read(folder);
      expect(texts, `byte ${at}`).toEqual(["first", "third"]);
      expect(damage).toMatchObject([{ byteCount: 60 + TEXTS[1]!.length, missingRecords: 1 }]);
      const again = await openJournal(folder);
      expect([again.journal.counts.lastSequence, again.troubles]).toEqual([3, []]);
      await again.journal.close();
    }
  });

  test("is read without its magic too", async () => {
    const { journal } = await openJournal(folder);
    await keep(journal, TEXTS);
    await journal.close();
    const [name] = await segments();
    const whole = await readFile(join(folder, name!));
    for (let at = 0; at < 8; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0xff;
      await writeFile(join(folder, name!), flipped);
      expect((await read(folder)).texts).toEqual(TEXTS);
    }
  });

  test("leaves out a segment that was copied beside itself", async () => {
    const { journal } = await openJournal(folder);
    await keep(journal, TEXTS);
    await journal.close();
    const [name] = await segments();
    await writeFile(join(folder, "0000000000000002.journal"), await readFile(join(folder, name!)));
    expect((await read(folder)).texts).toEqual(TEXTS);
  });
});

describe("a disk that is full", () => {
  test("refuses what does not fit and keeps what did; freed, it is written again without a start", async () => {
    const disk = new SmallDisk(400);
    let nowMilliseconds = 0;
    const { journal, troubles } = await openJournal(folder, { openFile: disk.openFile, now: () => nowMilliseconds });
    const kept: string[] = [];
    await keep(journal, ["fits"]);
    kept.push("fits");
    const tooLarge = journal.append(body("x".repeat(1000)));
    const behind = journal.append(body("small, but behind it"));
    for (const each of [tooLarge, behind]) {
      const refusal = await refusalOf(each.kept);
      expect(refusal).toBeInstanceOf(SourceError);
      expect(refusal!.retriable).toBe(true);
    }
    expect(troubles).toEqual([expect.stringContaining("ENOSPC")]);
    expect(() => journal.append(body("at once"))).toThrow("does not take anything now");
    disk.freeBytes = 1e6;
    nowMilliseconds += 1000;
    const [sequence] = await keep(journal, ["again"]);
    kept.push("again");
    expect(sequence).toBeGreaterThan(behind.sequence);
    expect(troubles.at(-1)).toBe("the journal is written again");
    await keep(journal, ["and more"]);
    kept.push("and more");
    await journal.close();
    const { texts, damage } = await read(folder);
    expect([texts, damage]).toEqual([kept, []]);
    expect(journal.counts.refusedBodies).toBe(3);
  });

  test("that does not sync keeps nothing of what it was told to keep", async () => {
    const disk = new SmallDisk(1e6);
    let nowMilliseconds = 0;
    const now = () => nowMilliseconds;
    const { journal } = await openJournal(folder, { isSynced: true, openFile: disk.openFile, now });
    await keep(journal, ["good"]);
    disk.isSyncBroken = true;
    expect(await refusalOf(journal.append(body("lost")).kept)).toBeInstanceOf(SourceError);
    disk.isSyncBroken = false;
    nowMilliseconds += 1000;
    await keep(journal, ["good again"]);
    await journal.close();
    expect((await read(folder)).texts).toEqual(["good", "good again"]);
  });
});

describe("retention", () => {
  const fill = async (journal: Awaited<ReturnType<typeof openJournal>>["journal"], count: number) => {
    for (let i = 0; i < count; i++) await keep(journal, ["x".repeat(900)]);
  };
  const limits = { segmentBytes: 2000, maxBytes: 10_000 };

  test("deletes the oldest segments over the limit of bytes", async () => {
    const { journal } = await openJournal(folder, limits);
    await fill(journal, 40);
    expect(journal.counts.byteCount).toBeLessThanOrEqual(limits.maxBytes + limits.segmentBytes);
    await journal.close();
    const { records } = await read(folder);
    expect(records.at(-1)!.sequence).toBe(40);
    expect(records[0]!.sequence).toBeGreaterThan(25);
  });

  test("never deletes what the last checkpoint needs: rather it takes nothing more, until there is another", async () => {
    const { journal } = await openJournal(folder, limits);
    await fill(journal, 4);
    await journal.checkpointed(2);
    await expect(fill(journal, 40)).rejects.toThrow("full of what no checkpoint holds");
    expect((await read(folder, 2)).records[0]!.sequence).toBe(3);
    await journal.checkpointed(journal.counts.lastSequence);
    await fill(journal, 3);
    await journal.close();
  });

  test("deletes what is too old when it is opened, and keeps what is not", async () => {
    const { journal } = await openJournal(folder, limits);
    await fill(journal, 6);
    await journal.close();
    const young = await openJournal(folder, { ...limits, maxAgeSeconds: 3600 });
    await young.journal.checkpointed(6);
    await young.journal.close();
    expect((await read(folder)).records.length).toBe(6);
    const old = await openJournal(folder, { ...limits, maxAgeSeconds: -1 });
    await old.journal.checkpointed(6);
    await old.journal.close();
    expect((await read(folder)).records).toEqual([]);
  });
});
