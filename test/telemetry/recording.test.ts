import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Client, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { RecordingWriter } from "../../src/telemetry/files/recording-writer.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { type ReplayBody, replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { collectAll, finiteSourceContract } from "../contract/telemetry-source.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-recording-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const START = 1_750_000_000;
const bodies = [3, 1, 200].map((count, index) =>
  encode("TracesData", plainTraces(`s${index}`, count, START + index * 10)),
);
const metricsAt = (seconds: number) =>
  encode("MetricsData", {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: "m", gauge: { dataPoints: [{ timeUnixNano: `${seconds}000000000`, asDouble: seconds }] } },
            ],
          },
        ],
      },
    ],
  });

function frame(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const asFrames = (_signal: "traces" | "metrics", list: readonly Uint8Array[]) => Buffer.concat(list.map(frame));
const asLines = (signal: "traces" | "metrics", list: readonly Uint8Array[]) =>
  Buffer.from(list.map((body) => `${toJson(signal, body)}\n`).join(""));

const packings = [
  { packing: "plain", pack: (bytes: Buffer) => bytes, suffix: "" },
  { packing: "gzip", pack: (bytes: Buffer) => gzipSync(bytes), suffix: ".gz" },
  { packing: "zstd", pack: (bytes: Buffer) => zstdCompressSync(bytes), suffix: ".zst" },
];
const layouts = [
  { layout: "length-prefixed protobuf", write: asFrames },
  { layout: "JSON lines", write: asLines },
  {
    layout: "frames packed one by one, as the collector's file exporter does",
    write: (_: string, list: readonly Uint8Array[]) => Buffer.concat(list.map((body) => frame(zstdCompressSync(body)))),
  },
];

const open = (path: string, ledger = new CountingLedger()) =>
  new RecordingSource(path, { ledger, maxOperationsPerService: 100 });
const spanCounts = async (path: string) => (await collectAll(open(path))).map((batch) => batch.spans.spanCount);

describe.each(packings)("$packing", ({ pack, suffix }) => {
  test.each(layouts)("$layout gives its bodies in order, whatever the file is called", async ({ write }) => {
    await writeFile(join(folder, `spans-anything${suffix}`), pack(write("traces", bodies)));
    expect(await spanCounts(folder)).toEqual([3, 1, 200]);
    expect(await spanCounts(join(folder, `spans-anything${suffix}`))).toEqual([3, 1, 200]);
  });
});

describe("a recording as a source", () => {
  finiteSourceContract(async () => {
    await writeFile(join(folder, "spans.jsonl"), asLines("traces", bodies));
    await writeFile(join(folder, "metrics.binpb"), asFrames("metrics", [metricsAt(START + 5)]));
    return open(folder);
  });
});

test("several files come merged by time, each in its own order", async () => {
  await writeFile(join(folder, "spans-a.binpb"), asFrames("traces", [bodies[0]!, bodies[2]!]));
  await writeFile(join(folder, "spans-b.jsonl"), asLines("traces", [bodies[1]!]));
  await writeFile(
    join(folder, "metrics.jsonl"),
    asLines("metrics", [metricsAt(START + 5), metricsAt(START + 15), metricsAt(START + 99)]),
  );
  await writeFile(join(folder, "labels.json"), "{}");
  const batches = await collectAll(open(folder));
  const order = batches.map(({ spans, metrics }) =>
    spans.spanCount > 0 ? spans.spanCount : metrics[0]!.value - START,
  );
  expect(order).toEqual([3, 5, 1, 15, 200, 99]);
});

test.each([
  { what: "a cut last frame", bytes: asFrames("traces", bodies).subarray(0, -7), counts: [3, 1] },
  { what: "a cut gzip file", bytes: gzipSync(asFrames("traces", bodies)).subarray(0, -20), counts: null },
  { what: "a cut zstd file", bytes: zstdCompressSync(asFrames("traces", bodies)).subarray(0, -20), counts: null },
  {
    what: "a malformed body",
    bytes: Buffer.concat([frame(bodies[0]!), frame(Buffer.from([10, 9])), frame(bodies[1]!)]),
    counts: [3, 1],
  },
  {
    what: "a broken line",
    bytes: Buffer.from(`${toJson("traces", bodies[0]!)}\n{"resourceSpans":\n\n${toJson("traces", bodies[1]!)}`),
    counts: [3, 1],
  },
  { what: "a frame that claims 4 GiB", bytes: Buffer.concat([frame(bodies[0]!), Buffer.alloc(40, 0xff)]), counts: [3] },
])("$what is counted once and the rest is read", async ({ bytes, counts }) => {
  await writeFile(join(folder, "spans"), bytes);
  const ledger = new CountingLedger();
  const found = (await collectAll(open(folder, ledger))).map((batch) => batch.spans.spanCount);
  if (counts !== null) expect(found).toEqual(counts);
  else expect([3, 1, 200].slice(0, found.length)).toEqual(found);
  expect(ledger.rows().find((row) => row.service === "unknown_service")?.lost).toEqual({ malformed: 1 });
});

test.each([
  { what: "a path that is not there", name: "nowhere", reason: "does not exist" },
  { what: "a folder without spans", name: ".", reason: "holds no file named spans*" },
])("$what is one line that names it", async ({ name, reason }) => {
  const path = join(folder, name);
  const reading = collectAll(open(path));
  await expect(reading).rejects.toThrow(SettingsError);
  await expect(reading).rejects.toThrow(`recording: ${JSON.stringify(path)} ${reason}`);
});

describe("the writer", () => {
  test.each(["none", "gzip", "zstd"] as const)(
    "with compression %s writes what the source reads, JSON beside protobuf",
    async (compression) => {
      const writer = await RecordingWriter.open(join(folder, "new"), { compression });
      const json = Buffer.from(JSON.stringify(JSON.parse(toJson("traces", bodies[1]!)), null, 2));
      await Promise.all([
        writer.write("traces", bodies[0]!, "otlp_proto"),
        writer.write("traces", bodies[2]!, "otlp_proto"),
        writer.write("traces", json, "otlp_json"),
        writer.write("metrics", metricsAt(START + 15), "otlp_proto"),
      ]);
      await writer.close();
      const batches = await collectAll(open(join(folder, "new")));
      expect(batches.map(({ spans, metrics }) => spans.spanCount || -metrics.length)).toEqual([3, 1, -1, 200]);
      const suffix = { none: "", gzip: ".gz", zstd: ".zst" }[compression];
      expect((await readdir(join(folder, "new"))).sort()).toEqual([
        `metrics.binpb${suffix}`,
        `spans.binpb${suffix}`,
        `spans.jsonl${suffix}`,
      ]);
    },
  );

  test("writes frames as the collector does: big-endian length, then the body as it came", async () => {
    const writer = await RecordingWriter.open(folder, { compression: "none" });
    for (const body of bodies) await writer.write("traces", body, "otlp_proto");
    await writer.close();
    expect(await readFile(join(folder, "spans.binpb"))).toEqual(asFrames("traces", bodies));
  });

  test("thirty senders that wait for room at once wait for the same, without a word of too many listeners", async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.name);
    process.on("warning", note);
    const writer = await RecordingWriter.open(folder, { compression: "zstd" });
    const large = Array.from({ length: 30 }, () => bodies[2]!);
    await Promise.all(large.map((body) => writer.write("traces", body, "otlp_proto")));
    await writer.close();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
    expect(await spanCounts(folder)).toEqual(large.map(() => 200));
  });

  test("does not write over a recording, and stops at its limit with a count", async () => {
    const writer = await RecordingWriter.open(folder, { compression: "none", maxBytes: bodies[0]!.length });
    for (const body of bodies) await writer.write("traces", body, "otlp_proto");
    await writer.close();
    expect(writer.droppedBodies).toBe(2);
    expect(await spanCounts(folder)).toEqual([3]);
    await expect(RecordingWriter.open(folder, { compression: "none" })).rejects.toThrow("holds a recording already");
    await expect(RecordingWriter.open(join(folder, "spans.binpb"), { compression: "none" })).rejects.toThrow(
      SettingsError,
    );
  });
});

/** Sends a body the way the transport does and waits for the answer. */
const senders = {
  protobuf: (body: ReplayBody, port: number) => post(body, port, "application/x-protobuf", body.protobuf),
  json: (body: ReplayBody, port: number) => post(body, port, "application/json", body.json()),
  grpc: (body: ReplayBody, port: number) =>
    new Promise<void>((resolve, reject) => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const [plural, service] = body.signal === "traces" ? ["trace", "TraceService"] : ["metrics", "MetricsService"];
      const path = `/opentelemetry.proto.collector.${plural}.v1.${service}/Export`;
      const asIs = (bytes: Buffer) => bytes;
      client.makeUnaryRequest(path, asIs, asIs, Buffer.from(body.protobuf), (error) => {
        client.close();
        if (error) reject(error);
        else resolve();
      });
    }),
};

async function post(body: ReplayBody, port: number, type: string, bytes: Uint8Array): Promise<void> {
  const url = `http://127.0.0.1:${port}/v1/${body.signal}`;
  const answer = await fetch(url, { method: "POST", headers: { "content-type": type }, body: Uint8Array.from(bytes) });
  expect(answer.status).toBe(200);
}

test.each(["protobuf", "json", "grpc"] as const)(
  "a recording sent again as %s gives the batches that reading it gives",
  async (form) => {
    await writeFile(join(folder, "spans.binpb.zst"), zstdCompressSync(asFrames("traces", bodies)));
    await writeFile(join(folder, "metrics.binpb"), asFrames("metrics", [metricsAt(START + 5)]));
    const expected = JSON.stringify(await collectAll(open(folder)));
    const receiver = new OtlpReceiver({
      ledger: new CountingLedger(),
      maxBodyBytes: 1 << 20,
      maxOperationsPerService: 100,
    });
    const { httpPort, grpcPort } = await receiver.start({ httpPort: 0, grpcPort: 0 });
    const abort = new AbortController();
    const received: unknown[] = [];
    const reading = receiver.read((batch) => void received.push(batch), abort.signal);
    for await (const body of replayBodies(folder)) await senders[form](body, (form === "grpc" ? grpcPort : httpPort)!);
    abort.abort();
    await reading;
    await receiver.close();
    expect(JSON.stringify(received)).toBe(expected);
  },
);
