// Goal: the formulas themselves must be right, since they judge the simulator.
// Method: tabulated values, and limits in which one formula must become another.
import { describe, expect, test } from "vitest";
import {
  meanSojournSecondsPs,
  meanSojournSecondsSharedServers,
  meanWaitingSecondsAllenCunneen,
  meanWaitingSecondsFifo,
} from "../../twin/theory/general-queues.ts";
import {
  boundedMeans,
  erlangB,
  erlangC,
  meanSojournSeconds,
  meanWaitingSeconds,
  sojournQuantileSeconds,
  utilization,
} from "../../twin/theory/markov-queues.ts";
import { forkJoinMeans, jacksonMeans, meanTandemSojournSeconds } from "../../twin/theory/open-networks.ts";

describe("Erlang", () => {
  test.each([
    { serverCount: 1, offeredLoad: 1, blocked: 0.5 },
    { serverCount: 2, offeredLoad: 1, blocked: 0.2 },
    { serverCount: 5, offeredLoad: 3, blocked: 0.11005 },
    { serverCount: 10, offeredLoad: 5, blocked: 0.018385 },
  ])("B($serverCount, $offeredLoad) is $blocked as in the tables", ({ serverCount, offeredLoad, blocked }) => {
    expect(erlangB(serverCount, offeredLoad)).toBeCloseTo(blocked, 5);
  });

  test("C is ρ for one server and 1/3 for two at half load", () => {
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 12);
    expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
  });

  test("B survives a thousand servers", () => {
    expect(erlangB(1000, 900)).toBeGreaterThan(0);
    expect(erlangB(1000, 900)).toBeLessThan(0.001);
  });

  test("C refuses a queue without a steady state", () => {
    expect(() => erlangC(2, 2)).toThrow(RangeError);
    expect(() =>
      meanWaitingSecondsFifo({ arrivalRatePerSecond: 10, meanServiceSeconds: 0.1, serviceVariation: 1 }),
    ).toThrow(RangeError);
  });
});

describe("limits", () => {
  const station = { arrivalRatePerSecond: 30, meanServiceSeconds: 0.1, serverCount: 4 };

  test("M/M/1: E[S] / (1 − ρ), and half the visits are gone after ln 2 of it", () => {
    const one = { arrivalRatePerSecond: 8, meanServiceSeconds: 0.1, serverCount: 1 };
    expect(meanSojournSeconds(one)).toBeCloseTo(0.5, 12);
    expect(sojournQuantileSeconds(one, 0.5)).toBeCloseTo(0.5 * Math.LN2, 12);
    expect(utilization(one)).toBeCloseTo(0.8, 12);
  });

  test("a bounded queue that holds no more than its servers loses by Erlang's B", () => {
    expect(boundedMeans({ ...station, capacity: 4 }).lossShare).toBeCloseTo(erlangB(4, 3), 12);
  });

  test("a bounded queue with much room is M/M/c", () => {
    const means = boundedMeans({ ...station, capacity: 2000 });
    expect(means.lossShare).toBeLessThan(1e-12);
    expect(means.sojournSeconds).toBeCloseTo(meanSojournSeconds(station), 9);
    expect(means.utilization).toBeCloseTo(utilization(station), 9);
  });

  test("Allen and Cunneen are exact for M/M/c and M/G/1", () => {
    expect(meanWaitingSecondsAllenCunneen({ ...station, serviceVariation: 1, arrivalVariation: 1 })).toBeCloseTo(
      meanWaitingSeconds(station),
      12,
    );
    const general = { arrivalRatePerSecond: 7, meanServiceSeconds: 0.1, serviceVariation: 2.5 };
    expect(meanWaitingSecondsAllenCunneen({ ...general, arrivalVariation: 1, serverCount: 1 })).toBeCloseTo(
      meanWaitingSecondsFifo(general),
      12,
    );
  });

  test("one shared server and c = 1 shared servers are the same", () => {
    const shared = { arrivalRatePerSecond: 7, meanServiceSeconds: 0.1 };
    expect(meanSojournSecondsSharedServers({ ...shared, serverCount: 1 })).toBeCloseTo(
      meanSojournSecondsPs(shared),
      12,
    );
  });

  test("a Jackson network that is a row is a tandem", () => {
    const stations = [
      { meanServiceSeconds: 0.05, serverCount: 1 },
      { meanServiceSeconds: 0.2, serverCount: 3 },
    ];
    const means = jacksonMeans({
      externalRatePerSecond: [10, 0],
      routing: [
        [0, 1],
        [0, 0],
      ],
      stations,
    });
    expect(means.networkSojournSeconds).toBeCloseTo(meanTandemSojournSeconds(10, stations), 12);
  });

  test("a visit that can never leave is refused", () => {
    const stations = [{ meanServiceSeconds: 0.05, serverCount: 1 }];
    expect(() => jacksonMeans({ externalRatePerSecond: [1], routing: [[1]], stations })).toThrow(/never leave/);
  });

  test("fork and join of one branch is the branch; of two at no load 1½ of it", () => {
    expect(forkJoinMeans(7, 0.1, 1).exactSeconds).toBeCloseTo(1 / 3, 12);
    expect(forkJoinMeans(1e-9, 0.1, 2).exactSeconds).toBeCloseTo(0.15, 9);
  });
});
