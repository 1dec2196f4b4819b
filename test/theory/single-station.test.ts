// Goal: the simulated queue must agree with queueing theory, not with its own last output.
// Method: independent replications, warm-up dropped; theory must lie inside the 99.9 % interval, and that be narrow.
import { describe, test } from "vitest";
import type { SimulatedVisits } from "../../twin/kernel/spec.ts";
import { waitingTailShareDeterministic } from "../../twin/theory/deterministic-service.ts";
import {
  meanSojournSecondsPs,
  meanSojournSecondsSharedServers,
  meanWaitingSecondsFifo,
  waitingVarianceFifo,
} from "../../twin/theory/general-queues.ts";
import {
  meanSojournSeconds,
  sojournQuantileSeconds,
  waitingQuantileSeconds,
  waitingTailShare,
} from "../../twin/theory/markov-queues.ts";
import { exponentialTable, fifo, lognormalTable, moments, poissonArrivals, ps, single } from "../twin/networks.ts";
import {
  expectAgreement,
  meanSojourn,
  meanWaiting,
  replicate,
  replicateAll,
  sojournQuantile,
  waitedLonger,
  waitingVariance,
} from "./replications.ts";

const VISITS = 30_000;
const MEAN_SECONDS = 0.1;

/** The station of c servers at utilisation ρ. */
function markov(serverCount: number, busyShare: number) {
  return {
    arrivalRatePerSecond: (busyShare * serverCount) / MEAN_SECONDS,
    meanServiceSeconds: MEAN_SECONDS,
    serverCount,
  };
}

const SERVICES = [
  { name: "constant", samples: Float64Array.of(MEAN_SECONDS) },
  { name: "lognormal, variation ½", samples: lognormalTable(MEAN_SECONDS, 0.5, 1) },
  { name: "lognormal, variation 1", samples: lognormalTable(MEAN_SECONDS, 1, 2) },
  { name: "lognormal, variation 2", samples: lognormalTable(MEAN_SECONDS, 2, 3) },
];

describe("FIFO", { timeout: 30_000 }, () => {
  test.each([
    { serverCount: 1, busyShare: 0.5 },
    { serverCount: 1, busyShare: 0.8 },
    { serverCount: 2, busyShare: 0.3 },
    { serverCount: 2, busyShare: 0.8 },
    { serverCount: 4, busyShare: 0.8 },
    { serverCount: 16, busyShare: 0.6 },
    { serverCount: 16, busyShare: 0.9 },
  ])("M/M/$serverCount at ρ = $busyShare: mean sojourn time agrees with Erlang C", ({ serverCount, busyShare }) => {
    const seed = 11;
    const row = markov(serverCount, busyShare);
    const spec = single(fifo(serverCount), exponentialTable(MEAN_SECONDS));
    const found = replicate(spec, seed, (s) => poissonArrivals(row.arrivalRatePerSecond, VISITS, s), meanSojourn);
    expectAgreement(found, meanSojournSeconds(row), seed);
  });

  test.each([
    { serverCount: 1, busyShare: 0.6 },
    { serverCount: 4, busyShare: 0.7 },
  ])("M/M/$serverCount at ρ = $busyShare: p50, p95 and p99 of the sojourn time agree", ({ serverCount, busyShare }) => {
    const seed = 16;
    const row = markov(serverCount, busyShare);
    const levels = [0.5, 0.95, 0.99];
    const spec = single(fifo(serverCount), exponentialTable(MEAN_SECONDS));
    const measure = (visits: SimulatedVisits) => levels.map((p) => sojournQuantile(visits, p));
    const found = replicateAll(spec, seed, (s) => poissonArrivals(row.arrivalRatePerSecond, VISITS, s), measure);
    levels.forEach((p, i) => {
      expectAgreement(found[i]!, sojournQuantileSeconds(row, p), seed, 0.08);
    });
  });

  test.each([
    { serverCount: 2, busyShare: 0.6 },
    { serverCount: 8, busyShare: 0.75 },
  ])("M/M/$serverCount at ρ = $busyShare: who waits at all, and beyond p90, agrees", ({ serverCount, busyShare }) => {
    const seed = 17;
    const row = markov(serverCount, busyShare);
    const limits = [0, waitingQuantileSeconds(row, 0.9)];
    const spec = single(fifo(serverCount), exponentialTable(MEAN_SECONDS));
    const measure = (visits: SimulatedVisits) => limits.map((seconds) => waitedLonger(visits, seconds));
    const found = replicateAll(spec, seed, (s) => poissonArrivals(row.arrivalRatePerSecond, VISITS, s), measure);
    limits.forEach((seconds, i) => {
      expectAgreement(found[i]!, waitingTailShare(row, seconds), seed, 0.15);
    });
  });

  test.each(SERVICES)("M/G/1, $name: mean waiting time agrees with Pollaczek and Khinchine", ({ samples }) => {
    const seed = 12;
    const { mean, variation } = moments(samples);
    const service = { arrivalRatePerSecond: 6, meanServiceSeconds: mean, serviceVariation: variation };
    const found = replicate(single(fifo(1), samples), seed, (s) => poissonArrivals(6, VISITS, s), meanWaiting);
    expectAgreement(found, meanWaitingSecondsFifo(service), seed, 0.12);
  });

  test.each(SERVICES.slice(0, 2))("M/G/1, $name: variance of the waiting time agrees with Takács", ({ samples }) => {
    const seed = 18;
    const { mean, variation } = moments(samples);
    const thirdServiceMoment = samples.reduce((sum, seconds) => sum + seconds ** 3, 0) / samples.length;
    const service = {
      arrivalRatePerSecond: 6,
      meanServiceSeconds: mean,
      serviceVariation: variation,
      thirdServiceMoment,
    };
    const measure = (visits: SimulatedVisits) => waitingVariance(visits, meanWaitingSecondsFifo(service));
    const found = replicate(single(fifo(1), samples), seed, (s) => poissonArrivals(6, VISITS, s), measure);
    expectAgreement(found, waitingVarianceFifo(service), seed, 0.12);
  });

  test("M/D/1: the shares that wait longer than ½, 1 and 3 services agree with Franx", () => {
    const seed = 19;
    const limits = [0.5, 1, 3].map((services) => services * MEAN_SECONDS);
    const measure = (visits: SimulatedVisits) => limits.map((seconds) => waitedLonger(visits, seconds));
    const spec = single(fifo(1), Float64Array.of(MEAN_SECONDS));
    const found = replicateAll(spec, seed, (s) => poissonArrivals(7, VISITS, s), measure);
    limits.forEach((seconds, i) => {
      expectAgreement(found[i]!, waitingTailShareDeterministic(7, MEAN_SECONDS, seconds), seed, 0.1);
    });
  });
});

describe("processor sharing", { timeout: 30_000 }, () => {
  test.each([
    { name: "constant", samples: Float64Array.of(MEAN_SECONDS) },
    { name: "exponential", samples: exponentialTable(MEAN_SECONDS) },
    { name: "lognormal with variation 2", samples: lognormalTable(MEAN_SECONDS, 2, 4) },
  ])("M/G/1-PS, $name service: the mean sojourn time is E[S] / (1 − ρ) all the same", ({ samples }) => {
    const seed = 13;
    const theory = meanSojournSecondsPs({ arrivalRatePerSecond: 7, meanServiceSeconds: MEAN_SECONDS });
    const found = replicate(single(ps(1), samples), seed, (s) => poissonArrivals(7, VISITS, s), meanSojourn);
    expectAgreement(found, theory, seed);
  });

  test.each([
    { name: "constant", samples: Float64Array.of(MEAN_SECONDS) },
    { name: "exponential", samples: exponentialTable(MEAN_SECONDS) },
    { name: "lognormal with variation 1.5", samples: lognormalTable(MEAN_SECONDS, 1.5, 5) },
  ])("M/G/4-PS, $name service: the mean sojourn time is that of M/M/4", ({ samples }) => {
    const seed = 14;
    const found = replicate(single(ps(4), samples), seed, (s) => poissonArrivals(32, VISITS, s), meanSojourn);
    expectAgreement(found, meanSojournSeconds(markov(4, 0.8)), seed);
  });

  test.each([0.5, 2.5])(
    "%d shared servers: the mean sojourn time agrees with the birth and death chain",
    (serverCount) => {
      const seed = 15;
      const row = markov(serverCount, 0.75);
      const spec = single(ps(serverCount), lognormalTable(MEAN_SECONDS, 1, 6));
      const found = replicate(spec, seed, (s) => poissonArrivals(row.arrivalRatePerSecond, VISITS, s), meanSojourn);
      expectAgreement(found, meanSojournSecondsSharedServers(row), seed);
    },
  );
});
