// Goal: visits that wander through several stations must add up as theory says.
// Method: as in single-station.test.ts.
import { expect, test } from "vitest";
import type { NetworkSpec, SimulatedVisits } from "../../twin/kernel/spec.ts";
import { closedNetworkMeans } from "../../twin/theory/closed-networks.ts";
import { forkJoinMeans, jacksonMeans, meanTandemSojournSeconds } from "../../twin/theory/open-networks.ts";
import { delay, edge, exponentialTable, fifo, operation, poissonArrivals, program } from "../twin/networks.ts";
import { expectAgreement, meanSojourn, replicate, replicateAll } from "./replications.ts";

test("three M/M/c stations in a row: the time through all is the sum of the single ones", { timeout: 30_000 }, () => {
  const seed = 21;
  const stations = [
    { meanServiceSeconds: 0.05, serverCount: 1 },
    { meanServiceSeconds: 0.3, serverCount: 4 },
    { meanServiceSeconds: 0.07, serverCount: 1 },
  ];
  // The front waits for each station in turn and takes no time itself.
  const spec: NetworkSpec = {
    stations: [delay(), ...stations.map((station) => fifo(station.serverCount))],
    operations: [
      operation(0, program([0, 0, 0, 0], [[0], [1], [2]])),
      ...stations.map((station, index) => operation(index + 1, program(exponentialTable(station.meanServiceSeconds)))),
    ],
    edges: [edge(1), edge(2), edge(3)],
  };
  const found = replicate(spec, seed, (s) => poissonArrivals(10, 12_000, s), meanSojourn);
  expectAgreement(found, meanTandemSojournSeconds(10, stations), seed);
});

test("a Jackson network with feedback: every station is the M/M/c queue of the traffic equations", {
  timeout: 30_000,
}, () => {
  const seed = 22;
  const stations = [
    { meanServiceSeconds: 0.04, serverCount: 1 },
    { meanServiceSeconds: 0.1, serverCount: 2 },
  ];
  const means = jacksonMeans({
    externalRatePerSecond: [10, 0],
    routing: [
      [0, 0.5],
      [0.6, 0],
    ],
    stations,
  });
  expect(means.arrivalRatePerSecond[0]).toBeCloseTo(10 / 0.7, 9);
  // What leaves a station goes on by an asynchronous call made just before its departure.
  const service = (mean: number) => exponentialTable(mean, 8192);
  const leave = (mean: number, probability: number) => ({ ...program(service(mean)), probability });
  const goOn = (mean: number, to: number, probability: number) => ({
    ...program(
      Array.from(service(mean)).flatMap((seconds) => [seconds, 0]),
      [[to]],
    ),
    probability,
  });
  const spec: NetworkSpec = {
    stations: stations.map((station) => fifo(station.serverCount)),
    operations: [operation(0, leave(0.04, 0.5), goOn(0.04, 1, 0.5)), operation(1, leave(0.1, 0.4), goOn(0.1, 0, 0.6))],
    edges: [edge(0, 0, true), edge(1, 0, true)],
  };
  const measure = (visits: SimulatedVisits) => [meanSojourn(visits, 0), meanSojourn(visits, 1)];
  const found = replicateAll(spec, seed, (s) => poissonArrivals(10, 12_000, s), measure);
  found.forEach((interval, station) => {
    expectAgreement(interval, means.sojournSeconds[station]!, seed);
  });
});

function forkJoin(branchCount: number): NetworkSpec {
  const branches = Array.from({ length: branchCount }, (_, branch) => branch);
  const samples = exponentialTable(0.1);
  return {
    stations: [delay(), ...branches.map(() => fifo(1))],
    operations: [
      operation(0, program([0, 0], [branches])),
      ...branches.map((branch) => operation(branch + 1, program(samples))),
    ],
    edges: branches.map((branch) => edge(branch + 1)),
  };
}

test("fork to two M/M/1 stations and join: the mean agrees with Nelson and Tantawi", { timeout: 30_000 }, () => {
  const seed = 23;
  const found = replicate(forkJoin(2), seed, (s) => poissonArrivals(7, 12_000, s), meanSojourn);
  expectAgreement(found, forkJoinMeans(7, 0.1, 2).exactSeconds, seed);
});

test("fork to five M/M/1 stations and join: the mean lies between one branch and independent branches", {
  timeout: 30_000,
}, () => {
  const seed = 24;
  const found = replicate(forkJoin(5), seed, (s) => poissonArrivals(6, 8_000, s), meanSojourn);
  const { atLeastSeconds, atMostSeconds } = forkJoinMeans(6, 0.1, 5);
  expect(found.mean - found.halfWidth, found.made).toBeGreaterThan(atLeastSeconds);
  expect(found.mean + found.halfWidth, found.made).toBeLessThan(atMostSeconds);
});

test("sixteen workers that never rest: their throughput is that of the closed network", { timeout: 30_000 }, () => {
  const seed = 25;
  const workerCount = 16;
  const rate = closedNetworkMeans(
    [
      { demandSeconds: 0.05, serverCount: Number.POSITIVE_INFINITY },
      { demandSeconds: 0.02, serverCount: 2 },
      { demandSeconds: 0.009, serverCount: 1 },
    ],
    workerCount,
  ).throughputPerSecond;
  // More requests than the workers can do, so that one is always waiting: the network below them is closed.
  const halves = (meanSeconds: number) => Array.from(exponentialTable(meanSeconds, 8192)).flatMap((s) => [s, 0, 0]);
  const spec: NetworkSpec = {
    stations: [fifo(workerCount), fifo(2), fifo(1)],
    operations: [
      operation(0, program(halves(0.05), [[0], [1]])),
      operation(1, program(exponentialTable(0.02))),
      operation(2, program(exponentialTable(0.009))),
    ],
    edges: [edge(1), edge(2)],
  };
  const count = 6000;
  const found = replicate(
    spec,
    seed,
    (s) => poissonArrivals(2 * rate, count, s),
    (visits) => {
      // Between a fifth and nine tenths of the departures all workers are busy.
      const departures = visits.arrivalSeconds
        .map((arrival, i) => (visits.isRoot[i] === 1 ? arrival + visits.sojournSeconds[i]! : Number.NaN))
        .filter((seconds) => !Number.isNaN(seconds));
      return (0.7 * count) / (departures[0.9 * count]! - departures[0.2 * count]!);
    },
  );
  expectAgreement(found, rate, seed, 0.02);
});
