// Goal: what is judged is what was named: each recording once, under a name of its own, with its own labels.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import { findRecordings } from "../../src/pipeline/find-recordings.ts";

const root = mkdtempSync(join(tmpdir(), "spantwin-find-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function place(...path: string[]): string {
  const file = join(root, ...path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  return file;
}

for (const day of ["tuesday", "monday"]) {
  place("week", day, "spans.jsonl");
  place("week", day, "labels.json");
}
place("week", "notes", "readme.txt");
place("other", "monday", "spans.binpb.zst");
place("other", "monday", "labels.json");
place("bare", "spans.jsonl");
place("public", "trace", "00_00_trace.csv");
place("public.labels.json");

describe("recordings", () => {
  test("of a folder that is none are those in it, by name, each with its own labels", async () => {
    const found = await findRecordings([join(root, "week")], "otlp");
    expect(found).toEqual(
      ["monday", "tuesday"].map((name) => ({
        name,
        path: join(root, "week", name),
        format: "otlp",
        labelsPath: join(root, "week", name, "labels.json"),
      })),
    );
  });

  test("of the same name are told apart by the folder they are in", async () => {
    const found = await findRecordings([join(root, "other"), join(root, "week")], "otlp");
    expect(found.map((row) => row.name)).toEqual([join("other", "monday"), join("week", "monday"), "tuesday"]);
  });

  test("of the public layout are known by their traces, with labels beside them", async () => {
    const [found] = await findRecordings([join(root, "public")], "nezha");
    expect(found).toMatchObject({ name: "public", labelsPath: join(root, "public.labels.json") });
  });

  test("may be a single file, with labels named apart", async () => {
    const path = join(root, "bare", "spans.jsonl");
    expect(await findRecordings([path], "otlp", "mine.json")).toMatchObject([{ path, labelsPath: "mine.json" }]);
  });
});

describe("refused, naming what is wrong, is", () => {
  test.each([
    { what: "a path that is not there", paths: ["nowhere"], labels: undefined, says: "nowhere" },
    { what: "a folder without a recording", paths: ["week/notes"], labels: undefined, says: "holds no recording" },
    { what: "a recording named twice", paths: ["week", "week/monday"], labels: undefined, says: "is there twice" },
    { what: "one labels file for two", paths: ["week"], labels: "mine.json", says: "but 2 are given" },
    { what: "a recording without labels", paths: ["bare"], labels: undefined, says: "labels.json" },
  ])("$what", async ({ paths, labels, says }) => {
    const act = findRecordings(
      paths.map((path) => join(root, path)),
      "otlp",
      labels,
    );
    await expect(act).rejects.toThrow(SettingsError);
    await expect(act).rejects.toThrow(says);
  });
});
