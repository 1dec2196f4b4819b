import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Quarantine } from "../../../src/telemetry/kafka/quarantine.ts";

let folder: string;
let said: string[];
const say = (message: string) => said.push(message);
const record = (offset: bigint, topic = "spans") => ({
  topic,
  partition: 3,
  offset,
  reason: "no telemetry",
  byteCount: 9,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spantwin-quarantine-"));
  said = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("records that are left out", () => {
  test("are listed by where they stand, and said once a topic", () => {
    const path = join(folder, "list.jsonl");
    const quarantine = new Quarantine(path, say);
    const far = 2n ** 60n + 1n;
    for (const offset of [5n, far]) quarantine.add(record(offset));
    quarantine.add(record(7n, "other"));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { topic: "spans", partition: 3, offset: "5", byteCount: 9, reason: "no telemetry" },
      { topic: "spans", partition: 3, offset: String(far) },
      { topic: "other", partition: 3, offset: "7" },
    ]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/spans\/3\/5 is left out: no telemetry/);
    expect(quarantine).toMatchObject({ count: 3, unlistedCount: 0 });
  });

  test("are only counted when the list is full, also over several lives", () => {
    const path = join(folder, "list.jsonl");
    const lines = 30_000;
    for (const start of [0, lines]) {
      const quarantine = new Quarantine(path, say);
      for (let offset = start; offset < start + lines; offset += 1) {
        quarantine.add({ ...record(BigInt(offset)), reason: "x".repeat(1000) });
      }
      expect(quarantine.count).toBe(lines);
      expect(quarantine.unlistedCount).toBeGreaterThan(start === 0 ? 1000 : lines - 1);
    }
    expect(statSync(path).size).toBeLessThanOrEqual(4 << 20);
  });

  test("are only counted, and that is said, when the list cannot be written", () => {
    const quarantine = new Quarantine(join(folder, "no", "such", "folder"), say);
    for (const offset of [1n, 2n, 3n]) quarantine.add(record(offset));
    expect(quarantine).toMatchObject({ count: 3, unlistedCount: 3 });
    expect(said.filter((message) => message.includes("ENOENT"))).toHaveLength(1);
  });
});
