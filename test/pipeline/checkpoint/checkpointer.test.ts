// Goal: whatever happens to the disk, a checkpoint is restored whole or not at all, and there is one before it.
// Method: a small state in real files: cut, with flipped bits, of other settings, and in a folder that cannot be written.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SettingsError } from "../../../src/contracts/errors.ts";
import { Checkpointer } from "../../../src/pipeline/checkpoint/checkpointer.ts";
import { temporaryFolder } from "./worlds.ts";

/** A list that grows by frozen rows, beside a number that changes. */
class Notes {
  rows: object[] = [];
  count = 0;

  add(text: string): void {
    this.rows.push(Object.freeze({ text }));
    this.count++;
  }

  snapshot() {
    return { rows: [...this.rows], count: this.count };
  }

  restore({ rows, count }: ReturnType<Notes["snapshot"]>): void {
    this.rows = rows;
    this.count = count;
  }
}

function opened(directory: string, identity: Record<string, string> = { version: "1" }) {
  const notes = new Notes();
  const notices: string[] = [];
  const state = { notes };
  const onNotice = (text: string): void => void notices.push(text);
  const checkpointer = new Checkpointer({ directory, identity, state, anchors: {}, classes: [], onNotice });
  return { notes, notices, checkpointer };
}

/** A folder with two checkpoints: of "one", and of "one" and "two". */
async function twoCheckpoints(): Promise<string> {
  const folder = temporaryFolder();
  const { notes, checkpointer } = opened(folder);
  notes.add("one");
  await checkpointer.capture({ offset: 1 });
  notes.add("two");
  await checkpointer.capture({ offset: 2 });
  return folder;
}

const heads = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("checkpoint-"))
    .sort();

describe("a checkpoint", () => {
  test("of an empty folder is none", () => {
    const { checkpointer, notices } = opened(temporaryFolder());
    expect(checkpointer.restore()).toBeNull();
    expect(checkpointer.keptPositions).toEqual([]);
    expect(notices).toEqual([]);
  });

  test("gives back the last state and its position", async () => {
    const { notes, checkpointer } = opened(await twoCheckpoints());
    expect(checkpointer.restore()).toEqual({ offset: 2 });
    expect(notes.rows).toEqual([{ text: "one" }, { text: "two" }]);
    expect(notes.count).toBe(2);
  });

  test("is kept with the one before it, and no other file is", async () => {
    const folder = await twoCheckpoints();
    const { notes, checkpointer } = opened(folder);
    checkpointer.restore();
    for (let k = 3; k <= 9; k++) {
      notes.add(`row ${k}`);
      await checkpointer.capture({ offset: k });
    }
    expect(checkpointer.keptPositions).toEqual([{ offset: 8 }, { offset: 9 }]);
    expect(heads(folder)).toHaveLength(2);
    expect(readdirSync(folder).some((name) => name.endsWith(".part"))).toBe(false);
  });

  test("holds what the state was when it was asked for, whatever changes while it is written", async () => {
    const folder = temporaryFolder();
    const { notes, checkpointer } = opened(folder);
    notes.add("before");
    const capturing = checkpointer.capture({ offset: 1 });
    notes.add("after");
    await capturing;
    const again = opened(folder);
    again.checkpointer.restore();
    expect(again.notes.rows).toEqual([{ text: "before" }]);
  });

  test("is not begun while another is being written", async () => {
    const { checkpointer } = opened(temporaryFolder());
    const first = checkpointer.capture({ offset: 1 });
    expect(await checkpointer.capture({ offset: 2 })).toBeNull();
    expect(await first).not.toBeNull();
    expect(await checkpointer.capture({ offset: 3 })).not.toBeNull();
  });

  test("writes what never changes once, and anew what is left of a file that is mostly given up", async () => {
    const folder = temporaryFolder();
    const { notes, checkpointer } = opened(folder);
    const long = "x".repeat(10_000);
    for (let k = 0; k < 10; k++) notes.add(`${long}${k}`);
    const first = await checkpointer.capture({ offset: 1 });
    notes.add("short");
    const second = await checkpointer.capture({ offset: 2 });
    expect(first!.bytes).toBeGreaterThan(100_000);
    expect(second!.bytes).toBeLessThan(2_000);
    expect(second!.totalBytes).toBeGreaterThan(100_000);
    notes.rows.splice(0, 8);
    for (let k = 3; k < 7; k++) await checkpointer.capture({ offset: k });
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(60_000);
    const again = opened(folder);
    expect(again.checkpointer.restore()).toEqual({ offset: 6 });
    expect(again.notes.rows).toEqual(notes.rows);
  });
});

describe("a damaged checkpoint", () => {
  test("gives way to the one before it wherever its head is cut off", async () => {
    const folder = await twoCheckpoints();
    const path = join(folder, heads(folder)[1]!);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { notes, notices, checkpointer } = opened(folder);
      expect(checkpointer.restore(), `${length} bytes`).toEqual({ offset: 1 });
      expect(notes.rows).toEqual([{ text: "one" }]);
      expect(notices).toHaveLength(1);
    }
  });

  test("gives way to the one before it wherever a bit of any file of it is flipped", async () => {
    const folder = await twoCheckpoints();
    const names = readdirSync(folder);
    const last = [
      heads(folder)[1]!,
      names
        .filter((name) => name.startsWith("pieces-"))
        .sort()
        .at(-1)!,
    ];
    for (const name of last) {
      const whole = readFileSync(join(folder, name));
      for (let at = 0; at < whole.length; at++) {
        const flipped = Buffer.from(whole);
        flipped[at] = flipped[at]! ^ (1 << (at % 8));
        writeFileSync(join(folder, name), flipped);
        const { notes, checkpointer } = opened(folder);
        expect(checkpointer.restore(), `${name} at ${at}`).toEqual({ offset: 1 });
        expect(notes.rows).toEqual([{ text: "one" }]);
      }
      writeFileSync(join(folder, name), whole);
    }
  });

  test("without one before it is said, and nothing is restored", async () => {
    const folder = await twoCheckpoints();
    for (const name of heads(folder)) writeFileSync(join(folder, name), "something else");
    const { notes, notices, checkpointer } = opened(folder);
    expect(checkpointer.restore()).toBeNull();
    expect(notes.rows).toEqual([]);
    expect(notices.join("\n")).toContain("does not begin as a checkpoint does");
  });
});

describe("a checkpoint that cannot be used", () => {
  test("because it was written under other settings is said by name, and a new one takes its place", async () => {
    const folder = await twoCheckpoints();
    const { notes, notices, checkpointer } = opened(folder, { version: "1", windowSeconds: "10" });
    expect(checkpointer.restore()).toBeNull();
    expect(notices).toHaveLength(2);
    expect(notices[0]).toContain("windowSeconds");
    notes.add("anew");
    await checkpointer.capture({ offset: 7 });
    const again = opened(folder, { version: "1", windowSeconds: "10" });
    expect(again.checkpointer.restore()).toEqual({ offset: 7 });
    expect(again.notes.rows).toEqual([{ text: "anew" }]);
  });

  test("because its folder is a file is refused by key", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(() => opened(path)).toThrow(SettingsError);
  });
});

describe("a disk that takes nothing", () => {
  test("fails the checkpoint and leaves the last one; what did not get there is written the next time", async () => {
    const folder = temporaryFolder();
    const { notes, checkpointer } = opened(folder);
    notes.add("one");
    await checkpointer.capture({ offset: 1 });
    notes.add("two");
    // A folder by the name that the next head gets first.
    const taken = join(folder, "checkpoint-000000000002.part");
    mkdirSync(taken);
    await expect(checkpointer.capture({ offset: 2 })).rejects.toThrow("checkpoint-000000000002.part");
    expect(opened(folder).checkpointer.restore()).toEqual({ offset: 1 });
    rmdirSync(taken);
    await checkpointer.capture({ offset: 3 });
    const after = opened(folder);
    expect(after.checkpointer.restore()).toEqual({ offset: 3 });
    expect(after.notes.rows).toEqual([{ text: "one" }, { text: "two" }]);
  });
});
