// Goal: the real thing, briefly: real processes, real spans, and nothing left behind however it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import { launchTestbed, type Testbed } from "../../datasets/testbed/launch.ts";
import { OtlpSink, type SunkSpan } from "./otlp-sink.ts";

const KIND = { server: 2, client: 3, producer: 4, consumer: 5 };
const START_LIMIT_MILLISECONDS = 60_000;
const MAIN_FILE = new URL("../../datasets/testbed/main.ts", import.meta.url).pathname;
const LAUNCHER_FILE = new URL("./launcher-process.ts", import.meta.url).pathname;

const sink = new OtlpSink();
let url = "";
const started: number[] = [];

beforeAll(async () => {
  url = await sink.listen();
});
// Whatever a failed test left running.
afterAll(() => {
  for (const pid of started) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  sink.close();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until none of them runs; answers those that still do after the limit. */
async function survivors(pids: readonly number[]): Promise<readonly number[]> {
  for (let tries = 0; tries < 150 && pids.some(isAlive); tries++) await sleep(100);
  return pids.filter(isAlive);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (condition()) return;
    await sleep(100);
  }
  throw new Error(`never: ${what}`);
}

/** Runs a program in a process group of its own and resolves with its first line of output. */
async function startGroup(
  file: string,
  args: readonly string[],
): Promise<{ readonly pid: number; readonly line: string; readonly ended: Promise<unknown> }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child.pid!);
  const ended = once(child, "exit");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await until(() => text.includes("\n"), "a first line");
  return { pid: child.pid!, line: text.slice(0, text.indexOf("\n")), ended };
}

/** Waits until no span has come for two seconds: exports go out every half second. */
async function becomeSilent(): Promise<void> {
  let before = -1;
  let quietSince = performance.now();
  await until(() => {
    if (sink.spans.length !== before) quietSince = performance.now();
    before = sink.spans.length;
    return performance.now() - quietSince > 2000;
  }, "silence");
}

describe("a running shop", () => {
  let testbed: Testbed;
  const events: TestbedEvent[] = [];
  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`http://127.0.0.1:${testbed.controlPort}${path}`, init);
    return { status: response.status, key: ((await response.json()) as { key?: string }).key };
  };

  beforeAll(async () => {
    testbed = await launchTestbed(
      { otlp: url, otlpProtocol: "http/json", ratePerSecond: 20, statsSeconds: 0 },
      (event) => events.push(event),
    );
    started.push(...testbed.processes.map(({ pid }) => pid));
    await sleep(3500);
    await testbed.setLoad({ shape: "poisson", factor: 0 });
    await becomeSilent();
  }, START_LIMIT_MILLISECONDS);

  test("consists of at least 8 services in at least 6 processes, one of them twice", () => {
    const services = new Set(sink.spans.map((span) => span.service));
    const instances = new Set(sink.spans.map((span) => span.instance));
    expect(services.size).toBeGreaterThanOrEqual(8);
    expect(instances.size).toBe(services.size + 1);
    expect(testbed.processes.length).toBeGreaterThanOrEqual(instances.size + 3);
    expect(testbed.processes.every(({ pid }) => isAlive(pid))).toBe(true);
  });

  test("sends complete traces, rooted at the frontend, of at least 20 spans a request on average", () => {
    const traces = Map.groupBy(sink.spans, (span) => span.traceId);
    expect(traces.size).toBeGreaterThan(20);
    for (const spans of traces.values()) {
      const ids = new Set(spans.map((span) => span.spanId));
      const roots = spans.filter((span) => span.parentSpanId === "");
      expect(roots.map((root) => [root.service, root.kind])).toEqual([["frontend", KIND.server]]);
      expect(spans.filter((span) => span.parentSpanId !== "" && !ids.has(span.parentSpanId))).toEqual([]);
    }
    // The mix of requests is drawn: 20.4 on average, with a spread of about 5 a request.
    expect(sink.spans.length / traces.size).toBeGreaterThan(20.4 - (5 * 5) / Math.sqrt(traces.size));
  });

  test("names routes, databases, topics and outside peers by the semantic conventions", () => {
    const having = (kind: number, key: string) =>
      sink.spans.filter((span) => span.kind === kind && span.attributes[key] !== undefined);
    const servers = sink.spans.filter((span) => span.kind === KIND.server);
    expect(
      servers.filter(
        (span) => span.name !== `${span.attributes["http.request.method"]} ${span.attributes["http.route"]}`,
      ),
    ).toEqual([]);
    const databases = having(KIND.client, "db.system.name");
    expect(new Set(databases.map((span) => span.attributes["db.namespace"]))).toEqual(
      new Set(["catalog", "carts", "inventory", "payments", "shipping"]),
    );
    for (const key of ["db.operation.name", "db.collection.name", "server.address"])
      expect(having(KIND.client, key).length).toBeGreaterThanOrEqual(databases.length);
    const parents = new Set(servers.map((span) => span.parentSpanId));
    const unanswered = having(KIND.client, "http.request.method").filter((span) => !parents.has(span.spanId));
    expect(
      new Set(unanswered.map((span) => `${span.attributes["server.address"]}:${span.attributes["server.port"]}`)),
    ).toEqual(new Set(["card-gateway:8443"]));
  });

  test("joins the consumer to its producer by parent and by link", () => {
    const producers = new Map(
      sink.spans.filter((span) => span.kind === KIND.producer).map((span) => [span.spanId, span]),
    );
    const consumers = sink.spans.filter((span) => span.kind === KIND.consumer);
    expect(producers.size).toBeGreaterThan(0);
    expect(consumers).toHaveLength(producers.size);
    for (const consumer of consumers) {
      const producer = producers.get(consumer.parentSpanId) as SunkSpan;
      expect(consumer.links.map((link) => link.spanId)).toEqual([producer.spanId]);
      expect(consumer.attributes["messaging.destination.name"]).toBe(producer.attributes["messaging.destination.name"]);
    }
  });

  test("sends the metrics of processes and pools", async () => {
    await until(() => sink.metrics.get("db.client.connection.pending_requests")?.has("inventory") === true, "metrics");
    expect(sink.metrics.get("process.cpu.utilization")).toContain("pricing");
    for (const name of [
      "nodejs.eventloop.delay.p99",
      "db.client.connection.count",
      "db.client.connection.max",
      "spantwin.testbed.worker_pool.limit",
    ]) {
      expect(sink.metrics.has(name), name).toBe(true);
    }
  });

  test("refuses bad faults and web pages with 400 and the key, and takes good faults on and off", async () => {
    expect(await post("/faults", '{"fault":"slow-code","service":"moon"}')).toEqual({
      status: 400,
      key: "fault.service",
    });
    expect(await post("/faults", "{")).toEqual({ status: 400, key: "body" });
    expect(await post("/load", '{"shape":"surge","factor":-1}')).toEqual({ status: 400, key: "load.factor" });
    expect(await post("/faults", '{"fault":"crash","service":"cart"}', { origin: "http://evil.example" })).toEqual({
      status: 400,
      key: "Origin",
    });
    expect(await post("/faults", '{"fault":"crash","service":"cart"}', { "content-type": "text/plain" })).toEqual({
      status: 400,
      key: "Content-Type",
    });
    await expect(testbed.inject({ fault: "cpu", service: "cart", duty: 7 })).rejects.toThrow(/fault\.duty/);
    const id = await testbed.inject({ fault: "slow-code", service: "cart", factor: 2 });
    await testbed.endFault(id);
    await until(() => events.some((event) => event.event === "fault-end" && event.id === id), "fault-end");
    expect(events.filter((event) => event.event === "fault-start")).toHaveLength(1);
  });

  test(
    "comes back after a crash and ends without a trace",
    async () => {
      const pid = testbed.processes.find(({ name }) => name === "shipping-1")!.pid;
      await testbed.inject({ fault: "crash", service: "shipping", durationSeconds: 0.5 });
      await until(() => events.some((event) => event.event === "fault-end" && event.fault === "crash"), "restart");
      expect(isAlive(pid)).toBe(false);
      const status = (await (await fetch(`http://127.0.0.1:${testbed.controlPort}/status`)).json()) as {
        processes: { name: string; pid: number }[];
      };
      started.push(...status.processes.map((child) => child.pid));
      await testbed.stop();
      expect(await testbed.ended).toBe(0);
      expect(events.at(-1)).toMatchObject({ event: "stopped" });
      expect(await survivors([...testbed.processes, ...status.processes].map((child) => child.pid))).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${testbed.controlPort}/status`)).rejects.toThrow();
    },
    START_LIMIT_MILLISECONDS,
  );
});

describe("no process is left", () => {
  const flags = () => ["--otlp", url, "--otlp-protocol", "http/json", "--stats-seconds", "0"];
  const pidsOf = (line: string) =>
    (JSON.parse(line) as { processes: { pid: number }[] }).processes.map(({ pid }) => pid);

  test(
    "when the supervisor is killed with SIGKILL",
    async () => {
      const { pid, line } = await startGroup(MAIN_FILE, flags());
      const pids = pidsOf(line);
      started.push(...pids);
      expect(pids.every(isAlive)).toBe(true);
      process.kill(pid, "SIGKILL");
      expect(await survivors([pid, ...pids])).toEqual([]);
    },
    START_LIMIT_MILLISECONDS,
  );

  test(
    "when the program that launched it is killed with SIGKILL",
    async () => {
      const { pid, line } = await startGroup(LAUNCHER_FILE, [url]);
      const pids = JSON.parse(line) as number[];
      started.push(...pids);
      expect(pids.every(isAlive)).toBe(true);
      process.kill(pid, "SIGKILL");
      expect(await survivors([pid, ...pids])).toEqual([]);
    },
    START_LIMIT_MILLISECONDS,
  );

  test(
    "when Ctrl-C reaches the whole group",
    async () => {
      const { pid, line, ended } = await startGroup(MAIN_FILE, flags());
      const pids = pidsOf(line);
      started.push(...pids);
      process.kill(-pid, "SIGINT");
      expect(await ended).toEqual([0, null]);
      expect(await survivors([pid, ...pids])).toEqual([]);
    },
    START_LIMIT_MILLISECONDS,
  );

  test.each([
    ["--rate", "many"],
    ["--otlp-protocol", "carrier-pigeon"],
    ["--schedule", "/no/such/file.yaml"],
    ["--topology", "/no/such/file.yaml"],
    ["--kafka", "somewhere"],
  ])("and a wrong %s ends at once with code 2 and one line that names it", async (flag, value) => {
    const child = spawn(process.execPath, [MAIN_FILE, flag, value], { stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(complaint.trim().split("\n")).toHaveLength(1);
    expect(complaint).toContain(flag);
    expect(complaint).toContain(value);
  });
});
