// Goal: the answer is what queueing theory says where theory knows it, is exactly nothing where nothing changed, and says
// how little it knows where little was learned.
// Method: models made by hand, without learning, so that the truth is known; Poisson requests, exponential service.
import { describe, expect, test } from "vitest";
import type { Compared, OperationAnswer, WhatIfAnswer } from "../../../src/contracts/what-if.ts";
import { erlangC } from "../../../twin/theory/markov-queues.ts";
import { ScenarioError } from "../../../twin/what-if/scenario-error.ts";
import { whatIf } from "../../../twin/what-if/what-if.ts";
import { delay, edge, exponentialTable, fifo, operation, program } from "../networks.ts";
import { GET_PAGE, modelOf, named, oneStation, only, POST_ORDER, poissonWindows, shop } from "./models.ts";

const OPTIONS = { seed: 11, replications: 12 };
/** Where one run more or less makes no difference. */
const FEW = { seed: 3, replications: 3 };
const MEAN_SECONDS = 0.05;

/** The p-quantile of the time in an M/M/c queue: service alone, or an exponential wait before it with chance C(c, a). */
function sojournQuantile(serverCount: number, ratePerSecond: number, p: number): number {
  const mu = 1 / MEAN_SECONDS;
  const drain = serverCount * mu - ratePerSecond;
  const waits = erlangC(serverCount, ratePerSecond * MEAN_SECONDS);
  const tail = (t: number): number => {
    const waited = (mu * Math.exp(-drain * t) - drain * Math.exp(-mu * t)) / (mu - drain);
    return (1 - waits) * Math.exp(-mu * t) + waits * waited;
  };
  let low = 0;
  let high = 100;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 1 - p) low = middle;
    else high = middle;
  }
  return low;
}

function holds(band: Compared["after"], value: number): void {
  expect(band).not.toBeNull();
  expect(band![0]).toBeLessThanOrEqual(value);
  expect(band![2]).toBeGreaterThanOrEqual(value);
}

function byName(answer: WhatIfAnswer, name: string): OperationAnswer {
  return answer.operations.find((each) => each.operation === name)!;
}

describe("against theory", () => {
  const ratePerSecond = 25;
  const model = modelOf(oneStation(3, MEAN_SECONDS), poissonWindows({ 0: ratePerSecond }, 1200));

  test("twice the traffic at three servers gives the p50, p95 and p99 of M/M/3, before and after", () => {
    const answer = whatIf(model, only({ verb: "traffic", operation: null, to: { ratePerSecond: 50 } }), OPTIONS);
    const pay = byName(answer, "POST /pay");
    for (const [p, compared] of [
      [0.5, pay.p50Seconds],
      [0.95, pay.p95Seconds],
      [0.99, pay.p99Seconds],
    ] as const) {
      holds(compared.before, sojournQuantile(3, ratePerSecond, p));
      holds(compared.after, sojournQuantile(3, 50, p));
    }
    holds(pay.throughputPerSecond.after, 50);
    holds(answer.stations[0]!.utilization.after, (50 * MEAN_SECONDS) / 3);
  });

  test("it saturates at c / E[S], and more servers move that point in proportion", () => {
    const answer = whatIf(model, only({ verb: "servers", service: "till", count: 6 }), OPTIONS);
    holds(answer.saturation.before.ratePerSecond as [number, number, number], 3 / MEAN_SECONDS);
    holds(answer.saturation.after.ratePerSecond as [number, number, number], 6 / MEAN_SECONDS);
    expect(answer.saturation.after.bottleneck).toEqual({
      service: "till",
      resource: "servers",
      to: null,
      isAwaited: true,
    });
  });

  test("twice the servers are half as busy", () => {
    const answer = whatIf(model, only({ verb: "servers", service: "till", count: 6 }), OPTIONS);
    const { before, after } = answer.stations[0]!.utilization;
    expect(after![1] / before![1]).toBeCloseTo(0.5, 6);
  });

  test("above saturation it says so, and what would be enough", () => {
    const answer = whatIf(model, only({ verb: "traffic", operation: null, to: { factor: 3 } }), OPTIONS);
    expect(answer.isOverloaded).toEqual({ before: false, after: true });
    expect(answer.verdict).toMatch(
      /^With 3× traffic till cannot keep up: it saturates at [56]\d(\.\d)? requests\/s and 7\d(\.\d)? come/,
    );
    // 75 requests/s want 3.75 servers.
    expect(answer.remedy).toMatchObject({ service: "till", verb: "servers" });
    expect(answer.remedy!.count).toBeGreaterThanOrEqual(4);
    expect(answer.notes.join()).toContain("12 of 12 worlds are overloaded");
    expect(answer.remedy!.p95Seconds).toBeLessThan(2 * sojournQuantile(3, ratePerSecond, 0.95));
  });
});

describe("under the same dice", () => {
  const model = modelOf(shop(), poissonWindows({ [GET_PAGE]: 12, [POST_ORDER]: 4 }, 300));

  test("a scenario that changes nothing differs by exactly nothing", () => {
    for (const scenario of [
      only(),
      only({ verb: "traffic", operation: null, to: { factor: 1 } }),
      only({ verb: "servers", service: "items", count: 2 }),
    ]) {
      const answer = whatIf(model, scenario, FEW);
      for (const each of answer.operations) {
        for (const compared of [
          each.p50Seconds,
          each.p95Seconds,
          each.p99Seconds,
          each.throughputPerSecond,
          each.failureShare,
        ]) {
          expect(compared.difference).toEqual([0, 0, 0]);
          expect(compared.after).toEqual(compared.before);
        }
      }
      expect(answer.verdict).toContain("stays about");
    }
  });

  test("what a change cannot reach is bit for bit the same after it", () => {
    const answer = whatIf(
      model,
      only(
        { verb: "servers", service: "orders", count: 1 },
        { verb: "pause", service: "web", durationSeconds: 1e-9, intervalSeconds: 3000 },
      ),
      { ...FEW, operations: [2, 4] },
    );
    const alone = whatIf(model, only({ verb: "servers", service: "orders", count: 1 }), { ...FEW, operations: [2, 4] });
    // The items and their database see the same visits at the same times, whatever becomes of orders.
    for (const name of ["LIST", "SELECT"]) {
      expect(byName(alone, name).p99Seconds.difference).toEqual([0, 0, 0]);
      expect(byName(alone, name).p50Seconds.difference).toEqual([0, 0, 0]);
    }
    expect(byName(answer, "POST /order").p95Seconds.difference![1]).toBeGreaterThan(0);
  });

  test("the same question has the same answer, and another seed another", () => {
    const ask = (seed: number) =>
      whatIf(model, only({ verb: "traffic", operation: null, to: { factor: 1.5 } }), { seed, replications: 2 });
    expect(ask(5)).toEqual(ask(5));
    expect(ask(5).operations[0]!.p95Seconds).not.toEqual(ask(6).operations[0]!.p95Seconds);
  });

  test("more traffic of one operation leaves the requests of the others as they were", () => {
    const answer = whatIf(model, only({ verb: "traffic", operation: "POST /order", to: { factor: 3 } }), OPTIONS);
    const page = byName(answer, "GET /page").throughputPerSecond;
    // A few requests are under way at the end of one run and not of the other.
    expect(Math.abs(page.difference![1])).toBeLessThan(0.01 * page.before![1]);
    const order = byName(answer, "POST /order").throughputPerSecond;
    expect(order.after![1] / order.before![1]).toBeGreaterThan(2.7);
    expect(order.after![1] / order.before![1]).toBeLessThan(3.3);
  });

  test("a model that went through a structured clone, as to a worker, answers the same", () => {
    const scenario = only({ verb: "cacheHit", target: "items", share: 0.9 });
    expect(whatIf(structuredClone(model), scenario, FEW)).toEqual(whatIf(model, scenario, FEW));
  });
});

describe("what is not known", () => {
  const delayed = { discipline: "delay", serverCount: Number.POSITIVE_INFINITY } as const;
  const traffic = poissonWindows({ 0: 20 }, 600);
  const double = only({ verb: "traffic", operation: null, to: { factor: 2 } });

  test("is named, with the range the answer has over what is plausible", () => {
    const model = modelOf(oneStation(3, MEAN_SECONDS), traffic, { 0: [delayed] });
    const answer = whatIf(model, double, OPTIONS);
    const [low, high] = byName(answer, "POST /pay").p95OverStructuresSeconds!;
    // Nobody waits at best; at worst it is M/M/3.
    expect(low / (MEAN_SECONDS * Math.log(20))).toBeGreaterThan(0.9);
    expect(low / (MEAN_SECONDS * Math.log(20))).toBeLessThan(1.1);
    expect(high / sojournQuantile(3, 40, 0.95)).toBeGreaterThan(0.8);
    expect(answer.unidentified.map((each) => each.service)).toEqual(["till"]);
    expect(answer.verdict).toContain("not yet identifiable: the answer leans on till");
    expect(answer.stations[0]!.isIdentified).toBe(false);
  });

  test("is not mentioned when each station has one structure", () => {
    const answer = whatIf(modelOf(oneStation(3, MEAN_SECONDS), traffic), double, OPTIONS);
    expect(answer.unidentified).toEqual([]);
    expect(byName(answer, "POST /pay").p95OverStructuresSeconds).toBeNull();
  });

  test("is narrowed by a change that only some structures can have", () => {
    const shared = { discipline: "ps", serverCount: 3 } as const;
    const model = modelOf(oneStation(3, MEAN_SECONDS), traffic, { 0: [shared, delayed] });
    const throttle = { verb: "throttle", service: "till", quotaSeconds: 0.2, periodSeconds: 0.1 } as const;
    const answer = whatIf(model, only(throttle), OPTIONS);
    expect(answer.stations[0]!.structures).toEqual([{ discipline: "ps", serverCount: 3 }]);
    expect(() => whatIf(modelOf(oneStation(3, MEAN_SECONDS), traffic), only(throttle), OPTIONS)).toThrow(ScenarioError);
  });

  test("makes the intervals wide when few visits were learned from", () => {
    const few = {
      stations: [fifo(1)],
      operations: [operation(0, program(exponentialTable(MEAN_SECONDS, 16)))],
      edges: [],
    };
    const rate = { 0: 12 };
    const askOf = (network: ReturnType<typeof oneStation>) => {
      const { before } = whatIf(modelOf(network, poissonWindows(rate, 600)), only(), OPTIONS).operations[0]!.p50Seconds;
      return before![2] / before![0];
    };
    const wide = askOf(named(few, ["till"], ["POST /pay"], [0]));
    expect(wide).toBeGreaterThan(1.2 * askOf(oneStation(1, MEAN_SECONDS)));
  });

  test("leaves that are seen through their callers only are said to be taken as they are", () => {
    const spec = {
      stations: [fifo(8), delay()],
      operations: [operation(0, program([0.001, 0.001], [[0]])), operation(1, program(exponentialTable(0.01)))],
      edges: [edge(1)],
    };
    const network = named(spec, ["api", ["postgres", "database"]], ["GET /", "SELECT"], [0]);
    const answer = whatIf(modelOf(network, poissonWindows({ 0: 20 }, 300)), double, FEW);
    expect(answer.notes.join()).toContain("postgres");
  });
});

describe("an overloaded consumer of messages", () => {
  test("is told apart from what requests wait for", () => {
    const network = shop();
    const model = modelOf(network, poissonWindows({ [GET_PAGE]: 12, [POST_ORDER]: 4 }, 300));
    // mail works 50 ms for each of 4 orders a second; one server would do 20.
    const changes = only(
      { verb: "servers", service: "mail", count: 1 },
      { verb: "serviceTime", target: "mail", to: { meanSeconds: 0.4 } },
    );
    const answer = whatIf(model, changes, FEW);
    expect(answer.saturation.after.bottleneck).toEqual({
      service: "mail",
      resource: "servers",
      to: null,
      isAwaited: false,
    });
    expect(answer.isOverloaded.after).toBe(true);
    expect(answer.verdict).toMatch(/stays about .* mail cannot keep up.*, though no request waits for it\.$/);
  });
});
