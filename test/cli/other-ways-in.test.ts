import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { start, until } from "./run.ts";

// Goal: an attached twin takes Zipkin's spans and asks for metrics when its settings say so. Method: the real command line.

const folder = mkdtempSync(join(tmpdir(), "spantwin-ways-in-"));
let scrapeCount = 0;
const target = createServer((_, response) => {
  scrapeCount += 1;
  response.end(`process_cpu_seconds_total ${scrapeCount}\n`);
});
let server: ReturnType<typeof start>;
let api: string;

beforeAll(async () => {
  target.listen(0, "127.0.0.1");
  await new Promise((resolve) => target.once("listening", resolve));
  const { port } = target.address() as AddressInfo;
  const free = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0", "--zipkin-port", "0"];
  const scraping = ["--scrape-targets", `cart=127.0.0.1:${port}`, "--scrape-interval-seconds", "1"];
  server = start(["attach", ...free, ...scraping, "--data-directory", folder]);
  api = (await until(server.output, /page: (http:\S+)/))[1]!;
}, 60_000);

afterAll(async () => {
  server.child.kill("SIGTERM");
  const { code } = await server.finished;
  target.close();
  rmSync(folder, { recursive: true, force: true });
  expect(code).toBe(0);
});

const get = async (path: string) => (await fetch(new URL(path, api))).text();

test("says where it takes what in, and counts the spans that Zipkin's reporters send there", async () => {
  const { listening } = JSON.parse(await get("api/v1/status")) as {
    listening: { protocol: string; address: string }[];
  };
  expect(listening.map(({ protocol }) => protocol)).toEqual(
    expect.arrayContaining(["OTLP/gRPC", "OTLP/HTTP", "Zipkin", "Prometheus scrape"]),
  );
  const zipkin = listening.find(({ protocol }) => protocol === "Zipkin")!;
  const span = {
    traceId: "beef",
    id: "1",
    kind: "SERVER",
    name: "get",
    timestamp: Date.now() * 1000,
    duration: 100,
    localEndpoint: { serviceName: "from-zipkin" },
  };
  const answer = await fetch(`${zipkin.address}/api/v2/spans`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([span]),
  });
  expect(answer.status).toBe(202);
  const { rows } = JSON.parse(await get("api/v1/ledger")) as { rows: { service: string; received: number }[] };
  expect(rows).toContainEqual(expect.objectContaining({ service: "from-zipkin", received: 1 }));
});

test("scrapes, and tells how that went in its own metrics", async () => {
  let text = "";
  while (!/^spantwin_scrape_answers_total\{target="[^"]+"\} [2-9]/m.test(text)) {
    text = await get("metrics");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(text).toMatch(/^spantwin_scrape_up\{target="http:\/\/127\.0\.0\.1:\d+\/metrics"\} 1$/m);
  expect(text).toMatch(/^spantwin_scrape_kept_series\{[^}]*\} 1$/m);
  expect(scrapeCount).toBeGreaterThanOrEqual(2);
});
