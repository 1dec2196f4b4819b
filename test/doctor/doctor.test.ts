// Goal: each thing that would keep attach from working is found, named, and comes with what to do.
// Method: the command in a process of its own, with the trouble made for real: an occupied port, a folder nobody can write
// to, files that are no store and no model, an endpoint that is ourselves, a server that runs.
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { SHIPPED_ARTIFACT } from "../../src/pipeline/scorers.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { run, start, until } from "../cli/run.ts";
import { complaints, doctor } from "./findings.ts";

// Most tests start a process or two, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const folder = mkdtempSync(join(tmpdir(), "spantwin-doctor-"));
const fresh = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Baselines need no model, so the command answers at once. */
const quick = ["--scorer", "dummy"];

describe("where all is well", () => {
  test("nothing fails, the exit code is 0, and nothing is left behind", async () => {
    const data = fresh("well");
    const report = await doctor(["--data-directory", data]);
    expect([report.code, report.failures, complaints(report)]).toEqual([0, 0, []]);
    const subjects = new Set(report.findings.map(({ subject }) => subject));
    expect([...subjects]).toEqual(
      expect.arrayContaining(["settings", "node", "memory", "port apiPort", "disk", "store", "model", "clock"]),
    );
    expect(readdirSync(data)).toEqual([]);
  });

  test("a person reads one line for each finding", async () => {
    const { code, stdout } = await run(["doctor", ...quick, "--api-port", "0", "--data-directory", ":memory:"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {5,7}port apiPort: any free one will be taken$/m);
    expect(stdout).toMatch(/^WARNING disk: dataDirectory ":memory:" keeps nothing.*\n {8}→ name a directory/m);
  });
});

describe("settings", () => {
  test("are shown with the place that set them", async () => {
    const file = join(folder, "spantwin.yaml");
    writeFileSync(file, "seed: 7\n");
    const { findings } = await doctor([...quick, "--config", file], { SPANTWIN_REPLICATES: "9" });
    const found = findings.filter(({ subject }) => subject === "settings").map((each) => each.found);
    expect(found).toContain(`seed = 7 (seed in ${file})`);
    expect(found).toContain("replicates = 9 (SPANTWIN_REPLICATES in the environment)");
    expect(found).toContain('scorer = "dummy" (--scorer in the command line)');
  });

  test("that are refused are a failure, and the only finding", async () => {
    const report = await doctor(["--window-seconds", "0"]);
    expect([report.code, complaints(report)]).toEqual([
      1,
      ['failure settings: --window-seconds: "0" must be a number from 1 to 300'],
    ]);
    expect(report.findings[0]?.advice).toContain("spantwin settings");
  });

  test("that open the ports to everybody are a warning", async () => {
    const report = await doctor([...quick, "--host", "0.0.0.0", "--data-directory", fresh("open")]);
    expect(report.code).toBe(0);
    expect(complaints(report)).toEqual([expect.stringMatching(/^warning settings: host 0\.0\.0\.0 opens/)]);
  });
});

describe("ports", () => {
  let occupant: Server;
  let port: string;
  beforeAll(async () => {
    occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    port = String((occupant.address() as AddressInfo).port);
  });
  afterAll(() => occupant.close());

  test("one that is in use is a failure that names who uses it", async () => {
    const args = ["--api-port", "0", "--otlp-grpc-port", port, "--otlp-http-port", "0"];
    const report = await doctor([...quick, ...args, "--data-directory", fresh("port")]);
    expect(report.code).toBe(1);
    expect(complaints(report)).toEqual([
      expect.stringContaining(`failure port otlpGrpcPort: 127.0.0.1:${port} is in use by `),
    ]);
    if (process.platform === "linux") expect(complaints(report)[0]).toContain(`(process ${process.pid})`);
    expect(report.findings.find(({ state }) => state === "failure")?.advice).toBe(
      "stop it, or set otlpGrpcPort to another port",
    );
  });

  test("a host that is not of this machine is a failure of every port", async () => {
    const args = [
      "--host",
      "192.0.2.1",
      "--api-port",
      "65001",
      "--otlp-grpc-port",
      "65002",
      "--otlp-http-port",
      "65003",
    ];
    const report = await doctor([...quick, ...args, "--data-directory", fresh("host")]);
    expect([report.code, report.failures]).toEqual([1, 3]);
    expect(complaints(report)[0]).toContain("192.0.2.1 is no address of this machine");
  });
});

describe("the data directory", () => {
  test("that cannot be written is a failure", async () => {
    // A folder that is there and takes no file, not even from root.
    const nowhere = process.platform === "linux" ? "/proc/self" : join(folder, "a-file");
    if (nowhere !== "/proc/self") writeFileSync(nowhere, "");
    const report = await doctor([...quick, "--data-directory", nowhere]);
    expect(report.code).toBe(1);
    expect(complaints(report)).toEqual([expect.stringContaining(`failure disk: ${nowhere} cannot be written: `)]);
  });

  test("that is no folder is a failure", async () => {
    const file = join(folder, "no-folder");
    writeFileSync(file, "text");
    const report = await doctor([...quick, "--data-directory", file]);
    expect(report.code).toBe(1);
    expect(complaints(report)).toContainEqual(expect.stringContaining(`failure disk: ${file} cannot be written`));
  });

  test("is described by what lies in it", async () => {
    const data = fresh("filled");
    mkdirSync(join(data, "journal"));
    for (const name of ["a", "b"]) writeFileSync(join(data, "journal", name), Buffer.alloc(3 * 1024 * 1024));
    const { findings } = await doctor([...quick, "--data-directory", data]);
    expect(findings.map(({ found }) => found)).toContain("it holds journal 6.0 MiB in 2 files");
  });
});

describe("the store", () => {
  test("of a start before is recognised and not touched", async () => {
    const data = fresh("store");
    await openSqliteStore({ dataDirectory: data }).close();
    const before = readFileSync(join(data, "spantwin.sqlite"));
    const { code, findings } = await doctor([...quick, "--data-directory", data]);
    expect(code).toBe(0);
    expect(findings.find(({ subject }) => subject === "store")?.found).toMatch(/spantwin\.sqlite, .* schema \d+$/);
    expect(readFileSync(join(data, "spantwin.sqlite")).equals(before)).toBe(true);
  });

  test("whose file is something else is a failure", async () => {
    const data = fresh("foreign");
    writeFileSync(join(data, "spantwin.sqlite"), "no database at all, but long enough to be read as one".repeat(50));
    const report = await doctor([...quick, "--data-directory", data]);
    expect([report.code, complaints(report)]).toEqual([
      1,
      [expect.stringMatching(/^failure store: .*is not a file of this program/)],
    ]);
  });

  test("whose pages are overwritten is a failure", async () => {
    const data = fresh("damaged");
    await openSqliteStore({ dataDirectory: data }).close();
    const path = join(data, "spantwin.sqlite");
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096);
    writeFileSync(path, bytes);
    const report = await doctor([...quick, "--data-directory", data]);
    expect(report.code).toBe(1);
    expect(complaints(report)).toEqual([expect.stringMatching(/^failure store: .*(damaged|malformed)/)]);
  });
});

describe("the model", () => {
  test("that is cut off is a failure, and says that the shipped one decides until then", async () => {
    const artifact = join(folder, "cut.json");
    copyFileSync(SHIPPED_ARTIFACT, artifact);
    const text = readFileSync(artifact, "utf8");
    writeFileSync(artifact, text.slice(0, text.length / 2));
    const report = await doctor(["--model", artifact, "--data-directory", fresh("model")]);
    expect([report.code, report.failures]).toEqual([1, 1]);
    const [found] = report.findings.filter(({ state }) => state === "failure");
    expect(found).toMatchObject({ subject: "model", advice: expect.stringContaining("the shipped one decides") });
  });
});

describe("a server that runs with the same settings", () => {
  test("holds its ports rightly, and its spans' clock is compared", async () => {
    const data = fresh("running");
    const server = start([
      "attach",
      ...quick,
      "--api-port",
      "0",
      "--otlp-grpc-port",
      "0",
      "--otlp-http-port",
      "0",
      "--data-directory",
      data,
    ]);
    const [, grpc, http] = await until(server.output, /gRPC on 127\.0\.0\.1:(\d+), OTLP\/HTTP on 127\.0\.0\.1:(\d+)/);
    const [, api] = await until(server.output, /page: http:\/\/127\.0\.0\.1:(\d+)/);
    const ports = ["--api-port", api!, "--otlp-grpc-port", grpc!, "--otlp-http-port", http!];
    const future = BigInt(Math.round(Date.now() / 1000) + 100) * 1_000_000_000n;
    const span = {
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: "eee19b7ec3c1b174",
      name: "work",
      startTimeUnixNano: String(future),
      endTimeUnixNano: String(future + 1n),
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const headers = { "content-type": "application/json" };
    const sent = await fetch(`http://127.0.0.1:${http}/v1/traces`, { method: "POST", headers, body });
    const report = await doctor([...quick, ...ports, "--data-directory", data]);
    server.child.kill("SIGTERM");
    await server.finished;
    expect(sent.status).toBe(200);
    expect([report.code, report.failures]).toEqual([0, 0]);
    const held = report.findings
      .filter(({ found }) => found.includes("which is running"))
      .map(({ subject }) => subject);
    expect(held).toEqual(["port apiPort", "port otlpGrpcPort", "port otlpHttpPort"]);
    expect(complaints(report)).toEqual([
      expect.stringMatching(/^warning clock: the newest span ends \d+\.\d s in the future$/),
    ]);
  });
});

describe("our own telemetry", () => {
  test("that would come back to us is a failure", async () => {
    const ports = ["--api-port", "0", "--otlp-grpc-port", "45317", "--otlp-http-port", "0"];
    const endpoint = ["--self-otlp-endpoint", "http://localhost:45317"];
    const report = await doctor([...quick, ...ports, ...endpoint, "--data-directory", fresh("self")]);
    expect(complaints(report)).toEqual(["failure own telemetry: http://localhost:45317 is spantwin's own port 45317"]);
    expect(report.code).toBe(1);
  });

  test("whose collector is away is a warning", async () => {
    const report = await doctor([
      ...quick,
      "--self-otlp-endpoint",
      "http://127.0.0.1:1",
      "--data-directory",
      fresh("away"),
    ]);
    expect(report.code).toBe(0);
    expect(complaints(report)).toEqual([expect.stringMatching(/^warning own telemetry: .* cannot be reached: /)]);
  });
});

test("a heap that Node was told to keep too small is a warning", async () => {
  const report = await doctor([...quick, "--data-directory", fresh("heap")], {
    NODE_OPTIONS: "--max-old-space-size=64",
  });
  expect(report.code).toBe(0);
  expect(complaints(report)).toEqual([
    expect.stringMatching(/^warning memory: the JavaScript heap may grow to \d+ MiB$/),
  ]);
});
