// Goal: few incidents, each about one fault: opened on evidence, followed, ended when it is over, the same on every replay.
// Method: windows scored by hand are fed one by one.
import { describe, expect, test } from "vitest";
import { Detector } from "../../src/detection/detector.ts";
import { CART, STOCK, WEB, WINDOW_SECONDS } from "../models/baselines/fixtures.ts";
import { explains, FELT, feed, OPTIONS, type Shown, shown, times } from "./windows.ts";

const SURE: Shown = { guilt: { [CART]: 0.99 } };

/** A detector with an incident at cart, opened at the end of window 1. */
function withIncident(): Detector {
  const detector = new Detector(OPTIONS);
  feed(detector, 0, times(2, SURE), { [CART]: 0.9 });
  expect(detector.openIncidents[0]?.guiltyNode).toBe("cart");
  return detector;
}

describe("an incident opens", () => {
  test("in the second window that looks guilty, not in the first, with the first as its onset", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 5, times(2, SURE), { [CART]: 0.9 });
    expect(said[0]).toEqual([]);
    expect(said[1]!.map((event) => event.type)).toEqual(["opened"]);
    const { incident } = said[1]![0]!;
    expect(incident.onsetSeconds).toBe(5 * WINDOW_SECONDS);
    expect(incident.openedSeconds).toBe(7 * WINDOW_SECONDS);
    expect([incident.verdict, incident.state, incident.kind]).toEqual(["fault", "open", "slow-code"]);
    expect(incident.summary).toMatch(/cart.*slower code/);
  });

  test("not on one guilty window among calm ones, however often", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(
      detector,
      0,
      Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? SURE : {})),
    );
    expect(said.flat()).toEqual([]);
  });

  test("later when the windows look only a little guilty", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 0, times(20, { guilt: { [CART]: 0.75 } }));
    expect(said.findIndex((events) => events.length > 0)).toBe(4);
  });

  test("never while the twin is not ready, nor is anything remembered of that time", () => {
    const detector = new Detector(OPTIONS);
    expect(feed(detector, 0, times(10, { ...SURE, isReady: false })).flat()).toEqual([]);
    expect(detector.isSuspicious).toBe(false);
    expect(feed(detector, 10, [SURE]).flat()).toEqual([]);
  });

  test("never on what is below the floors", () => {
    const detector = new Detector(OPTIONS);
    const unfelt: Shown = { ...SURE, nodes: { [CART]: { impactShare: 0.005 } } };
    expect(feed(detector, 0, times(10, unfelt)).flat()).toEqual([]);
  });

  test("with traces that went through the guilty node", () => {
    const { evidenceTraceIds } = withIncident().openIncidents[0]!;
    expect(evidenceTraceIds.length).toBeGreaterThan(0);
    expect(evidenceTraceIds.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});

describe("while an incident is open", () => {
  test("no other opens of a node that explains no more than the root leaves: it joins as a suspect", () => {
    const detector = withIncident();
    const both: Shown = { guilt: { [CART]: 0.99, [STOCK]: 0.99 } };
    const said = feed(detector, 2, times(5, both), { [CART]: 0.9, [STOCK]: 0.4 });
    expect(said.flat().filter((event) => event.type === "opened")).toEqual([]);
    expect(detector.openIncidents[0]!.suspects.map((suspect) => suspect.node)).toEqual(["cart", "stock"]);
    expect(detector.openIncidents[0]!.suspectsAtOpening.map((suspect) => suspect.node)).toEqual(["cart"]);
  });

  test("it is told again when another node turns out guiltier, under the same id", () => {
    const detector = withIncident();
    const { id } = detector.openIncidents[0]!;
    const both: Shown = { guilt: { [CART]: 0.9, [STOCK]: 0.99 } };
    const said = feed(detector, 2, times(3, both), { [CART]: 0.05, [STOCK]: 0.95 });
    expect(said.flat()[0]!.type).toBe("updated");
    expect([detector.openIncidents[0]!.guiltyNode, detector.openIncidents[0]!.id]).toEqual(["stock", id]);
  });

  test("it keeps the impact of its worst window", () => {
    const detector = withIncident();
    const [worse, better] = feed(detector, 2, [
      { ...SURE, observedP95Seconds: 3 },
      { ...SURE, observedP95Seconds: 1 },
    ]);
    expect(worse!.map((event) => event.type)).toEqual(["updated"]);
    expect(better).toEqual([]);
    expect(detector.openIncidents[0]!.impact[0]!.observedP95Seconds).toBe(3);
  });

  test("two calm windows do not end it, a third in a row does, dated at the first calm one", () => {
    const detector = withIncident();
    const said = feed(detector, 2, [{}, {}, SURE, {}, {}, {}]);
    expect(
      said
        .slice(0, 5)
        .flat()
        .map((event) => event.type),
    ).not.toContain("resolved");
    expect(said[5]!.map((event) => event.type)).toEqual(["resolved"]);
    const { incident } = said[5]![0]!;
    expect(incident.state).toBe("resolved");
    expect(incident.resolvedSeconds).toBe(6 * WINDOW_SECONDS);
    expect(detector.openIncidents).toEqual([]);
    expect(detector.isSuspicious).toBe(false);
  });

  test("it ends, too, when nobody visits the guilty node any more", () => {
    const detector = withIncident();
    const said = feed(detector, 2, times(12, { absent: [CART] }));
    expect(said.flat().map((event) => event.type)).toEqual(["resolved"]);
    expect(detector.isSuspicious).toBe(false);
  });
});

describe("after an incident", () => {
  test("the same node within a minute goes on with the same incident", () => {
    const detector = withIncident();
    const { id, onsetSeconds } = detector.openIncidents[0]!;
    feed(detector, 2, times(3));
    const said = feed(detector, 5, times(2, SURE), { [CART]: 0.9 });
    expect(said.flat().map((event) => event.type)).toEqual(["updated"]);
    const open = detector.openIncidents[0]!;
    expect([open.id, open.onsetSeconds, open.state, open.resolvedSeconds]).toEqual([id, onsetSeconds, "open", null]);
  });

  test("the same node later, or another node at once, is another incident", () => {
    for (const [from, guilty] of [
      [20, CART],
      [5, STOCK],
    ] as const) {
      const detector = withIncident();
      const { id } = detector.openIncidents[0]!;
      feed(detector, 2, times(3));
      const said = feed(detector, from, times(2, { guilt: { [guilty]: 0.99 } }), { [guilty]: 0.9 });
      expect(said.flat().map((event) => event.type)).toEqual(["opened"]);
      expect(said.flat()[0]!.incident.id).not.toBe(id);
    }
  });
});

describe("suspects", () => {
  test("are ranked by how guilty they look times what goes away without them", () => {
    const detector = new Detector(OPTIONS);
    const guilt = { [WEB]: 0.99, [CART]: 0.95, [STOCK]: 0.9 };
    feed(detector, 0, times(3, { guilt }), { [WEB]: 0.05, [CART]: 0.3, [STOCK]: 0.95 });
    const { suspects, confidence, guiltyNode } = detector.openIncidents[0]!;
    expect(suspects.map((suspect) => suspect.node)).toEqual(["stock", "cart", "web"]);
    expect(suspects.map((suspect) => suspect.explainedShare)).toEqual(
      [0.95, 0.3, 0.05].map((each) => expect.closeTo(each, 9)),
    );
    expect(guiltyNode).toBe("stock");
    expect(confidence).toBeGreaterThan(0.5);
    expect(confidence).toBeLessThan(suspects[0]!.probability);
  });

  test("that explain equally are ranked by probability", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(3, { guilt: { [CART]: 0.9, [STOCK]: 0.99 } }), { [CART]: 0.5, [STOCK]: 0.5 });
    expect(detector.openIncidents[0]!.guiltyNode).toBe("stock");
  });

  test("carry the kind the scorer found likeliest, and the twin is asked about them only", () => {
    const detector = new Detector(OPTIONS);
    const asked: (readonly number[])[] = [];
    for (let index = 0; index < 2; index++) {
      detector.decide(shown(index, { ...SURE, kind: "pause" }), {
        ...explains({ [CART]: 1 }),
        diagnose: (nodes) => {
          asked.push(nodes);
          return [];
        },
      });
    }
    expect(asked).toEqual([[CART], [CART]]);
    expect(detector.openIncidents[0]!.kind).toBe("pause");
    expect(detector.openIncidents[0]!.suspects[0]!.kindProbability).toBeCloseTo(0.9, 6);
  });

  test("that explain nothing are ruled out by name, and so is traffic", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(2, { guilt: { [CART]: 0.99, [WEB]: 0.96 } }), { [CART]: 0.9, [WEB]: 0.01 });
    const ruledOut = detector.openIncidents[0]!.ruledOut.map((each) => each.what);
    expect(ruledOut).toContain("traffic");
    expect(ruledOut).toContain("web");
    expect(ruledOut).not.toContain("cart");
  });
});

describe("suspicion", () => {
  test("is told before an incident opens, with the onset of the earliest", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 3, [SURE]);
    expect(detector.openIncidents).toEqual([]);
    expect(detector.isSuspicious).toBe(true);
    expect(detector.suspicionOnsetSeconds).toBe(3 * WINDOW_SECONDS);
    expect(detector.suspicion(CART)).toBeGreaterThan(0.3);
    expect(detector.suspicion(WEB)).toBe(0);
  });

  test("passes from a node that was suspected once and is not visited any more", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, [SURE, ...times(6, { absent: [CART] })]);
    expect(detector.isSuspicious).toBe(false);
  });

  test("has no onset when nothing is suspected", () => {
    expect(new Detector(OPTIONS).suspicionOnsetSeconds).toBeNaN();
  });
});

describe("an incident that goes on and on", () => {
  /** Windows of it after `known` calm ones, until it is resolved; NaN when it is not within an hour. */
  function windowsUntilResolved(known: number): number {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(known));
    const said = feed(detector, known, times(3600 / WINDOW_SECONDS, SURE), { [CART]: 0.9 });
    const opened = said.findIndex((events) => events.some(({ type }) => type === "opened"));
    const resolved = said.findIndex((events) => events.some(({ type }) => type === "resolved"));
    return resolved < 0 ? Number.NaN : resolved - opened;
  }

  test("is held for five minutes by a twin that hardly knows the system", () => {
    expect(windowsUntilResolved(2) * WINDOW_SECONDS).toBeGreaterThan(300);
    expect(windowsUntilResolved(2) * WINDOW_SECONDS).toBeLessThan(300 + 3 * WINDOW_SECONDS);
  });

  test("is held twice as long as the system was known before", () => {
    const known = 600 / WINDOW_SECONDS;
    expect(windowsUntilResolved(known) * WINDOW_SECONDS).toBeGreaterThan(1200);
    expect(windowsUntilResolved(known) * WINDOW_SECONDS).toBeLessThan(1200 + 6 * WINDOW_SECONDS);
    expect(windowsUntilResolved(3600 / WINDOW_SECONDS)).toBeNaN();
  });
});

describe("suspects are ranked", () => {
  test("by how guilty they look and how much of the delay they explain", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(2, { guilt: { [CART]: 0.99, [STOCK]: 0.9 } }), { [CART]: 0, [STOCK]: 0.9 });
    expect(detector.openIncidents[0]?.suspects.map(({ node }) => node)).toEqual(["stock", "cart"]);
  });

  test("without asking what a node that is down explains of the delay: it fails fast", () => {
    const detector = new Detector(OPTIONS);
    const down: Shown = {
      guilt: { [CART]: 0.99, [STOCK]: 0.9 },
      nodes: { [CART]: { ...FELT, missingExcess: 0.9 } },
    };
    feed(detector, 0, times(2, down), { [CART]: 0, [STOCK]: 0.9 });
    expect(detector.openIncidents[0]?.suspects.map(({ node }) => node)).toEqual(["cart", "stock"]);
  });
});

describe("an incident says", () => {
  test("what requests would take without it, when that explains most of the delay", () => {
    const { summary, withoutIt } = withIncident().openIncidents[0]!;
    expect(summary).toContain("without it p95 of GET / would be 220 ms, not 400 ms (it explains 90 %)");
    expect(withoutIt?.worst).toMatchObject({ operation: "GET /", observedP95Seconds: 0.4 });
    expect(withoutIt?.withoutItMeanSeconds).toBeCloseTo(0.11, 9);
    expect(withoutIt).toMatchObject({ observedMeanSeconds: 0.2, predictedMeanSeconds: 0.1 });
  });

  test("that something else is wrong when the best suspect explains too little", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(2, SURE), { [CART]: 0.3 });
    expect(detector.openIncidents[0]?.summary).toContain("it explains only 30 % of the delay: something else is wrong");
  });

  test("nothing of the kind when requests are no slower than predicted", () => {
    const detector = new Detector(OPTIONS);
    const { counterfactuals, diagnose } = explains({});
    const silent = {
      counterfactuals: (nodes: readonly number[]) =>
        counterfactuals(nodes).map((answer) => ({ ...answer, observedMeanSeconds: answer.predictedMeanSeconds })),
      diagnose,
    };
    for (let i = 0; i < 2; i++) detector.decide(shown(i, SURE), silent);
    expect(detector.openIncidents[0]?.summary).not.toMatch(/without it|explains/);
    expect(detector.openIncidents[0]).not.toHaveProperty("withoutIt");
  });
});

test("the same windows give the same incidents, ids included", () => {
  const run = () => {
    const detector = new Detector(OPTIONS);
    return feed(detector, 0, [...times(4, SURE), ...times(5), ...times(3, { rise: 1.5, rateRatio: 2 })], {
      [CART]: 0.8,
    });
  };
  expect(run()).toEqual(run());
  expect(run().flat()[0]!.incident.id).toBe("19700101T000000-cart");
});
