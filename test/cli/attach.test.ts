import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, start, until } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-attach-"));
let server: ReturnType<typeof start>;
let ports: { grpc: number; http: number; api: string };

beforeAll(async () => {
  const free = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"];
  server = start(["attach", ...free, "--data-directory", folder]);
  const [, grpc, http] = await until(server.output, /gRPC on 127\.0\.0\.1:(\d+), OTLP\/HTTP on 127\.0\.0\.1:(\d+)/);
  const [, api] = await until(server.output, /page: (http:\S+)/);
  ports = { grpc: Number(grpc), http: Number(http), api: api! };
}, 60_000);

afterAll(async () => {
  server.child.kill("SIGTERM");
  const { code } = await server.finished;
  rmSync(folder, { recursive: true, force: true });
  expect(code).toBe(0);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function exportOneSpan(exporter: SpanExporter, service: string): Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.getTracer("test").startSpan("work").end();
  await provider.forceFlush();
  await provider.shutdown();
}

async function receivedOf(service: string): Promise<number> {
  const response = await fetch(new URL("api/v1/ledger", ports.api));
  const { rows } = (await response.json()) as { rows: { service: string; received: number }[] };
  return rows.find((row) => row.service === service)?.received ?? 0;
}

describe("spantwin attach", () => {
  test.each([
    { name: "grpc", exporter: () => new GrpcExporter({ url: `http://127.0.0.1:${ports.grpc}` }) },
    { name: "http-json", exporter: () => new JsonExporter({ url: `http://127.0.0.1:${ports.http}/v1/traces` }) },
    {
      name: "http-protobuf",
      exporter: () => new ProtobufExporter({ url: `http://127.0.0.1:${ports.http}/v1/traces` }),
    },
  ])("takes a span from the real $name exporter", async ({ name, exporter }) => {
    await exportOneSpan(exporter(), `from-${name}`);
    expect(await receivedOf(`from-${name}`)).toBe(1);
  });

  test("answers a malformed body with 400 and loses nothing else", async () => {
    const response = await fetch(`http://127.0.0.1:${ports.http}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: Buffer.from([0xff, 0xff, 0xff]),
    });
    expect(response.status).toBe(400);
    await exportOneSpan(new ProtobufExporter({ url: `http://127.0.0.1:${ports.http}/v1/traces` }), "afterwards");
    expect(await receivedOf("afterwards")).toBe(1);
  });

  test("takes feedback from the command, keeps it and lists it", async () => {
    const told = await run(["feedback", "--ignore", "100/200", "--note", "migration", "--url", ports.api]);
    expect([told.code, told.stderr]).toEqual([0, ""]);
    const listed = await run(["feedback", "--url", ports.api]);
    expect(listed.stdout).toBe(told.stdout);
    expect(listed.stdout).toContain("ignored from 1970-01-01 00:01:40 to 1970-01-01 00:03:20, everywhere (migration)");
    const misspelt = await run(["feedback", "--was", "cpu", "no-such-incident", "--url", ports.api]);
    expect([misspelt.code, misspelt.stderr]).toEqual([2, 'spantwin: incidentId: "no-such-incident" is no incident\n']);
  });

  test("is ready while it learns, and says so and what an acknowledgement is worth", async () => {
    const response = await fetch(new URL("readyz", ports.api));
    expect(response.status).toBe(200);
    const body = (await response.json()) as { acknowledgement: string };
    expect(body).toMatchObject({ ready: true, phase: "learning" });
    expect(body.acknowledgement).toMatch(/acknowledged batch/);
  });

  test("every limit stands on /metrics beside what is used of it", async () => {
    const text = await (await fetch(new URL("metrics", ports.api))).text();
    for (const name of ["intake_bodies", "intake_bytes", "open_traces"]) {
      expect(text).toMatch(new RegExp(`^spantwin_${name} \\d+$`, "m"));
      expect(text).toMatch(new RegExp(`^spantwin_${name}_limit [1-9]\\d*$`, "m"));
    }
    expect(text).toMatch(/^spantwin_stage_seconds_total\{stage="observe"\} [\d.e-]+$/m);
    expect(text).toMatch(/^spantwin_intake_busy_total 0$/m);
  });

  test("names its metrics as Prometheus and OpenTelemetry want them: units last, counters in _total, each explained", async () => {
    const text = await (await fetch(new URL("metrics", ports.api))).text();
    const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => ({ name: name!, type: type! }));
    expect(types.length).toBeGreaterThan(40);
    const isWrong = ({ name, type }: { name: string; type: string }) =>
      name.endsWith("_total") !== (type === "counter") ||
      /_(milliseconds|ms|kb|mb|mib|percent|ratio_percent)(_|$)/.test(name) ||
      /(seconds|bytes)_(?!total$|limit$)/.test(name) ||
      !new RegExp(`^# HELP ${name} \\S.*\\.$`, "m").test(text);
    expect(types.filter(isWrong)).toEqual([]);
    for (const row of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
      expect(row).toMatch(/^spantwin_\w+(\{.*\})? (-?[\d.e+-]+|[+-]Inf|NaN)$/);
    }
  });

  test("refuses to send its telemetry to itself, and leaves nothing open", async () => {
    const port = await freePort();
    const endpoint = `http://localhost:${port}`;
    const others = ["--otlp-grpc-port", "0", "--otlp-http-port", "0", "--data-directory", ":memory:"];
    const own = await run(["attach", ...others, "--api-port", String(port), "--self-otlp-endpoint", endpoint]);
    expect(own.code).toBe(2);
    expect(own.stderr).toContain(`selfOtlpEndpoint: "${endpoint}" is this program itself`);
  });
});
