import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { afterEach, describe, expect, test } from "vitest";
import { createOwnMetrics } from "../../src/self/own-metrics.ts";
import { BusyError } from "../../src/telemetry/otlp/busy-error.ts";
import { scrapeTargetOf } from "../../src/telemetry/prometheus/scrape-target.ts";
import { Scraper, type ScraperOptions } from "../../src/telemetry/prometheus/scraper.ts";
import { pointsOf } from "./batch-views.ts";

let stops: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
});

async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server: Server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A running scraper, and what it handed on and said. */
function scraping(ports: readonly number[], options: Partial<ScraperOptions> = {}) {
  const bodies: Uint8Array[] = [];
  const said: string[] = [];
  const scraper = new Scraper({
    targets: ports.map((port) => scrapeTargetOf(`cart@cart-1=127.0.0.1:${port}`)!),
    intervalSeconds: 0.02,
    timeoutSeconds: 5,
    maxBytes: 100_000,
    maxSeries: 1_000,
    accept: async (body) => {
      bodies.push(body);
    },
    say: (level, message) => void said.push(`${level}: ${message}`),
    ...options,
  });
  const abort = new AbortController();
  const running = scraper.run(abort.signal);
  stops.push(() => {
    abort.abort();
    return running;
  });
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { scraper, bodies, said, abort, running, until, status: () => scraper.status()[0]! };
}

const CPU = "process_cpu_seconds_total 3\n";

const BOMB = gzipSync(Buffer.alloc(50_000_000));

describe("a scraper", () => {
  test("asks again and again, and hands on what it hears", async () => {
    let accept: string | undefined;
    const port = await serving((request, response) => {
      accept = request.headers.accept;
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(CPU));
    });
    const { bodies, until, status, said } = scraping([port]);
    await until(() => bodies.length >= 3);
    expect(pointsOf(bodies[0]!).map(({ name, value }) => [name, value])).toEqual([["process.cpu.time", 3]]);
    expect(accept).toMatch(/openmetrics-text;version=1.0.0.*text\/plain;version=0.0.4/);
    expect(status()).toMatchObject({ isUp: true, failures: 0, samples: 1, kept: 1, trouble: null });
    expect(said).toEqual([]);
  });

  test("says once that a target fails and once that it answers again, and counts each time", async () => {
    let isBroken = true;
    const port = await serving((_, response) => response.writeHead(isBroken ? 503 : 200).end(CPU));
    const { bodies, until, status, said } = scraping([port]);
    await until(() => status().failures >= 3);
    expect(status()).toMatchObject({ isUp: false, scrapes: 0, trouble: "it answered 503" });
    isBroken = false;
    await until(() => bodies.length > 0);
    expect(said).toEqual([
      `warn: http://127.0.0.1:${port}/metrics cannot be scraped: it answered 503`,
      `info: http://127.0.0.1:${port}/metrics answers again`,
    ]);
    expect(status()).toMatchObject({ isUp: true, trouble: null });
  });

  test.each([
    ["says nothing", () => {}, /did not answer in time/],
    ["is no exposition", (response: ServerResponse) => response.end("<html>"), /^line 1/],
    ["sends too much", (response: ServerResponse) => response.end("x".repeat(200_000)), /larger than 100000 bytes/],
    [
      "sends what unpacks to too much",
      (response: ServerResponse) => response.writeHead(200, { "content-encoding": "gzip" }).end(BOMB),
      /larger than 100000 bytes/,
    ],
    ["sends elsewhere", (response: ServerResponse) => response.writeHead(302, { location: "/x" }).end(), /redirect/],
    [
      "breaks off in OpenMetrics",
      (response: ServerResponse) =>
        response.writeHead(200, { "content-type": "application/openmetrics-text; version=1.0.0" }).end(CPU),
      /breaks off before # EOF/,
    ],
  ])("waits out a target that %s", async (_, answer, trouble) => {
    const port = await serving((_request, response) => answer(response));
    const { bodies, until, status } = scraping([port], {
      timeoutSeconds: trouble.source.includes("in time") ? 0.3 : 30,
    });
    await until(() => status().failures > 0);
    expect(status().trouble).toMatch(trouble);
    expect(bodies).toEqual([]);
  });

  test("waits out a target that is not there, and the others do not wait for it", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => gone.once("listening", resolve));
    const { port: nobody } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const port = await serving((_, response) => response.end(CPU));
    const { scraper, bodies, until } = scraping([nobody, port]);
    await until(() => bodies.length >= 3 && scraper.status()[0]!.failures > 0);
    expect(scraper.status()[0]!.trouble).toMatch(/ECONNREFUSED/);
  });

  test("does not blame the target when nothing can be taken in", async () => {
    const port = await serving((_, response) => response.end(CPU));
    const { until, status, said } = scraping([port], {
      accept: () => Promise.reject(new BusyError("full")),
    });
    await until(() => status().waits >= 2);
    expect(status()).toMatchObject({ isUp: true, failures: 0 });
    expect(said).toEqual([]);
  });

  test("stops at once, also in the middle of an answer", async () => {
    let isAsked = false;
    const port = await serving((_, response) => {
      isAsked = true;
      response.write("process_cpu");
    });
    const { until, abort, running, status } = scraping([port], { timeoutSeconds: 600 });
    await until(() => isAsked);
    abort.abort();
    await running;
    expect(status()).toMatchObject({ failures: 0 });
  });
});

describe("a real exporter", () => {
  const asked = async (port: number) => {
    const { bodies, until } = scraping([port]);
    await until(() => bodies.length > 0);
    return pointsOf(bodies[0]!);
  };

  test("of Prometheus for Node tells of requests and CPU", async () => {
    const register = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    collectDefaultMetrics({ register });
    const labelNames = ["method", "route"];
    const durations = new Histogram({
      name: "http_request_duration_seconds",
      help: "x",
      labelNames,
      registers: [register],
    });
    durations.observe({ method: "GET", route: '/a"b\\c\nd' }, 0.25);
    const text = await register.metrics();
    const port = await serving((_, response) =>
      response.writeHead(200, { "content-type": register.contentType }).end(text),
    );
    const points = await asked(port);
    expect(points.find(({ name }) => name === "http.server.request.duration")).toMatchObject({
      attributes: 'http.request.method=GET,http.route=/a"b\\c\nd',
      count: 1,
      value: 0.25,
    });
    expect(points.find(({ name }) => name === "process.cpu.time")!.value).toBeGreaterThan(0);
  });

  test("of OpenTelemetry tells what the same program would send as OTLP", async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const resource = resourceFromAttributes({ "service.name": "shop", "service.instance.id": "shop-1" });
    const provider = new MeterProvider({ resource, readers: [exporter] });
    stops.push(() => provider.shutdown());
    const attributes = { "http.request.method": "GET", "http.route": "/cart/{id}" };
    provider.getMeter("t").createHistogram("http.server.request.duration", { unit: "s" }).record(0.5, attributes);
    const port = await serving((request, response) => exporter.getMetricsRequestHandler(request, response));
    const { bodies, until } = scraping([port], { targets: [scrapeTargetOf(`127.0.0.1:${port}`)!] });
    await until(() => bodies.length > 0);
    expect(pointsOf(bodies[0]!)).toMatchObject([
      {
        name: "http.server.request.duration",
        service: "shop",
        instance: "shop-1",
        attributes: "http.request.method=GET,http.route=/cart/{id}",
        count: 1,
        value: 0.5,
        cumulative: true,
      },
    ]);
  });

  test("of our own writes what our own reader reads", async () => {
    const metrics = createOwnMetrics();
    stops.push(() => metrics.stop());
    const port = await serving((_, response) => response.end(metrics.text()));
    const { until, status } = scraping([port]);
    await until(() => status().scrapes > 0);
    expect(status()).toMatchObject({ isUp: true, failures: 0 });
    expect(status().samples).toBeGreaterThan(10);
  });
});
