import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import type { SpanBatch } from "../../src/contracts/telemetry.ts";
import { NezhaSource } from "../../src/telemetry/files/nezha-source.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { collectAll, finiteSourceContract } from "../contract/telemetry-source.ts";

const HEADER = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration";
const FRONT = "frontend-579b9bff58-t2dbm";
const CART = "cartservice-579f59597d-wc2lz";
const BASE = 1_661_140_374_000_000_000n;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-nezha-"));
  await mkdir(join(folder, "trace"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A row whose span ends `endMicros` after the base; its id is that number. */
function row(
  endMicros: number,
  { pod = FRONT, parent = "root", operation = "shop.Front/Recv.", length = 1_000n } = {},
): string {
  const id = endMicros.toString(16).padStart(16, "0");
  const end = BASE + BigInt(endMicros) * 1_000n;
  return `${id}${id},${id},${parent},${pod},${operation},${end - length},${end},${length / 1_000n}`;
}

const write = (name: string, rows: readonly string[], header = HEADER, newline = "\n") =>
  writeFile(join(folder, "trace", name), [header, ...rows, ""].join(newline));
const open = (ledger = new CountingLedger(), maxOperationsPerService = 100) =>
  new NezhaSource(folder, { ledger, maxOperationsPerService });

async function spansOf(source: NezhaSource): Promise<SpanBatch[]> {
  return (await collectAll(source)).map((batch) => batch.spans);
}

const endsOf = (spans: readonly SpanBatch[]) =>
  spans.flatMap((batch) => Array.from({ length: batch.spanCount }, (_, index) => batch.spanId[index * 2 + 1]!));

describe("the public layout as a source", () => {
  finiteSourceContract(async () => {
    await write("03_53_trace.csv", [row(10), row(20)]);
    await write("03_54_trace.csv", [row(30), row(40)]);
    return open();
  });
});

test("a row becomes a span of unknown kind with exact length, service, instance and parent", async () => {
  await write("03_53_trace.csv", [
    row(100, { length: 3_000_000_007n }),
    row(50, { pod: CART, parent: "0000000000000064", operation: "shop.Cart/Get" }),
  ]);
  const [spans] = await spansOf(open());
  const text = (column: Uint32Array) => [...column].map((number) => spans!.strings.text(number));
  expect(text(spans!.service)).toEqual(["cartservice", "frontend"]);
  expect(text(spans!.instance)).toEqual([CART, FRONT]);
  expect(text(spans!.operation)).toEqual(["shop.Cart/Get", "shop.Front/Recv."]);
  expect([...spans!.kind]).toEqual([0, 0]);
  expect([...spans!.parentSpanId]).toEqual([0, 0x64, 0, 0]);
  expect([...spans!.traceId.subarray(0, 4)]).toEqual([0, 50, 0, 50]);
  expect(spans!.durationSeconds[1]).toBe(3.000000007);
  expect(spans!.startSeconds[0]).toBeCloseTo(1_661_140_374.000049, 6);
});

test("rows come sorted by end over all files: a file's late rows wait for the next file", async () => {
  await write("03_54_trace.csv", [row(70), row(45), row(60)]);
  await write("03_53_trace.csv", [row(50), row(10), row(65)]);
  await write("04_10_trace.csv", [row(99), row(80)]);
  await writeFile(join(folder, "trace", "notes.txt"), "not a trace file");
  expect(endsOf(await spansOf(open()))).toEqual([10, 45, 50, 60, 65, 70, 80, 99]);
});

test("exact duplicates go, in a file and at the border of two, and are counted; a row that differs stays", async () => {
  await write("03_53_trace.csv", [row(10), row(10), row(20, { pod: CART })]);
  await write("03_54_trace.csv", [row(20, { pod: CART }), row(10, { length: 2_000n }), row(30)]);
  const ledger = new CountingLedger();
  expect(endsOf(await spansOf(open(ledger)))).toEqual([10, 10, 20, 30]);
  expect(ledger.rows()).toEqual([
    { service: "cartservice", received: 2, lost: { duplicate: 1 } },
    { service: "frontend", received: 4, lost: { duplicate: 1 } },
  ]);
});

test("rows that are no rows are counted and the rest is read, also with Windows line ends", async () => {
  const good = row(10);
  const wrong = [
    "nonsense",
    good.replace(/^.{4}/, "zzzz"),
    good.replace("root", "abc"),
    good.replace(/\d{19}/, "soon"),
    `${good},extra`,
    good.slice(0, 60),
    row(40).replace(/^[0-9a-f]{32}/, "0".repeat(32)),
  ];
  await write("03_53_trace.csv", [...wrong, good, "", row(20)], HEADER, "\r\n");
  const ledger = new CountingLedger();
  expect(endsOf(await spansOf(open(ledger)))).toEqual([10, 20]);
  expect(ledger.rows()[1]).toEqual({ service: "unknown_service", received: 7, lost: { malformed: 7 } });
});

test("batches hold at most 4,096 spans and all of them, and operations are capped", async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => row(index + 1, { operation: `op-${index % 7}` }));
  await write("03_53_trace.csv", rows.reverse());
  const ledger = new CountingLedger();
  const spans = await spansOf(open(ledger, 5));
  expect(spans.map((batch) => batch.spanCount)).toEqual([4_096, 4_096, 1_808]);
  expect(endsOf(spans)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
  expect(ledger.rows()[0]?.lost["name-overflow"]).toBeGreaterThan(2_000);
});

test.each([
  { what: "no such folder", prepare: () => rm(folder, { recursive: true }), reason: "does not exist" },
  { what: "no trace files", prepare: async () => {}, reason: "holds no trace/*_trace.csv" },
  {
    what: "another header",
    prepare: () => write("03_53_trace.csv", [row(1)], "a,b,c"),
    reason: "does not begin with TraceID,SpanID",
  },
])("$what is one line that names the path", async ({ prepare, reason }) => {
  await prepare();
  const reading = collectAll(open());
  await expect(reading).rejects.toThrow(SettingsError);
  await expect(reading).rejects.toThrow(
    new RegExp(`^recording: "${folder}[^"]*" ${reason.replace("*", "\\*")}[^\\n]*$`),
  );
});
