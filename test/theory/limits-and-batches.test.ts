// Goal: bounded queues, workers and batches must agree with the birth and death chains that describe them.
// Method: as in single-station.test.ts.
import { describe, test } from "vitest";
import type { Arrivals, SimulatedVisits, StationSpec } from "../../twin/kernel/spec.ts";
import { meanWaitingSecondsBulkService } from "../../twin/theory/bulk-service.ts";
import { meanWaitingSecondsBatchArrivals } from "../../twin/theory/general-queues.ts";
import { boundedMeans, meanSojournSeconds } from "../../twin/theory/markov-queues.ts";
import { exponentialTable, fifo, poissonArrivals, ps, single } from "../twin/networks.ts";
import { expectAgreement, meanSojourn, meanWaiting, refusedShare, replicate, replicateAll } from "./replications.ts";

const VISITS = 30_000;
const MEAN_SECONDS = 0.1;
const exponential = exponentialTable(MEAN_SECONDS);

describe("M/M/c/K", { timeout: 30_000 }, () => {
  const stations: { name: string; station: StationSpec; serverCount: number; capacity: number; rate: number }[] = [
    { name: "FIFO, c = 1, K = 5", station: { ...fifo(1), queueCapacity: 4 }, serverCount: 1, capacity: 5, rate: 9 },
    { name: "FIFO, c = 4, K = 4", station: { ...fifo(4), queueCapacity: 0 }, serverCount: 4, capacity: 4, rate: 30 },
    {
      name: "FIFO overloaded, c = 2, K = 6",
      station: { ...fifo(2), queueCapacity: 4 },
      serverCount: 2,
      capacity: 6,
      rate: 26,
    },
    {
      name: "PS, c = 2, 4 workers, K = 5",
      station: { ...ps(2), workerCount: 4, queueCapacity: 1 },
      serverCount: 2,
      capacity: 5,
      rate: 18,
    },
  ];
  test.each(stations)("$name: the share lost and the time of those let in agree", (row) => {
    const seed = 31;
    const theory = boundedMeans({
      arrivalRatePerSecond: row.rate,
      meanServiceSeconds: MEAN_SECONDS,
      serverCount: row.serverCount,
      capacity: row.capacity,
    });
    const measure = (visits: SimulatedVisits) => [refusedShare(visits), meanSojourn(visits)];
    const arrivals = (s: number) => poissonArrivals(row.rate, VISITS, s);
    const [lost, sojourn] = replicateAll(single(row.station, exponential), seed, arrivals, measure);
    expectAgreement(lost!, theory.lossShare, seed);
    expectAgreement(sojourn!, theory.sojournSeconds, seed);
  });
});

test("PS behind workers, exponential work: sharing or queueing, the mean sojourn time is that of M/M/c", {
  timeout: 30_000,
}, () => {
  const seed = 32;
  const theory = meanSojournSeconds({ arrivalRatePerSecond: 15, meanServiceSeconds: MEAN_SECONDS, serverCount: 2 });
  const spec = single({ ...ps(2), workerCount: 3 }, exponential);
  expectAgreement(
    replicate(spec, seed, (s) => poissonArrivals(15, VISITS, s), meanSojourn),
    theory,
    seed,
  );
});

test("arrivals four at a time: the mean waiting time agrees with M[X]/M/1", { timeout: 30_000 }, () => {
  const seed = 33;
  const batched = (s: number): Arrivals => {
    const batches = poissonArrivals(6 / 4, VISITS / 4, s).timeSeconds;
    const timeSeconds = Float64Array.from({ length: VISITS }, (_, visit) => batches[Math.floor(visit / 4)]!);
    return { timeSeconds, operation: new Uint32Array(VISITS) };
  };
  const theory = meanWaitingSecondsBatchArrivals({
    arrivalRatePerSecond: 6,
    meanServiceSeconds: MEAN_SECONDS,
    serviceVariation: 1,
    meanBatchSize: 4,
    batchVariation: 0,
  });
  expectAgreement(replicate(single(fifo(1), exponential), seed, batched, meanWaiting), theory, seed, 0.08);
});

test.each([1, 4])("a server that takes up to %i at once: the mean waiting time agrees with M/M(1, b)/1", (sizeMax) => {
  const seed = 34;
  const rate = 7 * sizeMax;
  const spec = single({ ...fifo(1), batch: { sizeMax } }, exponential);
  const found = replicate(spec, seed, (s) => poissonArrivals(rate, VISITS, s), meanWaiting);
  expectAgreement(found, meanWaitingSecondsBulkService(rate, MEAN_SECONDS, sizeMax), seed, 0.08);
});
