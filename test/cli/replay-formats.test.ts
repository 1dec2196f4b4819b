import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type PlainProcess, toJaegerUi, toOtlpProto, toZipkin } from "../telemetry/format-writers.ts";
import { run } from "./run.ts";

// Goal: one command line reads every format, from anywhere, and gives one answer. Method: the same spans, written thrice.

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
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

/** Without what differs from run to run. */
function answerOf(stdout: string): unknown {
  const { pace: _, ...answer } = JSON.parse(stdout);
  return answer;
}

test("replay gives the same answer for the same spans in every format, from a file and from standard input", async () => {
  const runs = await Promise.all(
    ["otlp.binpb", "jaeger.json", "zipkin.json.gz"].map((name) => run(["replay", join(folder, name), "--json"])),
  );
  expect(runs.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(["0", "0", "0"]);
  const [first, ...others] = runs.map(({ stdout }) => answerOf(stdout));
  expect(first).toMatchObject({ spans: SPAN_COUNT, windows: 12 });
  for (const other of others) expect(other).toEqual(first);

  const child = spawn(process.execPath, [MAIN, "replay", "-", "--json"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(gzipSync(toZipkin(processes)));
  let stdout = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) stdout += chunk;
  expect(answerOf(stdout)).toEqual(first);
});

test("replay takes several recordings as one, at a speed", async () => {
  const half = (from: number, to: number) => [{ ...processes[0]!, spans: processes[0]!.spans.slice(from, to) }];
  writeFileSync(join(folder, "b.json"), toZipkin(half(0, 300)));
  writeFileSync(join(folder, "a.json"), toJaegerUi(half(300, SPAN_COUNT)));
  const paths = [join(folder, "a.json"), join(folder, "b.json")];
  const { code, stdout } = await run(["replay", ...paths, "--json", "--speed", "500"]);
  expect(code).toBe(0);
  expect(answerOf(stdout)).toMatchObject({ spans: SPAN_COUNT, windows: 12 });
});
