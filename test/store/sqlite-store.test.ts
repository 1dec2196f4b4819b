import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";

import { SettingsError, SourceError } from "../../src/contracts/errors.ts";
import { SCHEMA_VERSION } from "../../src/store/schema.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { storeContract } from "../contract/store.ts";
import { aFeedback, anIncident, aPoint, aRow, aTrace } from "./samples.ts";

const root = mkdtempSync(join(tmpdir(), "spantwin-store-"));
let directoryCount = 0;
const newDirectory = () => join(root, `store-${directoryCount++}`);
const fileOf = (dataDirectory: string) => join(dataDirectory, "spantwin.sqlite");
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a store in a file", () => storeContract(() => openSqliteStore({ dataDirectory: newDirectory() })));
describe("a store in memory", () => storeContract(() => openSqliteStore({ dataDirectory: ":memory:" })));

describe("opening", () => {
  test("what was kept is there after closing and opening again", async () => {
    const dataDirectory = newDirectory();
    const first = openSqliteStore({ dataDirectory });
    await first.putSeries([aRow("front", "", 10)]);
    await first.putIncident(anIncident());
    await first.putTrace(aTrace("1".repeat(32)));
    await first.close();

    const second = openSqliteStore({ dataDirectory });
    expect(await second.series({ node: "front", operation: "", fromSeconds: 0, toSeconds: 99, limit: 9 })).toEqual([
      aPoint(10),
    ]);
    expect(await second.incident(anIncident().id)).toEqual(anIncident());
    expect(await second.trace("1".repeat(32))).not.toBeNull();
    await second.close();
  });

  test("a file of a newer version is refused by name and left as it is", async () => {
    const dataDirectory = newDirectory();
    await openSqliteStore({ dataDirectory }).close();
    const raw = new DatabaseSync(fileOf(dataDirectory));
    raw.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    raw.close();
    const before = readFileSync(fileOf(dataDirectory));

    const open = () => openSqliteStore({ dataDirectory });
    expect(open).toThrow(SettingsError);
    expect(open).toThrow(
      /^dataDirectory: ".*" was written by a newer version \(schema 3; this version knows up to 2\)/,
    );
    expect(readFileSync(fileOf(dataDirectory)).equals(before)).toBe(true);
  });

  test("a file of the version before gets the new tables and keeps what it holds", async () => {
    const dataDirectory = newDirectory();
    const first = openSqliteStore({ dataDirectory });
    await first.putIncident(anIncident());
    await first.close();
    const raw = new DatabaseSync(fileOf(dataDirectory));
    raw.exec("DROP TABLE feedback; DROP TABLE deployment; PRAGMA user_version = 1");
    raw.close();

    const second = openSqliteStore({ dataDirectory });
    expect(await second.incident(anIncident().id)).toEqual(anIncident());
    expect((await second.putFeedback(aFeedback())).id).toBe(1);
    expect(await second.deployments({ limit: 9 })).toEqual([]);
    await second.close();
  });

  test.each([
    { name: "another program's database", write: writeForeignDatabase },
    { name: "a text file", write: (path: string) => writeFileSync(path, "notes to self\n".repeat(400)) },
  ])("$name under the store's name is refused and left as it is", ({ write }) => {
    const dataDirectory = newDirectory();
    mkdirSync(dataDirectory);
    write(fileOf(dataDirectory));
    const before = readFileSync(fileOf(dataDirectory));
    expect(() => openSqliteStore({ dataDirectory })).toThrow(/^dataDirectory: ".*" is not a file of this program/);
    expect(readFileSync(fileOf(dataDirectory)).equals(before)).toBe(true);
  });

  test("a directory that cannot be made is refused by name", async () => {
    const file = newDirectory();
    writeFileSync(file, "");
    expect(() => openSqliteStore({ dataDirectory: join(file, "data") })).toThrow(
      /^dataDirectory: ".*" cannot be created/,
    );
  });

  test("two stores on one file see each other's incidents", async () => {
    const dataDirectory = newDirectory();
    const writer = openSqliteStore({ dataDirectory });
    const reader = openSqliteStore({ dataDirectory });
    await writer.putIncident(anIncident());
    expect(await reader.incidentCount()).toBe(1);
    await writer.close();
    await reader.close();
  });
});

test("a write that another process blocks fails as retriable, and nothing of it is written", async () => {
  const dataDirectory = newDirectory();
  const store = openSqliteStore({ dataDirectory });
  const other = new DatabaseSync(fileOf(dataDirectory));
  other.exec("BEGIN IMMEDIATE");
  const error = await store.putIncident(anIncident()).catch((reason: unknown) => reason);
  other.exec("ROLLBACK");
  other.close();
  expect(error).toBeInstanceOf(SourceError);
  expect((error as SourceError).retriable).toBe(true);
  expect(await store.incidentCount()).toBe(0);
  await store.putIncident(anIncident());
  expect(await store.incidentCount()).toBe(1);
  await store.close();
});

describe("a trace over its bound", () => {
  test("keeps the spans that began first, in the order they came, and counts the others", async () => {
    const store = openSqliteStore({ dataDirectory: ":memory:", traceBound: { maxSpans: 3, maxBytes: 1_000_000 } });
    const trace = aTrace("1".repeat(32), 5);
    await store.putTrace({ ...trace, spans: trace.spans.toReversed() });
    expect((await store.trace(trace.traceId))?.spans).toEqual(trace.spans.slice(0, 3).toReversed());
    expect(store.lostTraceSpanCount).toBe(2);
    await store.close();
  });

  test("takes no more bytes than allowed", async () => {
    const store = openSqliteStore({ dataDirectory: ":memory:", traceBound: { maxSpans: 100, maxBytes: 4000 } });
    await store.putTrace(aTrace("1".repeat(32), 100));
    const kept = await store.trace("1".repeat(32));
    expect(JSON.stringify(kept).length).toBeLessThanOrEqual(4000);
    expect(kept?.spans.length).toBeGreaterThan(0);
    expect(store.lostTraceSpanCount).toBe(100 - (kept?.spans.length ?? 0));
    await store.close();
  });
});

test("beyond ten thousand the oldest feedback is forgotten", async () => {
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  for (let count = 0; count < 10_002; count++) await store.putFeedback(aFeedback({ note: `${count}` }));
  const kept = await store.feedback({ limit: 20_000 });
  expect([kept.length, kept[0]!.note, kept.at(-1)!.note]).toEqual([10_000, "10001", "2"]);
  await store.close();
});

function writeForeignDatabase(path: string): void {
  const raw = new DatabaseSync(path);
  raw.exec("CREATE TABLE notes (text TEXT)");
  raw.close();
}
