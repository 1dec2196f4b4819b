// Goal: a model that cannot be used never stops a command and never goes unnoticed: the shipped one decides, and stderr says so.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run, start } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-model-"));
const broken = join(folder, "mine.json");
writeFileSync(broken, '{"format":"spantwin-model","version":2,"layers":[');
const recording = join(folder, "spans.jsonl");
writeFileSync(recording, `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [aSpan()] }] }] })}\n`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aSpan(): object {
  const times = { startTimeUnixNano: "1760400000000000000", endTimeUnixNano: "1760400000010000000" };
  return { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174", name: "GET /", kind: 2, ...times };
}

const NOTICE = /the model is not used: model artifact .*mine\.json: .*node-model of .* is used instead/;

test("replay goes on with the shipped model, and says so on stderr and in its JSON", async () => {
  const { code, stdout, stderr } = await run(["replay", recording, "--json", "--model", broken]);
  expect(code).toBe(0);
  expect(stderr).toMatch(NOTICE);
  const { model } = JSON.parse(stdout) as { model: { name: string; degradedReason: string } };
  expect(model.name).toBe("node-model");
  expect(model.degradedReason).toMatch(NOTICE);
});

test("attach listens with the shipped model, and says so", async () => {
  const ports = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"];
  const { child, finished, output } = start(["attach", ...ports, "--data-directory", ":memory:", "--model", broken]);
  await expect.poll(output, { timeout: 30_000 }).toMatch(/page: http/);
  child.kill("SIGTERM");
  expect((await finished).code).toBe(0);
  expect(output()).toMatch(NOTICE);
});
