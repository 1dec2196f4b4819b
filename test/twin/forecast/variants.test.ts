// Goal: bands say how sure the twin is of its parameters, and capacity comes from what was learned.
// Method: the simulated application, whose service times and server counts are known.
import { describe, expect, test } from "vitest";
import { CapacityModel } from "../../../twin/forecast/capacity.ts";
import { networkVariants } from "../../../twin/forecast/network-variants.ts";
import { forecastRequests } from "../../../twin/forecast/request-forecast.ts";
import { calibrate } from "../../../twin/learning/calibrate.ts";
import { History } from "../../../twin/learning/history.ts";
import { ALPHA, runApplication, TOPOLOGY, USUAL_RATE, WEB } from "../application.ts";

function learn(windows: number, ratePerSecond = 40) {
  const history = new History();
  for (const window of runApplication(10, windows, 3, { ratePerSecond })) history.learn(window);
  return calibrate(history, TOPOLOGY);
}

const knowledge = learn(20);
const variants = networkVariants(knowledge, TOPOLOGY, { count: 9, seed: 1 });
const everyTenth = {
  arrivalSeconds: Float64Array.from({ length: 600 }, (_, i) => 1e9 + i / 10),
  operation: new Uint32Array(600).fill(WEB),
};

describe("networks that what was learned leaves open", () => {
  test("are the same again for the same seed, and others for another", () => {
    const specs = (seed: number) =>
      networkVariants(knowledge, TOPOLOGY, { count: 3, seed }).map((each) => each.network.spec);
    expect(specs(1)).toEqual(variants.slice(0, 3).map((each) => each.network.spec));
    expect(specs(2)).not.toEqual(specs(1));
  });

  test("differ in their means by the error of what was learned: twice less with four times the visits", () => {
    const errorOf = (known: typeof knowledge) =>
      known.nodes
        .get(WEB)!
        .operations.get(WEB)!
        .programs.reduce((sum, each) => sum + each.relativeError, 0);
    const ratio = errorOf(learn(2)) / errorOf(learn(8));
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(2.7);
  });

  test("take each plausible structure of a node in turn, the best one most often", () => {
    for (const node of knowledge.nodes.values()) {
      const known = node.structures.map(({ structure }) => `${structure.discipline} ${structure.serverCount}`);
      const station = variants[0]!.network.stationNode.indexOf(node.node);
      const taken = variants.map(({ network }) => {
        const { discipline, serverCount } = network.spec.stations[station]!;
        return `${discipline} ${serverCount}`;
      });
      expect(known).toEqual(expect.arrayContaining(taken));
      expect(taken.filter((each) => each === known[0]).length).toBeGreaterThanOrEqual(Math.floor(taken.length / 2));
    }
  });
});

describe("requests to come", () => {
  test("are answered once each in every network, from the time on that counts", () => {
    const latencies = forecastRequests(variants, everyTenth, 1e9 + 30, 7);
    expect([...latencies.keys()]).toEqual([WEB]);
    expect(latencies.get(WEB)!.map((each) => each.length)).toEqual(variants.map(() => 300));
  });

  test("of operations nobody knows are left out", () => {
    const unknown = { ...everyTenth, operation: new Uint32Array(600).fill(99) };
    expect(forecastRequests(variants, unknown, 0, 7).size).toBe(0);
  });
});

describe("capacity", () => {
  const model = new CapacityModel();
  model.know(knowledge, variants);

  test("is the rate at which the identified station that fills first is full, within its range", () => {
    // Alpha's two workers are held 24 ms for its own work, and over the 8 of 10 calls to its database (2 + 6 ms).
    const truth = 2 / (0.024 + 0.8 * (0.002 + 0.006));
    const capacity = model.at(new Map([[WEB, USUAL_RATE]]))!;
    expect(capacity.node).toBe(ALPHA);
    expect(Math.abs(capacity.saturationRatePerSecond / truth - 1)).toBeLessThan(0.08);
    expect(capacity.saturationRangePerSecond[0]).toBeLessThan(capacity.saturationRatePerSecond);
    expect(capacity.saturationRangePerSecond[1]).toBeGreaterThan(capacity.saturationRatePerSecond);
    expect(capacity.utilization).toBeCloseTo(USUAL_RATE / capacity.saturationRatePerSecond, 9);
  });

  test("does not move with the traffic while its mix stays, only how much of it is used", () => {
    const [calm, busy] = [10, 40].map((rate) => model.at(new Map([[WEB, rate]]))!);
    expect(busy!.saturationRatePerSecond).toBe(calm!.saturationRatePerSecond);
    expect(busy!.utilization / calm!.utilization).toBeCloseTo(4, 9);
  });

  test("is unknown when nobody came, and while the station that fills first is not identified", () => {
    expect(model.at(new Map())).toBeNull();
    const idle = learn(10, 5);
    expect([...idle.nodes.values()].some((node) => node.isIdentified)).toBe(false);
    const unsure = new CapacityModel();
    unsure.know(idle, networkVariants(idle, TOPOLOGY, { count: 9, seed: 1 }));
    expect(unsure.at(new Map([[WEB, USUAL_RATE]]))).toBeNull();
  });
});
