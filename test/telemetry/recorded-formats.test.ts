import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import { type BodyFormats, recordedBodies } from "../../src/telemetry/files/recording-bodies.ts";
import { recordingInputs } from "../../src/telemetry/files/recording-inputs.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { RecordingWriter } from "../../src/telemetry/files/recording-writer.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { collectAll, finiteSourceContract } from "../contract/telemetry-source.ts";
import {
  type PlainProcess,
  toJaegerKafkaJson,
  toJaegerProto,
  toJaegerUi,
  toOtlpProto,
  toZipkin,
} from "./format-writers.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-formats-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const START_MICROS = 1_750_000_000_000_000;

/** Spans of one service that end at these seconds, in that order. */
function ending(service: string, ...seconds: readonly number[]): PlainProcess[] {
  const spans = seconds.map((second, index) => ({
    traceId: `${second + 1}`.padStart(32, "0"),
    spanId: `${index + 1}${second}`.padStart(16, "0"),
    parentSpanId: "",
    name: "work",
    kind: "server" as const,
    startMicros: START_MICROS + second * 1_000_000 - 2000,
    durationMicros: 2000,
    isError: false,
    tracestate: "",
    attributes: {},
  }));
  return [{ service, attributes: {}, spans }];
}

function frame(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
const pretty = (body: Uint8Array) => Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString()), null, 2));
const lines = (bodies: readonly Uint8Array[]) => Buffer.from(bodies.map((body) => `${Buffer.from(body)}\n`).join(""));

/** How files of each format may be laid out. */
const LAYOUTS: readonly (readonly [string, string, BodyFormats, (processes: readonly PlainProcess[]) => Buffer])[] = [
  ["Jaeger document", "a.json", "jaeger", (processes) => Buffer.from(toJaegerUi(processes))],
  ["Jaeger document over many lines", "a.json", "jaeger", (processes) => pretty(toJaegerUi(processes))],
  ["Jaeger JSON lines", "a.jsonl", "jaeger", (processes) => lines(toJaegerKafkaJson(processes))],
  [
    "Jaeger protobuf behind lengths",
    "a.binpb",
    "jaeger",
    (processes) => Buffer.concat(toJaegerProto(processes).map(frame)),
  ],
  ["Zipkin document", "a.json", "zipkin", (processes) => Buffer.from(toZipkin(processes))],
  ["Zipkin document over many lines", "a.json", "zipkin", (processes) => pretty(toZipkin(processes))],
  ["OTLP protobuf behind lengths", "a.binpb", "otlp", (processes) => frame(toOtlpProto(processes))],
  ["OTLP protobuf alone", "a.pb", "otlp", (processes) => Buffer.from(toOtlpProto(processes))],
  ["OTLP JSON lines", "a.jsonl", "otlp", (processes) => Buffer.from(`${toJson("traces", toOtlpProto(processes))}\n`)],
  [
    "OTLP JSON over many lines",
    "a.json",
    "otlp",
    (processes) => pretty(Buffer.from(toJson("traces", toOtlpProto(processes)))),
  ],
];
const PACKINGS = [
  ["plain", "", (bytes: Buffer) => bytes],
  ["gzip", ".gz", gzipSync],
  ["zstd", ".zst", zstdCompressSync],
] as const;

const sourceOf = (paths: string | readonly string[], format: BodyFormats = "auto", ledger = new CountingLedger()) =>
  new RecordingSource(paths, { ledger, maxOperationsPerService: 100, format });

/** Seconds at which the spans ended, in the order in which they came, with their services. */
async function played(paths: string | readonly string[], format: BodyFormats = "auto") {
  const batches = await collectAll(sourceOf(paths, format));
  return batches.flatMap(({ spans }) =>
    Array.from({ length: spans.spanCount }, (_, row) => {
      const second = Math.round(spans.startSeconds[row]! + spans.durationSeconds[row]! - START_MICROS / 1e6);
      return `${spans.strings.text(spans.service[row]!)} ${second}`;
    }),
  );
}

describe.each(PACKINGS)("a file, %s", (_, suffix, pack) => {
  test.each(LAYOUTS)(
    "of the layout %s is known for what it is, and the same when it is told",
    async (_layout, name, format, write) => {
      const path = join(folder, `${name}${suffix}`);
      await writeFile(path, pack(write(ending("cart", 1, 2, 3))));
      expect(await played(path)).toEqual(["cart 1", "cart 2", "cart 3"]);
      expect(await played(path, format)).toEqual(["cart 1", "cart 2", "cart 3"]);
    },
  );
});

test.each(LAYOUTS.filter(([, , format]) => format !== "otlp"))(
  "spans of the layout %s come in the order in which they ended",
  async (_, name, _format, write) => {
    await writeFile(join(folder, name), write(ending("cart", 50, 3, 20, 1)));
    const seconds = (await played(folder)).map((each) => Number(each.split(" ")[1]));
    // Lines keep their order: who wrote them saw them come so.
    expect(seconds).toEqual(name === "a.json" ? [1, 3, 20, 50] : [50, 3, 20, 1]);
  },
);

test("a folder of many files of all formats is read in the order of event time, in documents too", async () => {
  await writeFile(join(folder, "1.json"), toJaegerUi(ending("jaeger", 30, 1, 10)));
  await writeFile(join(folder, "2.json.gz"), gzipSync(toZipkin(ending("zipkin", 25, 5))));
  await writeFile(
    join(folder, "3.jsonl"),
    `${toJson("traces", toOtlpProto(ending("otlp", 3)))}\n${toJson("traces", toOtlpProto(ending("otlp", 20)))}\n`,
  );
  await writeFile(join(folder, "notes.txt"), "not telemetry");
  const expected = ["jaeger 1", "otlp 3", "zipkin 5", "jaeger 10", "otlp 20", "zipkin 25", "jaeger 30"];
  expect(await played(folder)).toEqual(expected);
  expect(await played([join(folder, "3.jsonl"), join(folder, "?.json*")])).toEqual(expected);
});

test("of more files than are opened at once, each comes when its time has come", async () => {
  const order = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
  for (const [index, second] of order.entries()) {
    await writeFile(join(folder, `${index}.jsonl`), `${toJson("traces", toOtlpProto(ending("cart", second)))}\n`);
  }
  await writeFile(join(folder, "empty.json"), "");
  expect(await played(folder)).toEqual(Array.from({ length: 100 }, (_, second) => `cart ${second}`));
});

test("a body that is no telemetry is counted, and the others are read", async () => {
  await writeFile(join(folder, "a.jsonl"), `${toJson("traces", toOtlpProto(ending("cart", 1)))}\n{"message":"hello"\n`);
  await writeFile(join(folder, "b.json"), toZipkin(ending("shop", 2)).subarray(0, 90));
  const ledger = new CountingLedger();
  const batches = await collectAll(sourceOf(folder, "auto", ledger));
  expect(batches.reduce((sum, { spans }) => sum + spans.spanCount, 0)).toBe(1);
  expect(ledger.rows().find(({ service }) => service === "unknown_service")?.lost).toEqual({ malformed: 2 });
});

test("a document over the limit is broken, not half read", async () => {
  await writeFile(join(folder, "a.json"), pretty(toZipkin(ending("cart", ...Array(50).keys()))));
  const broken: string[] = [];
  const bodies = recordedBodies(folder, { format: "auto", maxBodyBytes: 1000, onBroken: (_, why) => broken.push(why) });
  expect(await bodies.next()).toEqual({ done: true, value: undefined });
  expect(broken).toEqual(["the document is longer than 1000 bytes (maxBodyBytes)"]);
});

describe("standard input", () => {
  const chunksOf = async (chunks: AsyncIterable<Buffer>) => {
    const found: Buffer[] = [];
    for await (const chunk of chunks) found.push(chunk);
    return Buffer.concat(found);
  };
  const reading = async (stream: Readable) => {
    const [input] = await recordingInputs(["-"], stream);
    return chunksOf(await input!.open());
  };

  test.each(PACKINGS)("may be %s, cut anywhere", async (_, _suffix, pack) => {
    const bytes = Buffer.from("spans ".repeat(1000));
    const packed = pack(bytes);
    for (const cut of [1, 3, 4, 100]) {
      const chunks = [packed.subarray(0, cut), packed.subarray(cut)];
      expect((await reading(Readable.from(chunks))).equals(bytes)).toBe(true);
    }
    expect(await reading(Readable.from([]))).toHaveLength(0);
  });

  test("is refused when it is a terminal", async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(recordingInputs(["-"], terminal)).rejects.toThrow(/"-" is a terminal: pipe a recording/);
  });
});

test.each([
  ["/no/such/file", /does not exist/],
  ["/no/such/*.json", /matches no file/],
])("the path %s is refused at once", async (path, message) => {
  await expect(recordingInputs([path])).rejects.toThrow(message);
  await expect(recordingInputs([path])).rejects.toThrow(SettingsError);
});

test("a folder without telemetry is refused, and so is one of folders", async () => {
  await mkdir(join(folder, "inner"));
  await writeFile(join(folder, "notes.txt"), "x");
  await expect(recordingInputs([folder])).rejects.toThrow(/holds no file named spans\*/);
});

test("a folder with spans* is a recording, whatever else is in it", async () => {
  await writeFile(join(folder, "spans.json"), toZipkin(ending("cart", 1)));
  await writeFile(join(folder, "metrics.jsonl"), "");
  await writeFile(join(folder, "labels.json"), "{}");
  const names = (await recordingInputs([folder])).map(({ name }) => name);
  expect(names).toEqual([join(folder, "metrics.jsonl"), join(folder, "spans.json")]);
});

test("what a writer was given in any encoding is read again, as a recording of OTLP too", async () => {
  const path = join(folder, "all");
  const writer = await RecordingWriter.open(path, { compression: "zstd" });
  await writer.write("traces", toZipkin(ending("zipkin", 2, 1)), "zipkin_json");
  for (const body of toJaegerProto(ending("jaeger", 3))) await writer.write("traces", body, "jaeger_proto");
  for (const body of toJaegerKafkaJson(ending("jaeger", 4))) await writer.write("traces", body, "jaeger_json");
  await writer.write("traces", toOtlpProto(ending("otlp", 5)), "otlp_proto");
  await writer.close();
  const expected = ["zipkin 1", "zipkin 2", "jaeger 3", "jaeger 4", "otlp 5"];
  expect(await played(path)).toEqual(expected);
  expect(await played(path, "otlp")).toEqual(expected);
});

test("a file that is named twice is read once", async () => {
  const path = join(folder, "a.json");
  await writeFile(path, toZipkin(ending("cart", 1)));
  expect(await played([path, folder, path])).toEqual(["cart 1"]);
});

describe("a source of documents", () => {
  finiteSourceContract(async () => {
    await writeFile(join(folder, "a.json"), toZipkin(ending("cart", 30, 1, 10)));
    return sourceOf(folder);
  });
});
