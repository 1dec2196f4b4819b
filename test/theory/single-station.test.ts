// Goal: the simulated queue must agree with queueing theory, not with its own last output.
// Method: independent replications, warm-up dropped; theory must lie inside the 99.9 % interval, and that be narrow.
import { describe, test } from "vitest";
import {
  meanSojournSecondsPs,
  meanSojournSecondsSharedServers,
  meanWaitingSecondsFifo,
} from "../../twin/theory/general-queues.ts";
import { meanSojournSeconds } from "../../twin/theory/markov-queues.ts";
import { exponentialTable, fifo, lognormalTable, moments, poissonArrivals, ps, single } from "../twin/networks.ts";
import { expectAgreement, meanSojourn, meanWaiting, replicate } from "./replications.ts";

const VISITS = 30_000;

describe("FIFO", { timeout: 30_000 }, () => {
  test.each([
    { name: "M/M/1 at half load", arrivalRatePerSecond: 5, meanServiceSeconds: 0.1, serverCount: 1 },
    { name: "M/M/1 under load", arrivalRatePerSecond: 8, meanServiceSeconds: 0.1, serverCount: 1 },
    { name: "M/M/4", arrivalRatePerSecond: 32, meanServiceSeconds: 0.1, serverCount: 4 },
    { name: "M/M/16", arrivalRatePerSecond: 144, meanServiceSeconds: 0.1, serverCount: 16 },
  ])("$name: mean sojourn time agrees with Erlang C", (row) => {
    const seed = 11;
    const spec = single(fifo(row.serverCount), exponentialTable(row.meanServiceSeconds));
    const found = replicate(spec, seed, (s) => poissonArrivals(row.arrivalRatePerSecond, VISITS, s), meanSojourn);
    expectAgreement(found, meanSojournSeconds(row), seed);
  });

  test.each([
    { name: "constant service", samples: Float64Array.of(0.1) },
    { name: "service with variation ½", samples: lognormalTable(0.1, 0.5, 1) },
    { name: "service with variation 1", samples: lognormalTable(0.1, 1, 2) },
    { name: "service with variation 2", samples: lognormalTable(0.1, 2, 3) },
  ])("M/G/1, $name: mean waiting time agrees with Pollaczek and Khinchine", ({ samples }) => {
    const seed = 12;
    const { mean, variation } = moments(samples);
    const theory = meanWaitingSecondsFifo({
      arrivalRatePerSecond: 6,
      meanServiceSeconds: mean,
      serviceVariation: variation,
    });
    const spec = single(fifo(1), samples);
    const found = replicate(spec, seed, (s) => poissonArrivals(6, VISITS, s), meanWaiting);
    expectAgreement(found, theory, seed, 0.12);
  });
});

describe("processor sharing", { timeout: 30_000 }, () => {
  test.each([
    { name: "constant", samples: Float64Array.of(0.1) },
    { name: "exponential", samples: exponentialTable(0.1) },
    { name: "lognormal with variation 2", samples: lognormalTable(0.1, 2, 4) },
  ])("M/G/1-PS, $name service: the mean sojourn time is E[S] / (1 − ρ) all the same", ({ samples }) => {
    const seed = 13;
    const theory = meanSojournSecondsPs({ arrivalRatePerSecond: 7, meanServiceSeconds: 0.1 });
    const found = replicate(single(ps(1), samples), seed, (s) => poissonArrivals(7, VISITS, s), meanSojourn);
    expectAgreement(found, theory, seed);
  });

  test.each([
    { name: "exponential", samples: exponentialTable(0.1) },
    { name: "lognormal with variation 1.5", samples: lognormalTable(0.1, 1.5, 5) },
  ])("M/G/4-PS, $name service: the mean sojourn time is that of M/M/4", ({ samples }) => {
    const seed = 14;
    const row = { arrivalRatePerSecond: 32, meanServiceSeconds: 0.1, serverCount: 4 };
    const found = replicate(single(ps(4), samples), seed, (s) => poissonArrivals(32, VISITS, s), meanSojourn);
    expectAgreement(found, meanSojournSecondsSharedServers(row), seed);
  });

  test("half a server is a server at half speed", () => {
    const seed = 15;
    const theory = meanSojournSecondsPs({ arrivalRatePerSecond: 3, meanServiceSeconds: 0.2 });
    const spec = single(ps(0.5), exponentialTable(0.1));
    expectAgreement(
      replicate(spec, seed, (s) => poissonArrivals(3, VISITS, s), meanSojourn),
      theory,
      seed,
    );
  });
});
