// Goal: the speed bench compares what it says it compares: its open network is the one of theory, the C++ reference does
// the same work as the kernel, and its applications have the load they claim.
// Method: the bench's own models, smaller. Theory inside the 99.9 % interval of independent replications; checksums
// over all sojourn times, of the same network with gaps, blocks and ties as well.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checksumOf } from "../../bench/twin/checksum.ts";
import { writeModelFile } from "../../bench/twin/model-file.ts";
import {
  type OpenNetwork,
  openNetwork,
  openNetworkArrivals,
  openNetworkSojournSeconds,
  openNetworkSpec,
} from "../../bench/twin/open-network.ts";
import { compileReference, runReference } from "../../bench/twin/programs.ts";
import { rpcArrivals, rpcNetwork, rpcSize } from "../../bench/twin/rpc-network.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";

const small: OpenNetwork = { ...openNetwork, stationCount: 10, serverCount: 4 };
const hasCompiler = spawnSync("g++", ["--version"], { stdio: "ignore" }).status === 0;

test("a visit to the open network takes as long as Erlang C says, and a job makes five", () => {
  const network = compileNetwork(openNetworkSpec(small));
  const replications = 20;
  const jobs = 10_000;
  const means: number[] = [];
  let visitCount = 0;
  for (let seed = 0; seed < replications; seed++) {
    const visits = simulate(network, openNetworkArrivals(small, jobs, seed), { seed });
    visitCount += visits.count;
    const settled = visits.sojournSeconds.subarray(visits.count / 10);
    means.push(settled.reduce((sum, sojourn) => sum + sojourn, 0) / settled.length);
  }
  const mean = means.reduce((sum, each) => sum + each, 0) / replications;
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (replications - 1);
  // Student's t with 19 degrees of freedom, two-sided 99.9 %.
  const halfWidth = 3.883 * Math.sqrt(variance / replications);
  expect(halfWidth).toBeLessThan(0.04);
  expect(Math.abs(mean - openNetworkSojournSeconds(small))).toBeLessThan(halfWidth);
  // Geometric with mean 5: standard deviation √20.
  const jobCount = replications * jobs;
  expect(Math.abs(visitCount / jobCount - 5)).toBeLessThan(3.29 * Math.sqrt(20 / jobCount));
});

describe.skipIf(!hasCompiler)("the C++ reference (skipped where there is no g++)", () => {
  const folder = mkdtempSync(join(tmpdir(), "spantwin-reference-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Gaps that are not 0, blocks of rows, and times on a coarse grid, so that many events happen at the same instant. */
  function varied(spec: NetworkSpec): NetworkSpec {
    const onGrid = (seconds: number) => Math.round(seconds * 8) / 8;
    return {
      ...spec,
      operations: spec.operations.map((operation) => ({
        ...operation,
        programs: operation.programs.map((program) => ({
          ...program,
          blockLength: 7,
          segmentSamples: program.segmentSamples.map(onGrid),
        })),
      })),
      edges: spec.edges.map((edge, index) => ({
        ...edge,
        gapSamples: index % 2 === 0 ? Float64Array.of(0, 0.125, 2) : Float64Array.of(0.5),
      })),
    };
  }

  test.each([
    { name: "the open network", spec: openNetworkSpec(small), isOnGrid: false },
    { name: "one with gaps, blocks and ties", spec: varied(openNetworkSpec(small)), isOnGrid: true },
  ])("has the kernel's checksum after the same work: $name", ({ name, spec, isOnGrid }) => {
    const network = compileNetwork(spec);
    const drawn = openNetworkArrivals(small, 4000, 5);
    const arrivals = isOnGrid
      ? { ...drawn, timeSeconds: drawn.timeSeconds.map((time) => Math.floor(time * 8) / 8) }
      : drawn;
    const modelFile = join(folder, name);
    writeModelFile(modelFile, network, arrivals);
    const seed = 3;
    const visits = simulate(network, arrivals, { seed });
    const run = runReference(compileReference()!, modelFile, seed, 1);
    expect(run).toMatchObject({ visitCount: visits.count, checksum: checksumOf(visits) });
    const other = simulate(network, arrivals, { seed: seed + 1 });
    expect(checksumOf(other)).not.toBe(run.checksum);
  });
});

describe.each(["fifo", "ps"] as const)("the applications of the bench, %s", (discipline) => {
  const network = rpcNetwork({ ...rpcSize, discipline });
  const compiled = compileNetwork(network.spec);
  const requests = 4000;
  const visits = simulate(compiled, rpcArrivals(network, requests, 1), { seed: 1 });

  test("are 20 services on 37 instances, with 18 spans a request as planned", () => {
    expect(network.spec.stations).toHaveLength(20);
    expect(network.instanceCount).toBe(37);
    expect(visits.count / requests).toBeCloseTo(network.spansPerRequest, 0);
    expect(network.spansPerRequest).toBeGreaterThan(17);
    expect(network.spansPerRequest).toBeLessThan(19);
  });

  test("are busy, the busiest instance at about 0.7, and none beyond", () => {
    const utilizations = visits.busySeconds.map(
      (busy, replica) => busy / visits.endSeconds / compiled.serverCount[compiled.replicaStation[replica]!]!,
    );
    expect(Math.max(...utilizations)).toBeGreaterThan(0.6);
    expect(Math.max(...utilizations)).toBeLessThan(0.8);
  });
});
