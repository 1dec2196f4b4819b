// Goal: every change does what it says and nothing else, and one that does not fit the system is refused by name.
// Method: each verb is applied to a small shop; what it must touch is listed, everything else must stay the very same object.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/contracts/what-if.ts";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import type { NetworkSpec } from "../../../twin/kernel/spec.ts";
import { applyScenario } from "../../../twin/what-if/apply-scenario.ts";
import { ScenarioError } from "../../../twin/what-if/scenario-error.ts";
import { meanOwnSeconds } from "../../../twin/what-if/work-edits.ts";
import { GET_PAGE, LIST_ITEMS, only, POST_ORDER, QUERY, SAVE_ORDER, shop } from "./models.ts";

const WEB = 0;
const ITEMS = 1;
const DATABASE = 3;

interface Touched {
  readonly stations?: readonly number[];
  readonly operations?: readonly number[];
  readonly edges?: readonly number[];
}

const webToItems = { from: "web", to: "items" };

const cases: readonly {
  readonly change: Change;
  readonly touches: Touched;
  readonly shows: (spec: NetworkSpec) => void;
}[] = [
  {
    change: { verb: "traffic", operation: null, to: { factor: 2 } },
    touches: {},
    shows: (spec) => expect(spec).toEqual(shop().spec),
  },
  {
    change: { verb: "mix", operation: "GET /page", share: 0.5 },
    touches: {},
    shows: (spec) => expect(spec).toEqual(shop().spec),
  },
  {
    change: { verb: "replicas", service: "items", count: 4 },
    touches: { stations: [ITEMS] },
    shows: (spec) => expect(spec.stations[ITEMS]!.replicaWeights).toEqual([0.25, 0.25, 0.25, 0.25]),
  },
  {
    change: { verb: "balancing", service: "items", policy: "round-robin" },
    touches: { stations: [ITEMS] },
    shows: (spec) => expect(spec.stations[ITEMS]!.balancing).toBe("round-robin"),
  },
  {
    change: { verb: "servers", service: "items", count: 5 },
    touches: { stations: [ITEMS] },
    shows: (spec) => expect(spec.stations[ITEMS]).toMatchObject({ discipline: "fifo", serverCount: 5 }),
  },
  {
    change: { verb: "servers", service: "sqlite/items", count: 1 },
    touches: { stations: [DATABASE] },
    shows: (spec) => expect(spec.stations[DATABASE]).toMatchObject({ discipline: "fifo", serverCount: 1 }),
  },
  {
    change: { verb: "workers", service: "web", count: 16 },
    touches: { stations: [WEB] },
    shows: (spec) => expect(spec.stations[WEB]!.workerCount).toBe(16),
  },
  {
    change: { verb: "queueCapacity", service: "items", count: 10 },
    touches: { stations: [ITEMS] },
    shows: (spec) => expect(spec.stations[ITEMS]!.queueCapacity).toBe(10),
  },
  {
    change: { verb: "throttle", service: "web", quotaSeconds: 0.02, periodSeconds: 0.1 },
    touches: { stations: [WEB] },
    shows: (spec) => expect(spec.stations[WEB]!.throttle).toEqual({ periodSeconds: 0.1, quotaSeconds: 0.02 }),
  },
  {
    change: { verb: "pause", service: "web", durationSeconds: 0.05, intervalSeconds: 2 },
    touches: { stations: [WEB] },
    shows: (spec) => expect(spec.stations[WEB]!.pause).toEqual({ intervalSeconds: 2, durationSeconds: 0.05 }),
  },
  {
    change: { verb: "serviceTime", target: "web", to: { factor: 0.5 } },
    touches: { operations: [GET_PAGE, POST_ORDER] },
    shows: (spec) => expect(meanOwnSeconds(spec.operations[GET_PAGE]!)).toBeCloseTo(0.002, 10),
  },
  {
    change: { verb: "serviceTime", target: "items LIST", to: { meanSeconds: 0.1 } },
    touches: { operations: [LIST_ITEMS] },
    shows: (spec) => expect(meanOwnSeconds(spec.operations[LIST_ITEMS]!)).toBeCloseTo(0.1, 10),
  },
  {
    change: {
      verb: "device",
      service: "sqlite/items",
      distribution: { family: "lognormal", meanSeconds: 0.005, variation: 0.5 },
    },
    touches: { operations: [QUERY] },
    shows: (spec) => expect(meanOwnSeconds(spec.operations[QUERY]!)).toBeCloseTo(0.005, 10),
  },
  {
    change: { verb: "cacheHit", target: "items", share: 0.9 },
    touches: { operations: [LIST_ITEMS] },
    shows: (spec) => {
      const [miss, hit] = spec.operations[LIST_ITEMS]!.programs;
      expect(miss!.probability).toBeCloseTo(0.1, 12);
      expect(hit!.probability).toBeCloseTo(0.9, 12);
    },
  },
  {
    change: { verb: "pool", edge: webToItems, connectionCount: 8 },
    touches: { edges: [0] },
    shows: (spec) => {
      expect(spec.pools).toEqual([{ station: WEB, connectionCount: 8 }]);
      expect(spec.edges[0]!.pool).toBe(0);
    },
  },
  {
    change: { verb: "timeout", edge: webToItems, seconds: 0.2 },
    touches: { edges: [0] },
    shows: (spec) => expect(spec.edges[0]!.timeoutSeconds).toBe(0.2),
  },
  {
    change: { verb: "retry", edge: webToItems, attemptsMax: 3, backoffSeconds: 0.05, backoffFactor: 2 },
    touches: { edges: [0] },
    shows: (spec) => expect(spec.edges[0]!.retry).toEqual({ attemptsMax: 3, backoffSeconds: 0.05, backoffFactor: 2 }),
  },
  {
    change: { verb: "edgeLoss", edge: webToItems, probability: 0.01, retransmitSeconds: 0.2 },
    touches: { edges: [0] },
    shows: (spec) => expect(spec.edges[0]).toMatchObject({ lossProbability: 0.01, retransmitSeconds: 0.2 }),
  },
  {
    change: { verb: "edgeDelay", edge: { from: "web POST /order", to: "mail" }, addedSeconds: 0.01 },
    touches: { edges: [3] },
    shows: (spec) => expect(spec.edges[3]!.gapSamples[0]).toBeCloseTo(0.011, 12),
  },
  {
    change: { verb: "placement", service: "items", addedSeconds: 0.005 },
    touches: { edges: [0, 2] },
    shows: (spec) => expect(spec.edges.map((each) => each.gapSamples[0])).toEqual([0.006, 0.002, 0.0055, 0.001]),
  },
];

describe("a change", () => {
  test.each(cases.map((each) => [JSON.stringify(each.change), each] as const))(
    "%s",
    (_, { change, touches, shows }) => {
      const { spec } = shop();
      const network = { ...shop(), spec };
      const edited = applyScenario(network, only(change));
      for (const part of ["stations", "operations", "edges"] as const) {
        const changed = spec[part].flatMap((each, index) => (Object.is(each, edited[part][index]) ? [] : [index]));
        expect([part, changed]).toEqual([part, touches[part] ?? []]);
      }
      expect(() => compileNetwork(edited)).not.toThrow();
      shows(edited);
    },
  );

  test("of a pool that is there sets its size, and the other edges keep using it", () => {
    const network = shop();
    const once = applyScenario(network, only({ verb: "pool", edge: webToItems, connectionCount: 8 }));
    const pool = { verb: "pool", edge: webToItems, connectionCount: 4 } as const;
    const twice = applyScenario({ ...network, spec: once }, only(pool));
    expect(twice.pools).toEqual([{ station: WEB, connectionCount: 4 }]);
  });

  test("that takes away more delay than there is leaves none", () => {
    const faster = applyScenario(shop(), only({ verb: "edgeDelay", edge: webToItems, addedSeconds: -1 }));
    expect([...faster.edges[0]!.gapSamples]).toEqual([0]);
  });

  test("to a device keeps where in a visit the work is done", () => {
    const distribution = { family: "constant", meanSeconds: 0.009 } as const;
    const { programs } = applyScenario(shop(), only({ verb: "device", service: "web", distribution })).operations[1]!;
    // Three segments that were equal on average stay so.
    expect([...programs[0]!.segmentSamples].map((each) => each.toFixed(6))).toEqual([
      "0.003000",
      "0.003000",
      "0.003000",
    ]);
  });
});

describe("changes one after the other", () => {
  test("work on what the one before left, whatever their number", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { maxLength: 5 }), (factors) => {
        const changes = factors.map((factor): Change => ({ verb: "serviceTime", target: "orders", to: { factor } }));
        const product = factors.reduce((all, factor) => all * factor, 1);
        const own = meanOwnSeconds(applyScenario(shop(), only(...changes)).operations[SAVE_ORDER]!);
        expect(own / (0.03 * product)).toBeCloseTo(1, 9);
      }),
    );
  });

  test("give the same network in the same order, and leave the given one as it was", () => {
    const network = shop();
    const before = structuredClone(network.spec);
    const all = cases.map((each) => each.change).filter((change) => change.verb !== "servers");
    expect(applyScenario(network, only(...all))).toEqual(applyScenario(network, only(...all)));
    expect(network.spec).toEqual(before);
  });
});

describe("a change that does not fit is refused", () => {
  test.each<{ readonly change: Change; readonly value: string; readonly known: string }>([
    { change: { verb: "servers", service: "itmes", count: 3 }, value: "itmes", known: "items" },
    { change: { verb: "serviceTime", target: "items LISTS", to: { factor: 2 } }, value: "LISTS", known: "LIST" },
    {
      change: { verb: "timeout", edge: { from: "items", to: "web" }, seconds: 1 },
      value: "items->web",
      known: "web->items",
    },
    { change: { verb: "timeout", edge: { from: "web", to: "male" }, seconds: 1 }, value: "male", known: "mail" },
  ])("naming what it does not know: $value", ({ change, value, known }) => {
    const error = refusalOf(change);
    expect(error.value).toBe(value);
    expect(error.known).toContain(known);
    expect(error.change).toBe(change);
  });

  test("when the caller does not wait on the edge", () => {
    expect(refusalOf({ verb: "timeout", edge: { from: "web", to: "mail" }, seconds: 1 }).message).toContain(
      "does not wait",
    );
  });

  test("when there is no cache", () => {
    expect(refusalOf({ verb: "cacheHit", target: "orders", share: 0.5 }).message).toContain("shows no cache");
  });
});

function refusalOf(change: Change): ScenarioError {
  try {
    applyScenario(shop(), only(change));
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return error as ScenarioError;
  }
  throw new Error("was not refused");
}
