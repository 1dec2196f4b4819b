// Goal: one incident per root. A fault that spreads gives one, two faults that have nothing to do with each other give two,
// each with its own root, onset and end; whatever happens, the story that is told makes sense.
// Method: windows of an application with two branches, scored by hand or at random, are fed one by one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import { Detector } from "../../src/detection/detector.ts";
import { WINDOW_SECONDS } from "../models/baselines/fixtures.ts";
import { CART, guilty, INDEX, MAIL, SEARCH, STOCK, TWO_BRANCHES, WEB } from "./two-branches.ts";
import { explains, FELT, feed, OPTIONS, type Shown, shown, times } from "./windows.ts";

const CALM: Shown = { topology: TWO_BRANCHES };
/** cart for eleven windows; index from the fifth to the fifteenth. */
const OVERLAPPING = [...times(5, guilty(CART)), ...times(6, guilty(CART, INDEX)), ...times(4, guilty(INDEX))];
const HALF_EACH = { [CART]: 0.5, [INDEX]: 0.5 };

const opened = (said: IncidentEvent[][]) => said.flat().filter(({ type }) => type === "opened");
const roots = (detector: Detector) => detector.openIncidents.map(({ guiltyNode }) => guiltyNode);

describe("two faults in branches that have nothing in common", () => {
  test("are two incidents, each with its own root, onset and end", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 0, [...OVERLAPPING, ...times(5, CALM)], HALF_EACH).flat();
    const resolved = said.filter(({ type }) => type === "resolved").map(({ incident }) => incident);
    expect(resolved.map(({ guiltyNode }) => guiltyNode)).toEqual(["cart", "index"]);
    expect(resolved.map(({ onsetSeconds }) => onsetSeconds)).toEqual([0, 5 * WINDOW_SECONDS]);
    expect(resolved.map(({ resolvedSeconds }) => resolvedSeconds)).toEqual([12 * WINDOW_SECONDS, 16 * WINDOW_SECONDS]);
    expect(detector.isSuspicious).toBe(false);
  });

  test("are two, later, when they began at the same time", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(detector, 0, times(8, guilty(CART, INDEX)), HALF_EACH);
    expect(said.map((events) => events.filter(({ type }) => type === "opened").length)).toEqual([
      0, 1, 0, 0, 0, 1, 0, 0,
    ]);
    expect(roots(detector).toSorted()).toEqual(["cart", "index"]);
  });

  test("do not name each other as suspects once both are open", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, OVERLAPPING.slice(0, 11), HALF_EACH);
    const suspects = detector.openIncidents.map((each) => each.suspects.map(({ node }) => node));
    expect(suspects).toEqual([["cart"], ["index"]]);
  });

  test("are one while the second explains too little of what the first leaves, until it is certain all the same", () => {
    const longer = [...OVERLAPPING.slice(0, 11), ...times(9, guilty(CART, INDEX))];
    for (const [share, windows] of [
      [0.25, 13],
      [0.05, 0],
    ] as const) {
      const detector = new Detector(OPTIONS);
      const said = feed(detector, 0, longer, { [CART]: 0.5, [INDEX]: share });
      // Eight windows from the fifth on; with under a tenth of the delay, never.
      expect(said.findIndex((events) => events.some(({ incident }) => incident.guiltyNode === "index")) + 1).toBe(
        windows,
      );
    }
  });

  test("of which the second is only likely are one, however long", () => {
    const detector = new Detector(OPTIONS);
    const likely: Shown = { ...guilty(CART, INDEX), guilt: { [CART]: 0.97, [INDEX]: 0.8 } };
    const said = feed(detector, 0, [...times(5, guilty(CART)), ...times(14, likely)], { [CART]: 0.5, [INDEX]: 0.25 });
    expect(opened(said)).toHaveLength(1);
  });

  test("are one while the second looks guilty in a window now and then only", () => {
    const detector = new Detector(OPTIONS);
    const now = Array.from({ length: 18 }, (_, k) => (k % 3 === 0 ? guilty(CART, INDEX) : guilty(CART)));
    const said = feed(detector, 0, [...times(3, guilty(CART)), ...now], HALF_EACH);
    expect(opened(said)).toHaveLength(1);
  });

  test("are two, not three, when the second spreads to its caller: that is part of it", () => {
    const detector = new Detector(OPTIONS);
    const shares = { [CART]: 0.4, [INDEX]: 0.5, [SEARCH]: 0.4 };
    const said = feed(detector, 0, [...times(5, guilty(CART)), ...times(9, guilty(CART, INDEX, SEARCH))], shares);
    expect(opened(said).map(({ incident }) => incident.guiltyNode)).toEqual(["cart", "index"]);
    expect(detector.openIncidents[1]!.suspects.map(({ node }) => node)).toEqual(["index", "search"]);
  });

  test("are two when the second is down, or keeps nobody waiting, although it explains no delay", () => {
    const detector = new Detector(OPTIONS);
    const down: Shown = { ...guilty(CART, INDEX), nodes: { [INDEX]: { ...FELT, missingExcess: 0.9 } } };
    feed(detector, 0, [...times(3, guilty(CART)), ...times(6, down)], { [CART]: 1 });
    expect(roots(detector)).toEqual(["cart", "index"]);
    const other = new Detector(OPTIONS);
    feed(other, 0, [...times(3, guilty(CART)), ...times(6, guilty(CART, MAIL))], { [CART]: 1 });
    expect(roots(other)).toEqual(["cart", "mail"]);
  });
});

describe("one fault that spreads", () => {
  test("to its callers is one incident, however guilty they look and whatever they explain", () => {
    const detector = new Detector(OPTIONS);
    const spreading = [...times(3, guilty(INDEX)), ...times(12, guilty(INDEX, SEARCH, WEB))];
    const said = feed(detector, 0, spreading, { [INDEX]: 0.4, [SEARCH]: 0.3, [WEB]: 0.3 });
    expect(opened(said).map(({ incident }) => incident.guiltyNode)).toEqual(["index"]);
    expect(detector.openIncidents[0]!.suspects.map(({ node }) => node)).toEqual(["index", "search", "web"]);
  });

  test("to callees that get more calls from it is one incident; to one that gets no more, two", () => {
    for (const [arrivalResidual, count] of [
      [0.4, 1],
      [0, 2],
    ] as const) {
      const detector = new Detector(OPTIONS);
      const spread: Shown = { ...guilty(CART, STOCK), nodes: { [STOCK]: { ...FELT, arrivalResidual } } };
      const said = feed(detector, 0, [...times(4, guilty(CART)), ...times(8, spread)], { [CART]: 0.5, [STOCK]: 0.5 });
      expect(opened(said)).toHaveLength(count);
    }
  });

  test("keeps its root in a window in which nobody visits that, whoever looks guilty instead", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(4, guilty(INDEX, SEARCH)), { [INDEX]: 0.6, [SEARCH]: 0.4 });
    feed(detector, 4, times(2, { ...guilty(SEARCH), absent: [INDEX] }), { [SEARCH]: 1 });
    expect(roots(detector)).toEqual(["index"]);
  });

  test("does not end while what began with it goes on, and ends although a caller's backlog goes on", () => {
    for (const [caller, ends] of [
      [times(3, guilty(INDEX, SEARCH)), false],
      [[...times(5, guilty(INDEX)), ...times(3, guilty(INDEX, SEARCH))], true],
    ] as const) {
      const detector = new Detector(OPTIONS);
      const said = feed(detector, 0, [...caller, ...times(3, guilty(SEARCH))], { [INDEX]: 0.7, [SEARCH]: 0.3 });
      expect(said.flat().some(({ type }) => type === "resolved")).toBe(ends);
      expect(opened(said)).toHaveLength(1);
    }
  });
});

describe("what comes after the root went calm", () => {
  test("leaves the ranking as it was, even when the incident is still open", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(5, guilty(INDEX)), { [INDEX]: 0.6 });
    const before = detector.openIncidents[0]!;
    const said = feed(detector, 5, [guilty(WEB), guilty(WEB)], { [WEB]: 1 });
    expect(said.flat()).toEqual([]);
    expect(detector.openIncidents).toEqual([before]);
  });

  test("is the next fault's: it opens by itself, with its own onset, while the first is still open or just ended", () => {
    const detector = new Detector(OPTIONS);
    const said = feed(
      detector,
      0,
      [...times(5, guilty(INDEX)), ...times(2, CALM), ...times(4, guilty(CART))],
      HALF_EACH,
    );
    const told = said.flat().map(({ type, incident }) => [type, incident.guiltyNode]);
    expect(told).toEqual([
      ["opened", "index"],
      ["resolved", "index"],
      ["opened", "cart"],
    ]);
    expect(detector.openIncidents[0]!.onsetSeconds).toBe(7 * WINDOW_SECONDS);
  });

  test("a suspect of one window at the end is not named for it", () => {
    const detector = new Detector(OPTIONS);
    const shares = { [INDEX]: 0.1, [WEB]: 0.9 };
    feed(detector, 0, [...times(6, guilty(INDEX)), guilty(INDEX, WEB)], shares);
    expect(roots(detector)).toEqual(["index"]);
  });
});

test("more than five at a time are counted and not told one by one", () => {
  const names = ["web", "a", "b", "c", "d", "e", "f", "g"];
  const star = {
    ...TWO_BRANCHES,
    nodes: names.map((name, index) => ({ index, name, kind: "service" as const })),
    operations: names.map((name, index) => ({ index, name, node: index, isEntry: index === WEB })),
    edges: names.slice(1).map((_, k) => ({ index: k, callerOperation: WEB, calleeOperation: k + 1, isAsync: true })),
  };
  const all = Object.fromEntries(names.slice(1).map((_, k) => [k + 1, 0.97]));
  const detector = new Detector(OPTIONS);
  const said = feed(detector, 0, times(14, { topology: star, guilt: all }));
  expect(opened(said)).toHaveLength(5);
  expect(detector.openIncidents).toHaveLength(5);
  expect(detector.crowdedOutCount).toBe(2);
});

describe("whatever happens", () => {
  const window = fc.record({
    guilt: fc.dictionary(fc.constantFrom("0", "1", "2", "3", "4", "5"), fc.constantFrom(0.6, 0.9, 0.99)),
    shares: fc.dictionary(fc.constantFrom("0", "1", "2", "3", "4", "5"), fc.double({ min: 0, max: 1, noNaN: true })),
    isDismissed: fc.boolean(),
    /** Windows it lasts. */
    length: fc.integer({ min: 1, max: 8 }),
  });
  type Window = typeof window extends fc.Arbitrary<infer W> ? W : never;
  const story = fc.array(window, { maxLength: 25 });

  function play(steps: readonly Window[], look: (detector: Detector) => void = () => {}): IncidentEvent[][] {
    const detector = new Detector(OPTIONS);
    const said: IncidentEvent[][] = [];
    for (const { guilt, shares, isDismissed, length } of steps) {
      for (let k = 0; k < length; k++) {
        said.push(detector.decide(shown(said.length, { topology: TWO_BRANCHES, guilt }), explains(shares)));
        look(detector);
      }
      const first = detector.openIncidents[0];
      if (isDismissed && first !== undefined) detector.dismiss(first.id);
    }
    return said;
  }

  test("no two open incidents have the same root or the same id", () => {
    fc.assert(
      fc.property(story, (steps) => {
        play(steps, (detector) => {
          const names = roots(detector);
          expect(names).toEqual([...new Set(names)]);
          const ids = detector.openIncidents.map(({ id }) => id);
          expect(ids).toEqual([...new Set(ids)]);
        });
      }),
    );
  });

  test("each incident is opened once, resolved once for every time it is open, and told of only while it is", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const calm = { guilt: {}, shares: {}, isDismissed: false, length: 40 };
        const open = new Set<string>();
        const known = new Set<string>();
        for (const { type, incident } of play([...steps, calm]).flat()) {
          const { id } = incident;
          // A minute after its end it may go on: then it is updated, and open again.
          expect(known.has(id)).toBe(type !== "opened");
          if (type === "resolved") expect(open.delete(id)).toBe(true);
          else open.add(id);
          expect(incident.state).toBe(type === "resolved" ? "resolved" : "open");
          known.add(id);
        }
        expect([...open]).toEqual([]);
      }),
    );
  });

  test("they open in the order of time, each after its onset, and end after they opened", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const said = play(steps).flat();
        const times = said.map(({ atSeconds }) => atSeconds);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const { incident } of said) {
          const { onsetSeconds, openedSeconds, resolvedSeconds } = incident;
          expect(onsetSeconds).toBeLessThan(openedSeconds);
          expect(resolvedSeconds ?? openedSeconds).toBeGreaterThanOrEqual(openedSeconds);
        }
      }),
    );
  });

  test("a replay tells the same", () => {
    const replayed = fc.property(story, (steps) => {
      expect(play(steps)).toEqual(play(steps));
    });
    fc.assert(replayed, { numRuns: 30 });
  });
});
