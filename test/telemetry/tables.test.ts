import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { NameRegistry } from "../../src/telemetry/name-registry.ts";
import { RawTexts } from "../../src/telemetry/raw-texts.ts";
import { SpanColumns } from "../../src/telemetry/span-columns.ts";
import { StringTable } from "../../src/telemetry/string-table.ts";

describe("a string table", () => {
  test("gives each string one number for ever, and the string back", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 })), (texts) => {
        const table = new StringTable();
        const numbers = texts.map((text) => table.intern(text));
        expect(texts.map((text) => table.intern(text))).toEqual(numbers);
        expect(numbers.map((number) => table.text(number))).toEqual(texts);
        expect(table.size).toBe(2 + new Set(texts.filter((text) => text !== "" && text !== "<overflow>")).size);
      }),
    );
  });

  test("calls everything <overflow> that comes when it is full, and counts it", () => {
    const table = new StringTable(4);
    const numbers = ["a", "b", "c", "a", "d"].map((text) => table.intern(text));
    expect(numbers.map((number) => table.text(number))).toEqual(["a", "b", "<overflow>", "a", "<overflow>"]);
    expect([table.size, table.overflowCount]).toEqual([4, 2]);
  });

  test("cuts long names, not through a surrogate pair", () => {
    const table = new StringTable();
    const text = table.text(table.intern(`${"a".repeat(255)}\u{1f600}tail`));
    expect(text).toBe("a".repeat(255));
    expect(() => table.text(99)).toThrow(RangeError);
  });
});

test("raw texts tell strings apart by all their bytes, also while they grow", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 3_000 }), (texts) => {
      const raw = new RawTexts();
      const numbers = texts.map((text) => {
        const bytes = Buffer.from(text);
        return raw.intern(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
      });
      expect(numbers.map((number) => raw.text(number))).toEqual(texts.map((text) => Buffer.from(text).toString()));
    }),
    { numRuns: 50 },
  );
  const raw = new RawTexts();
  const many = Array.from({ length: 20_000 }, (_, index) => Buffer.from(`name-${index}`));
  const intern = (bytes: Buffer) =>
    raw.intern(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  const numbers = many.map(intern);
  expect(new Set(numbers).size).toBe(20_000);
  expect(many.map(intern)).toEqual(numbers);
});

test("raw texts of equal hash are still two texts", () => {
  // 200,000 random names of one length have about five pairs of equal 32-bit hashes.
  const raw = new RawTexts();
  const bytes = Buffer.alloc(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = new Map<number, string>();
  let mixedUp = 0;
  let state = 1n;
  for (let index = 0; index < 200_000; index += 1) {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    view.setBigUint64(0, (state >> 33n) | ((state << 31n) & 0x7fff_ffff_0000_0000n));
    const name = bytes.toString("hex");
    const number = raw.intern(bytes, view, 0, 8);
    if ((numbers.get(number) ?? name) !== name) mixedUp += 1;
    numbers.set(number, name);
  }
  expect(mixedUp).toBe(0);
});

describe("span columns", () => {
  const add = (columns: SpanColumns, value: number, linkCount: number) => {
    const row = columns.open();
    columns.spanId[row * 2] = value;
    for (let link = 0; link < linkCount; link += 1) columns.addLink(value, 0, 0, link, value, link);
    columns.commit();
  };

  test("keep rows and links together through growth", () => {
    const columns = new SpanColumns(new StringTable(), 2);
    for (let value = 1; value <= 100; value += 1) add(columns, value, value % 4);
    const batch = columns.build();
    expect(batch.spanCount).toBe(100);
    for (let row = 0; row < 100; row += 1) {
      const [first, end] = [batch.linkStart[row]!, batch.linkStart[row + 1]!];
      expect(end - first).toBe((row + 1) % 4);
      for (let link = first; link < end; link += 1) expect(batch.linkTraceId[link * 4]).toBe(row + 1);
    }
    expect(columns.build().spanCount).toBe(0);
  });

  test("have nothing of a transaction that threw, nor of a row that was not committed", () => {
    const columns = new SpanColumns(new StringTable(), 2);
    add(columns, 1, 1);
    const failing = () =>
      columns.transaction(() => {
        add(columns, 2, 3);
        columns.addLink(9, 9, 9, 9, 9, 9);
        throw new Error("bad body");
      });
    expect(failing).toThrow("bad body");
    columns.spanId[columns.open() * 2] = 77;
    columns.addLink(8, 8, 8, 8, 8, 8);
    add(columns, 3, 2);
    const batch = columns.build();
    expect([...batch.spanId]).toEqual([1, 0, 3, 0]);
    expect([...batch.linkSpanId]).toEqual([1, 0, 3, 0, 3, 1]);
  });
});

test("the ledger sums by service and reason, and has one row for all services beyond its cap", () => {
  const ledger = new CountingLedger(2);
  ledger.received("b", 3);
  ledger.received("a", 1);
  ledger.lost("a", "late", 2);
  ledger.lost("a", "late", 1);
  ledger.lost("c", "orphan", 5);
  ledger.received("d", 4);
  ledger.lost("b", "late", 0);
  expect(ledger.rows()).toEqual([
    { service: "<other>", received: 4, lost: { orphan: 5 } },
    { service: "a", received: 1, lost: { late: 3 } },
    { service: "b", received: 3, lost: {} },
  ]);
});

test("a flood of services, operations and peers stays within its caps", () => {
  const names = new NameRegistry({ ledger: new CountingLedger(), maxOperationsPerService: 3 });
  for (let index = 0; index < 5_000; index += 1) {
    const service = names.service(`service-${index}`);
    for (let operation = 0; operation < 5; operation += 1) names.operation(service, `operation-${index}-${operation}`);
    names.peer(service, `peer-${index}`);
  }
  const last = names.service("one more");
  expect(names.strings.text(last)).toBe("<overflow>");
  expect(names.operation(last, "brand new")).toBe(-1);
  expect(names.strings.size).toBeLessThan(2_001 * 6);
});
