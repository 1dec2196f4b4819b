// Goal: `spantwin what-if` answers from a recording in one sentence and one document, and refuses what does not fit.
// Method: the command as a process on the sample recording; the document against a schema bound to the contract's type.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Band, Compared, WhatIfAnswer } from "../../src/contracts/what-if.ts";
import { run } from "./run.ts";

const SAMPLE = "datasets/sample";
const folder = mkdtempSync(join(tmpdir(), "spantwin-what-if-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const band: z.ZodType<Band> = z.tuple([z.number(), z.number(), z.number()]);
const compared: z.ZodType<Compared> = z.strictObject({
  before: band.nullable(),
  after: band.nullable(),
  difference: band.nullable(),
});
const bottleneck = z.strictObject({
  service: z.string(),
  resource: z.enum(["servers", "workers", "connections"]),
  to: z.string().nullable(),
  isAwaited: z.boolean(),
});
const saturation = z.strictObject({
  ratePerSecond: z.tuple([z.number().nullable(), z.number().nullable(), z.number().nullable()]),
  bottleneck: bottleneck.nullable(),
  candidates: z.array(z.strictObject({ bottleneck, share: z.number() })),
});
const structure = z.strictObject({
  discipline: z.enum(["fifo", "ps", "delay"]),
  serverCount: z.number().nullable(),
});
const pair = z.tuple([z.number(), z.number()]);
const document: z.ZodType<WhatIfAnswer> = z.strictObject({
  verdict: z.string(),
  scenario: z.custom<WhatIfAnswer["scenario"]>((value) => Array.isArray((value as { changes?: unknown }).changes)),
  changes: z.array(z.string()),
  baseSeconds: z.number(),
  requestsPerSecond: z.strictObject({ before: z.number(), after: z.number() }),
  replications: z.number(),
  secondsPerReplication: z.number(),
  seed: z.number(),
  operations: z.array(
    z.strictObject({
      service: z.string(),
      operation: z.string(),
      isEntry: z.boolean(),
      measured: z.strictObject({ p50Seconds: z.number(), p95Seconds: z.number(), p99Seconds: z.number() }).nullable(),
      p50Seconds: compared,
      p95Seconds: compared,
      p99Seconds: compared,
      throughputPerSecond: compared,
      failureShare: compared,
      p95OverStructuresSeconds: pair.nullable(),
    }),
  ),
  stations: z.array(
    z.strictObject({
      service: z.string(),
      utilization: compared,
      structures: z.array(structure),
      isIdentified: z.boolean(),
    }),
  ),
  saturation: z.strictObject({ before: saturation, after: saturation }),
  isOverloaded: z.strictObject({ before: z.boolean(), after: z.boolean() }),
  unidentified: z.array(
    z.strictObject({ service: z.string(), structures: z.array(structure), operation: z.string(), p95Seconds: pair }),
  ),
  remedy: z
    .strictObject({
      service: z.string(),
      to: z.string().nullable(),
      verb: z.enum(["servers", "workers", "replicas", "pool"]),
      count: z.number(),
      operation: z.string(),
      p95Seconds: z.number(),
    })
    .nullable(),
  notes: z.array(z.string()),
});

describe("spantwin what-if", () => {
  test("prints one document: twice the traffic of the sample slows it, and pricing is what gives out first", async () => {
    const args = ["what-if", SAMPLE, "--traffic", "2", "--operation", "pricing", "--replications", "4", "--json"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const answer = document.parse(JSON.parse(stdout));
    expect(answer.requestsPerSecond.after / answer.requestsPerSecond.before).toBeCloseTo(2, 6);
    const entries = answer.operations.filter((each) => each.isEntry);
    expect(entries.map((each) => each.operation).sort()).toEqual([
      "GET /product/{item}",
      "GET /search",
      "POST /checkout",
    ]);
    for (const { p95Seconds, measured } of entries) {
      expect(p95Seconds.after![1]).toBeGreaterThan(p95Seconds.before![1]);
      // The twin's own base is what the recording shows, within a third.
      expect(p95Seconds.before![1] / measured!.p95Seconds).toBeGreaterThan(0.75);
      expect(p95Seconds.before![1] / measured!.p95Seconds).toBeLessThan(1.34);
    }
    expect(answer.operations.filter((each) => each.service === "pricing").length).toBeGreaterThan(0);
    // Two workers of 43 ms, one visit a request: 46 requests/s is what the shop was built for.
    const { bottleneck: first, ratePerSecond } = answer.saturation.before;
    expect(first).toMatchObject({ service: "pricing", resource: "servers" });
    expect(ratePerSecond[1]).toBeGreaterThan(0.85 * 46.5);
    expect(ratePerSecond[1]).toBeLessThan(1.15 * 46.5);
  }, 180_000);

  test("prints a verdict and aligned columns, of a file and a flag that wins over it", async () => {
    const file = join(folder, "sale.yaml");
    writeFileSync(file, "traffic: 1.5\nservers:\n  pricing: 2\n");
    const args = ["what-if", SAMPLE, "--scenario", file, "--servers", "pricing=4", "--replications", "2"];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^With 1\.5× traffic and 4 servers at pricing .*\.$/);
    expect(stdout).toContain("- 4 servers at pricing");
    expect(stderr).toContain("--servers pricing=4 wins over servers.pricing: 2");
    const latency = stdout.split("\n\n").find((part) => part.startsWith("latency"))!;
    const columns = latency.split("\n").map((line) => line.indexOf(" p95") >= 0 || line.indexOf(" p50") >= 0);
    expect(columns.filter(Boolean)).toHaveLength(6);
    const starts = latency
      .split("\n")
      .filter((line) => / p(50|95|99) /.test(line))
      .map((line) => line.search(/p(50|95|99) /));
    expect(new Set(starts).size).toBe(1);
  }, 180_000);

  test("refuses recordings that are not in order of time", async () => {
    const { code, stderr } = await run(["what-if", SAMPLE, SAMPLE, "--json"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^spantwin: recordings: "datasets\/sample" .* in order of time\n$/);
  }, 180_000);

  test("refuses an unknown service in one line, with the nearest one", async () => {
    const { code, stdout, stderr } = await run(["what-if", SAMPLE, "--servers", "prcing=3", "--json"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trim()).toBe(
      'spantwin: --servers: "prcing=3" "prcing" is no service of this system: did you mean pricing?',
    );
  }, 180_000);

  test.each([
    {
      what: "a value that breaks the rule",
      args: [SAMPLE, "--replicas", "pricing=none"],
      names: ["--replicas", "a whole number"],
    },
    { what: "a recording that is not there", args: ["/no/such/place"], names: ["/no/such/place"] },
    {
      what: "a scenario file that is not there",
      args: [SAMPLE, "--scenario", "/no/scenario.yaml"],
      names: ["scenario", "/no/scenario.yaml"],
    },
    { what: "replications out of their limits", args: [SAMPLE, "--replications", "0"], names: ["--replications"] },
    {
      what: "an unknown flag, with the nearest one",
      args: [SAMPLE, "--replica", "pricing=3"],
      names: ["--replica", "--replicas"],
    },
  ])("refuses $what before reading anything", async ({ args, names }) => {
    const { code, stdout, stderr } = await run(["what-if", ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    for (const name of names) expect(stderr).toContain(name);
  });

  test("shows its verbs and examples in --help", async () => {
    const { code, stdout } = await run(["what-if", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--cache-hit <service=share>");
    expect(stdout).toContain("Examples:");
  });
});
