import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { toZipkin } from "../telemetry/format-writers.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const START_MICROS = 1_750_000_000_000_000;
const SPAN_COUNT = 300;

const span = (index: number) => ({
  traceId: `${index + 1}`.padStart(32, "0"),
  spanId: `${index + 1}`.padStart(16, "0"),
  parentSpanId: "",
  name: "work",
  kind: "server" as const,
  startMicros: START_MICROS + index * 100_000,
  durationMicros: 2000,
  isError: false,
  tracestate: "",
  attributes: {},
});

test("replay reads standard input, tells what it is, and keeps a pace", async () => {
  const args = ["replay", "-", "--json", "--speed", "300", "--scorer", "twin-residual", "--replicates", "2"];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const spans = Array.from({ length: SPAN_COUNT }, (_, index) => span(index));
  child.stdin.end(gzipSync(toZipkin([{ service: "cart", attributes: {}, spans }])));
  let stdout = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) stdout += chunk;
  expect(JSON.parse(stdout)).toMatchObject({
    spans: SPAN_COUNT,
    windows: 6,
    ledger: { rows: [{ service: "cart", received: SPAN_COUNT, lost: {} }] },
  });
}, 120_000);
