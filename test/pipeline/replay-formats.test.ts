import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { replay } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { openRecording } from "../../src/pipeline/sources.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { type PlainProcess, toJaegerUi, toOtlpProto, toZipkin } from "../telemetry/format-writers.ts";
import { settings } from "./windows.ts";

// Goal: the line says the same of the same spans, whatever they are written in. Method: one minute, written thrice.

const folder = mkdtempSync(join(tmpdir(), "spantwin-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MICROS = 1_750_000_000_000_000;
const SPAN_COUNT = 600;
const processes: PlainProcess[] = [
  {
    service: "cart",
    attributes: {},
    spans: Array.from({ length: SPAN_COUNT }, (_, index) => ({
      traceId: `${index + 1}`.padStart(32, "0"),
      spanId: `${index + 1}`.padStart(16, "0"),
      parentSpanId: "",
      name: "work",
      kind: "server",
      startMicros: START_MICROS + index * 100_000,
      durationMicros: 2000 + (index % 7) * 100,
      isError: false,
      tracestate: "",
      attributes: {},
    })),
  },
];

const otlp = toOtlpProto(processes);
const length = Buffer.alloc(4);
length.writeUInt32BE(otlp.length);
writeFileSync(join(folder, "otlp.binpb"), Buffer.concat([length, otlp]));
writeFileSync(join(folder, "jaeger.json"), toJaegerUi(processes));
writeFileSync(join(folder, "zipkin.json.gz"), gzipSync(toZipkin(processes)));

const half = (from: number, to: number) => [{ ...processes[0]!, spans: processes[0]!.spans.slice(from, to) }];
writeFileSync(join(folder, "second.json"), toJaegerUi(half(300, SPAN_COUNT)));
writeFileSync(join(folder, "first.json"), toZipkin(half(0, 300)));

async function answerTo(paths: readonly string[]) {
  const ledger = new CountingLedger();
  const changed = settings({ scorer: "twin-residual", replicates: 2 });
  const source = await openRecording(
    paths.map((path) => join(folder, path)),
    "auto",
    changed,
    ledger,
  );
  const { scorer, view: model } = await loadScorer(changed);
  return replay({ source, settings: changed, scorer, model, ledger, signal: new AbortController().signal });
}

test.each([[["jaeger.json"]], [["zipkin.json.gz"]], [["second.json", "first.json"]]])(
  "%j gives the same windows, incidents and ledger as OTLP",
  async (paths) => {
    const expected = await answerTo(["otlp.binpb"]);
    expect(expected).toMatchObject({ spans: SPAN_COUNT, windows: 12 });
    expect(await answerTo(paths)).toEqual(expected);
  },
);
