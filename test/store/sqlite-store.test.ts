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
  test("what was kept is there after closing and opening again", () => {
    const dataDirectory = newDirectory();
    const first = openSqliteStore({ dataDirectory });
    first.putSeries([aRow("front", "", 10)]);
    first.putIncident(anIncident());
    first.putTrace(aTrace("1".repeat(32)));
    first.close();

    const second = openSqliteStore({ dataDirectory });
    expect(second.series({ node: "front", operation: "", fromSeconds: 0, toSeconds: 99, limit: 9 })).toEqual([
      aPoint(10),
    ]);
    expect(second.incident(anIncident().id)).toEqual(anIncident());
    expect(second.trace("1".repeat(32))).not.toBeNull();
    second.close();
  });

  test("a file of a newer version is refused by name and left as it is", () => {
    const dataDirectory = newDirectory();
    openSqliteStore({ dataDirectory }).close();
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

  test("a file of the version before gets the new tables and keeps what it holds", () => {
    const dataDirectory = newDirectory();
    const first = openSqliteStore({ dataDirectory });
    first.putIncident(anIncident());
    first.close();
    const raw = new DatabaseSync(fileOf(dataDirectory));
    raw.exec("DROP TABLE feedback; DROP TABLE deployment; PRAGMA user_version = 1");
    raw.close();

    const second = openSqliteStore({ dataDirectory });
    expect(second.incident(anIncident().id)).toEqual(anIncident());
    expect(second.putFeedback(aFeedback()).id).toBe(1);
    expect(second.deployments({ limit: 9 })).toEqual([]);
    second.close();
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

  test("a directory that cannot be made is refused by name", () => {
    const file = newDirectory();
    writeFileSync(file, "");
    expect(() => openSqliteStore({ dataDirectory: join(file, "data") })).toThrow(
      /^dataDirectory: ".*" cannot be created/,
    );
  });

  test("two stores on one file see each other's incidents", () => {
    const dataDirectory = newDirectory();
    const writer = openSqliteStore({ dataDirectory });
    const reader = openSqliteStore({ dataDirectory });
    writer.putIncident(anIncident());
    expect(reader.incidentCount()).toBe(1);
    writer.close();
    reader.close();
  });
});

test("a write that another process blocks fails as retriable, and nothing of it is written", () => {
  const dataDirectory = newDirectory();
  const store = openSqliteStore({ dataDirectory });
  const other = new DatabaseSync(fileOf(dataDirectory));
  other.exec("BEGIN IMMEDIATE");
  const error = thrownBy(() => store.putIncident(anIncident()));
  other.exec("ROLLBACK");
  other.close();
  expect(error).toBeInstanceOf(SourceError);
  expect((error as SourceError).retriable).toBe(true);
  expect(store.incidentCount()).toBe(0);
  store.putIncident(anIncident());
  expect(store.incidentCount()).toBe(1);
  store.close();
});

describe("a trace over its bound", () => {
  test("keeps the spans that began first, in the order they came, and counts the others", () => {
    const store = openSqliteStore({ dataDirectory: ":memory:", traceBound: { maxSpans: 3, maxBytes: 1_000_000 } });
    const trace = aTrace("1".repeat(32), 5);
    store.putTrace({ ...trace, spans: trace.spans.toReversed() });
    expect(store.trace(trace.traceId)?.spans).toEqual(trace.spans.slice(0, 3).toReversed());
    expect(store.lostTraceSpanCount).toBe(2);
    store.close();
  });

  test("takes no more bytes than allowed", () => {
    const store = openSqliteStore({ dataDirectory: ":memory:", traceBound: { maxSpans: 100, maxBytes: 4000 } });
    store.putTrace(aTrace("1".repeat(32), 100));
    const kept = store.trace("1".repeat(32));
    expect(JSON.stringify(kept).length).toBeLessThanOrEqual(4000);
    expect(kept?.spans.length).toBeGreaterThan(0);
    expect(store.lostTraceSpanCount).toBe(100 - (kept?.spans.length ?? 0));
    store.close();
  });
});

test("beyond ten thousand the oldest feedback is forgotten", () => {
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  for (let count = 0; count < 10_002; count++) store.putFeedback(aFeedback({ note: `${count}` }));
  const kept = store.feedback({ limit: 20_000 });
  expect([kept.length, kept[0]!.note, kept.at(-1)!.note]).toEqual([10_000, "10001", "2"]);
  store.close();
});

function writeForeignDatabase(path: string): void {
  const raw = new DatabaseSync(path);
  raw.exec("CREATE TABLE notes (text TEXT)");
  raw.close();
}

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}
