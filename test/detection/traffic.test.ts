// Goal: a slowdown the load must cost is called traffic, once, and only when there is more load.
// Method: windows with a predicted rise and an entry rate are fed one by one.
import { describe, expect, test } from "vitest";
import { Detector } from "../../src/detection/detector.ts";
import { TrafficWatch } from "../../src/detection/traffic-watch.ts";
import { CART, WINDOW_SECONDS } from "../models/baselines/fixtures.ts";
import { feed, OPTIONS, type Shown, shown, times } from "./windows.ts";

const SURGE: Shown = { rise: 1.5, rateRatio: 2 };

describe("a traffic verdict", () => {
  test("begins in the second busy window, dated at the first, and is no fault", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 0, [{}, SURGE, SURGE, SURGE]);
    expect(said.map((events) => events.length)).toEqual([0, 0, 1, 0]);
    const { incident } = said[2]![0]!;
    expect([incident.verdict, incident.kind, incident.onsetSeconds]).toEqual(["traffic", "traffic", WINDOW_SECONDS]);
    for (const fact of ["50 % more latency", "20 requests/s", "web is 60 % busy", "saturates at 33 requests/s"]) {
      expect(incident.summary).toContain(fact);
    }
    expect(detector.openIncidents).toEqual([]);
    expect(detector.isSuspicious).toBe(false);
  });

  test("is not given for one busy window, for a rise below a fifth, or for load that costs nothing", () => {
    for (const windows of [
      [SURGE, {}, SURGE, {}, SURGE, {}],
      times(6, { rise: 1.15, rateRatio: 2 }),
      times(6, { rise: 1, rateRatio: 3 }),
    ]) {
      expect(feed(new Detector(OPTIONS), 0, windows).flat()).toEqual([]);
    }
  });

  test("is not given when it is no busier than usual: then the twin has changed its mind", () => {
    expect(feed(new Detector(OPTIONS), 0, times(6, { rise: 1.5, rateRatio: 1.1 })).flat()).toEqual([]);
  });

  test("holds between its limits, and ends after three windows in a row below the lower one", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(2, SURGE));
    const between = { rise: 1.15, rateRatio: 1.1 };
    expect(feed(detector, 2, [...times(5, between), {}, {}, between, {}, {}]).flat()).toEqual([]);
    const [end] = feed(detector, 12, [{}]);
    expect(end!.map((event) => event.type)).toEqual(["resolved"]);
    expect(end![0]!.incident.resolvedSeconds).toBe(13 * WINDOW_SECONDS);
    expect(detector.openTraffic).toBeNull();
  });

  test("that comes again is another one", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 0, [...times(3, SURGE), ...times(3), ...times(3, SURGE)]).flat();
    expect(said.map((event) => event.type)).toEqual(["opened", "resolved", "opened"]);
    expect(said[2]!.incident.id).not.toBe(said[0]!.incident.id);
  });

  test("is kept back while a fault is open, and given when that has ended", () => {
    const detector = new Detector(OPTIONS);
    const fault: Shown = { ...SURGE, guilt: { [CART]: 0.99 } };
    const said = feed(detector, 0, [
      ...times(4, { guilt: { [CART]: 0.99 } }),
      ...times(4, fault),
      ...times(4, SURGE),
    ]).flat();
    expect(
      said.filter((event) => event.type !== "updated").map(({ type, incident }) => `${type} ${incident.verdict}`),
    ).toEqual(["opened fault", "resolved fault", "opened traffic"]);
  });
});

describe("the predicted rise", () => {
  test("is weighted by visits, and 1 when nothing is known", () => {
    const { forecast } = shown(0, { rise: 1.5 });
    expect(TrafficWatch.predictedRise(forecast)).toBeCloseTo(1.5, 10);
    const [entry] = forecast.operations;
    const quiet = { ...entry!, predictedMeanSeconds: 0.1, visitCount: 300 };
    expect(TrafficWatch.predictedRise({ ...forecast, operations: [entry!, quiet] })).toBeCloseTo(1.125, 10);
    expect(TrafficWatch.predictedRise({ ...forecast, operations: [] })).toBe(1);
    expect(
      TrafficWatch.predictedRise({ ...forecast, operations: [{ ...entry!, referenceMeanSeconds: Number.NaN }] }),
    ).toBe(1);
  });
});
