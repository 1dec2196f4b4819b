// Goal: the formulas themselves must be right, since they judge the simulator.
// Method: limits in which one formula must become another, moments of a distribution against the formula for the moment,
// and textbook recursions written out a second way.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meanWaitingSecondsBulkService } from "../../twin/theory/bulk-service.ts";
import { approximateClosedMeans, type ClosedStation, closedNetworkMeans } from "../../twin/theory/closed-networks.ts";
import { waitingTailShareDeterministic } from "../../twin/theory/deterministic-service.ts";
import {
  meanWaitingSecondsAllenCunneen,
  meanWaitingSecondsBatchArrivals,
  meanWaitingSecondsFifo,
  waitingVarianceFifo,
} from "../../twin/theory/general-queues.ts";
import {
  meanSojournSeconds,
  meanWaitingSeconds,
  sojournQuantileSeconds,
  sojournTailShare,
  waitingQuantileSeconds,
  waitingTailShare,
} from "../../twin/theory/markov-queues.ts";
import { slowestOf } from "../../twin/theory/slowest-of.ts";
import { openState, ratesBesideOthers, sharedServers } from "../../twin/theory/state-dependent-server.ts";
import { waitingBounds } from "../../twin/theory/waiting-bounds.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;

/** ∫ tail dt, the mean of what has that tail. */
function meanOfTail(tail: (seconds: number) => number, stepSeconds: number): number {
  let sum = 0;
  for (let seconds = stepSeconds / 2; tail(seconds) > 1e-9; seconds += stepSeconds) sum += tail(seconds) * stepSeconds;
  return sum;
}

describe("distributions", () => {
  test.each([1, 2, 6])("M/M/%i: the tails of waiting and sojourn time have the known means", (serverCount) => {
    const station = { arrivalRatePerSecond: 7 * serverCount, meanServiceSeconds: 0.1, serverCount };
    const waiting = meanOfTail((t) => waitingTailShare(station, t), 1e-3);
    const sojourn = meanOfTail((t) => sojournTailShare(station, t), 1e-3);
    expect(waiting).toBeCloseTo(meanWaitingSeconds(station), 5);
    expect(sojourn).toBeCloseTo(meanSojournSeconds(station), 5);
  });

  test("quantiles are where the tails say, also where waiting and service are as fast as each other", () => {
    // c μ − λ = μ: the two stages have one rate.
    const station = { arrivalRatePerSecond: 10, meanServiceSeconds: 0.1, serverCount: 2 };
    for (const p of [0.5, 0.95, 0.999]) {
      expect(sojournTailShare(station, sojournQuantileSeconds(station, p))).toBeCloseTo(1 - p, 9);
    }
    expect(waitingQuantileSeconds(station, 0.5)).toBe(0);
    expect(waitingTailShare(station, waitingQuantileSeconds(station, 0.9))).toBeCloseTo(0.1, 12);
    expect(() => sojournQuantileSeconds(station, 1)).toThrow(/p: 1 must be/);
  });

  test("M/D/1: the tail has the mean of Pollaczek and Khinchine, the variance of Takács, and who waits is ρ", () => {
    const service = { arrivalRatePerSecond: 8, meanServiceSeconds: 0.1, serviceVariation: 0 };
    const tail = (t: number) => waitingTailShareDeterministic(8, 0.1, t);
    const mean = meanWaitingSecondsFifo(service);
    const square = meanOfTail((t) => 2 * t * tail(t), 1e-3);
    expect(tail(0)).toBeCloseTo(0.8, 12);
    expect(meanOfTail(tail, 1e-3)).toBeCloseTo(mean, 5);
    expect(square - mean * mean).toBeCloseTo(waitingVarianceFifo({ ...service, thirdServiceMoment: 1e-3 }), 5);
    expect(tail(-1)).toBe(1);
  });

  test("the variance of waiting in M/M/1 is ρ (2 − ρ) E[S]² / (1 − ρ)²", () => {
    const service = { arrivalRatePerSecond: 6, meanServiceSeconds: 0.1, serviceVariation: 1, thirdServiceMoment: 6e-3 };
    expect(waitingVarianceFifo(service)).toBeCloseTo((0.6 * 1.4 * 0.01) / 0.16, 12);
  });

  test("the slowest of exponential durations has the harmonic mean, of constants the longest", () => {
    const one = { mean: 2, variance: 4 };
    expect(slowestOf([one, one, one, one]).mean / (2 * (1 + 1 / 2 + 1 / 3 + 1 / 4))).toBeCloseTo(1, 3);
    expect(slowestOf([one, one]).variance / (4 * (1 + 1 / 4))).toBeCloseTo(1, 2);
    expect(
      slowestOf([
        { mean: 3, variance: 0 },
        { mean: 5, variance: 0 },
      ]),
    ).toEqual({ mean: 5, variance: 0 });
    expect(slowestOf([])).toEqual({ mean: 0, variance: 0 });
  });
});

describe("batches", () => {
  const single = { arrivalRatePerSecond: 7, meanServiceSeconds: 0.1, serviceVariation: 1.5 };

  test("of one visit are none", () => {
    expect(meanWaitingSecondsBatchArrivals({ ...single, meanBatchSize: 1, batchVariation: 0 })).toBeCloseTo(
      meanWaitingSecondsFifo(single),
      12,
    );
    const station = { arrivalRatePerSecond: 7, meanServiceSeconds: 0.1, serverCount: 1 };
    expect(meanWaitingSecondsBulkService(7, 0.1, 1)).toBeCloseTo(meanWaitingSeconds(station), 9);
  });

  test("served together wait less the more fit in, but for the service under way", () => {
    const waits = [1, 2, 4, 100].map((sizeMax) => meanWaitingSecondsBulkService(9, 0.1, sizeMax));
    expect(waits).toEqual([...waits].sort((a, b) => b - a));
    // With room for all one waits for the rest of the service under way, if any: after a service in which nobody came,
    // 10/19 of them, the server rests 1/9 s.
    expect(waits[3]).toBeCloseTo((0.1 * 0.1) / (0.1 + (1 / 9) * (10 / 19)), 6);
    expect(() => meanWaitingSecondsBulkService(20, 0.1, 2)).toThrow(RangeError);
  });
});

describe("bounds of the waiting time", () => {
  const stations = fc.record({
    arrivalRatePerSecond: fc.constant(1),
    busyShare: fc.double({ min: 0.05, max: 0.98, noNaN: true }),
    serverCount: fc.integer({ min: 1, max: 20 }),
  });

  test("hold M/M/c at every load", () => {
    fc.assert(
      fc.property(stations, ({ arrivalRatePerSecond, busyShare, serverCount }) => {
        const station = { arrivalRatePerSecond, serverCount, meanServiceSeconds: busyShare * serverCount };
        const { atLeastSeconds, atMostSeconds } = waitingBounds({
          ...station,
          arrivalVariation: 1,
          serviceVariation: 1,
        });
        const truth = meanWaitingSeconds(station);
        expect(atLeastSeconds).toBeLessThanOrEqual(truth);
        expect(atMostSeconds).toBeGreaterThanOrEqual(truth);
      }),
      { seed: 3 },
    );
  });

  test.each([0, 0.5, 3])("hold M/G/1 with variation %d, and close round it at high load", (serviceVariation) => {
    const general = { arrivalRatePerSecond: 0.99, meanServiceSeconds: 1, serviceVariation };
    const { atLeastSeconds, atMostSeconds } = waitingBounds({ ...general, serverCount: 1, arrivalVariation: 1 });
    const truth = meanWaitingSecondsFifo(general);
    expect(atLeastSeconds).toBeLessThanOrEqual(truth);
    expect(atMostSeconds).toBeGreaterThanOrEqual(truth);
    expect((atMostSeconds - truth) / truth).toBeLessThan(0.03);
  });

  test("are 0 and 0 where nothing varies on one server, and hold what Allen and Cunneen say of it", () => {
    const steady = {
      arrivalRatePerSecond: 8,
      meanServiceSeconds: 0.1,
      serverCount: 1,
      arrivalVariation: 0,
      serviceVariation: 0,
    };
    expect(waitingBounds(steady)).toEqual({ atLeastSeconds: 0, atMostSeconds: 0 });
    const varied = { ...steady, arrivalVariation: 1.4, serviceVariation: 0.7 };
    const { atLeastSeconds, atMostSeconds } = waitingBounds(varied);
    const between = meanWaitingSecondsAllenCunneen(varied);
    expect(between).toBeGreaterThan(atLeastSeconds);
    expect(between).toBeLessThan(atMostSeconds);
    expect(() => waitingBounds({ ...steady, arrivalRatePerSecond: 10 })).toThrow(RangeError);
  });
});

describe("servers whose speed depends on the number present", () => {
  test("c servers are M/M/c, and 2.5 lie between 2 and 3", () => {
    const presentWith = (serverCount: number): number => openState(sharedServers(serverCount), 1.8).present;
    const station = { arrivalRatePerSecond: 18, meanServiceSeconds: 0.1, serverCount: 2 };
    expect(presentWith(2)).toBeCloseTo(18 * meanSojournSeconds(station), 12);
    expect(presentWith(2.5)).toBeLessThan(presentWith(2));
    expect(presentWith(2.5)).toBeGreaterThan(presentWith(3));
    expect(openState(sharedServers(0.5), 0.3).present).toBeCloseTo(0.6 / 0.4, 12);
    expect(() => openState(sharedServers(2), 2)).toThrow(RangeError);
  });

  test("a thousand servers keep their figures", () => {
    const { present, share } = openState(sharedServers(1000), 950);
    expect(present).toBeGreaterThan(950);
    expect(share.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
  });

  test("others leave of one server the rest, of unlimited ones all", () => {
    expect(Array.from(ratesBesideOthers(sharedServers(1), 0.4, 3))).toEqual(
      [0.6, 0.6, 0.6].map((r) => expect.closeTo(r, 9)),
    );
    const many = ratesBesideOthers(sharedServers(500), 3, 4);
    expect(Array.from(many)).toEqual([1, 2, 3, 4].map((r) => expect.closeTo(r, 9)));
    expect(() => ratesBesideOthers(sharedServers(1), 1, 3)).toThrow(RangeError);
  });
});

describe("closed networks", () => {
  /** Mean value analysis as the textbooks have it, for single servers and delays (Reiser and Lavenberg 1980). */
  function meanValueAnalysis(stations: readonly ClosedStation[], population: number): number {
    let present = stations.map(() => 0);
    let throughput = 0;
    for (let customers = 1; customers <= population; customers++) {
      const residence = stations.map(({ demandSeconds, serverCount }, i) =>
        serverCount === 1 ? demandSeconds * (1 + present[i]!) : demandSeconds,
      );
      throughput = customers / residence.reduce((sum, seconds) => sum + seconds, 0);
      present = residence.map((seconds) => throughput * seconds);
    }
    return throughput;
  }

  test.each([1, 2, 10, 300])(
    "of %i customers at single servers: convolution and mean value analysis are one",
    (population) => {
      const stations = [
        { demandSeconds: 2, serverCount: UNLIMITED },
        { demandSeconds: 0.08, serverCount: 1 },
        { demandSeconds: 0.1, serverCount: 1 },
        { demandSeconds: 0.1, serverCount: 1 },
      ];
      const { throughputPerSecond, present, residenceSeconds } = closedNetworkMeans(stations, population);
      expect(throughputPerSecond / meanValueAnalysis(stations, population)).toBeCloseTo(1, 9);
      expect(present.reduce((sum, each) => sum + each, 0)).toBeCloseTo(population, 6);
      expect(residenceSeconds[0]).toBeCloseTo(2, 9);
    },
  );

  test("machines and repairmen: the throughput is that of the birth and death chain", () => {
    // 6 machines that run 1 s each, 2 repairmen, ½ s each.
    let weight = 1;
    let total = 1;
    let busy = 0;
    for (let broken = 1; broken <= 6; broken++) {
      weight *= ((6 - broken + 1) * 0.5) / Math.min(broken, 2);
      total += weight;
      busy += weight * Math.min(broken, 2);
    }
    const stations = [
      { demandSeconds: 1, serverCount: UNLIMITED },
      { demandSeconds: 0.5, serverCount: 2 },
    ];
    expect(closedNetworkMeans(stations, 6).throughputPerSecond).toBeCloseTo(busy / total / 0.5, 9);
  });

  test("many servers near saturation and a long think time lose no figures", () => {
    const stations = [
      { demandSeconds: 60, serverCount: UNLIMITED },
      { demandSeconds: 1, serverCount: 64 },
    ];
    const { throughputPerSecond } = closedNetworkMeans(stations, 5000);
    expect(throughputPerSecond).toBeGreaterThan(63.99);
    expect(throughputPerSecond).toBeLessThanOrEqual(64 + 1e-9);
    expect(() => closedNetworkMeans(stations, 0)).toThrow(/population: 0/);
    expect(() => closedNetworkMeans([{ demandSeconds: -1, serverCount: 1 }], 1)).toThrow(
      /stations\[0\].demandSeconds: -1/,
    );
  });

  test("Bard and Schweitzer: exact for one customer, within 6 % of the exact throughput for more", () => {
    const demandSeconds = [0.05, 0.08, 0.1];
    const stations = demandSeconds.map((demand) => ({ demandSeconds: demand, serverCount: 1 }));
    for (const population of [1, 2, 5, 20, 100]) {
      const exact = closedNetworkMeans(stations, population).throughputPerSecond;
      const [found] = approximateClosedMeans([{ population, thinkSeconds: 0, demandSeconds }], [1, 1, 1]);
      expect(Math.abs(found!.throughputPerSecond / exact - 1)).toBeLessThan(population === 1 ? 1e-9 : 0.06);
    }
  });

  test("two classes that are one class are its parts, and four servers do four times one's work", () => {
    const part = { population: 10, thinkSeconds: 1, demandSeconds: [0.2] };
    const [whole] = approximateClosedMeans([{ ...part, population: 20 }], [4]);
    const parts = approximateClosedMeans([part, part], [4]);
    expect(parts[0]!.throughputPerSecond).toBeCloseTo(parts[1]!.throughputPerSecond, 9);
    expect((2 * parts[0]!.throughputPerSecond) / whole!.throughputPerSecond).toBeCloseTo(1, 1);
    const [many] = approximateClosedMeans([{ ...part, population: 1000 }], [4]);
    expect(many!.throughputPerSecond).toBeCloseTo(20, 2);
    expect(() => approximateClosedMeans([{ ...part, population: 0 }], [4])).toThrow(/classes\[0\].population: 0/);
  });
});
