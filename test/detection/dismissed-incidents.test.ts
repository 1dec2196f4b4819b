// Goal: an incident that a person has dismissed bothers nobody, and hides nothing.
// Method: windows of an application with two branches, scored by hand, are fed one by one; incidents are dismissed in between.
import { describe, expect, test } from "vitest";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import { Detector } from "../../src/detection/detector.ts";
import { CART, guilty, INDEX, SEARCH, TWO_BRANCHES } from "./two-branches.ts";
import { feed, OPTIONS, times } from "./windows.ts";

const opened = (said: IncidentEvent[][]) => said.flat().filter(({ type }) => type === "opened");

describe("an incident that is dismissed", () => {
  const id = (detector: Detector) => detector.openIncidents[0]!.id;

  test("is open no more, and others stay as they are", () => {
    const detector = new Detector(OPTIONS);
    const overlapping = [...times(5, guilty(CART)), ...times(6, guilty(CART, INDEX))];
    feed(detector, 0, overlapping, { [CART]: 0.5, [INDEX]: 0.5 });
    const [, index] = detector.openIncidents;
    detector.dismiss(id(detector));
    expect(detector.openIncidents).toEqual([index]);
  });

  test("is under no suspicion, although it goes on", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(4, guilty(INDEX, SEARCH)), { [INDEX]: 0.7 });
    detector.dismiss(id(detector));
    const said = feed(detector, 4, times(10, guilty(INDEX, SEARCH)), { [INDEX]: 0.7 });
    expect(opened(said)).toEqual([]);
    expect([detector.isSuspicious, detector.suspicionOnsetSeconds]).toEqual([false, Number.NaN]);
    expect(detector.openIncidents).toEqual([]);
  });

  test("hides no other fault: of another branch it opens as any, of its own path with proof", () => {
    for (const [node, windows] of [
      [CART, 2],
      [SEARCH, 4],
    ] as const) {
      const detector = new Detector(OPTIONS);
      feed(detector, 0, times(4, guilty(INDEX)), { [INDEX]: 0.5 });
      detector.dismiss(id(detector));
      feed(detector, 4, times(3, guilty(INDEX)), { [INDEX]: 0.5 });
      const said = feed(detector, 7, times(6, guilty(INDEX, node)), { [INDEX]: 0.5, [node]: 0.5 });
      expect(said.findIndex((events) => events.some(({ type }) => type === "opened"))).toBe(windows - 1);
      expect(detector.openIncidents.map(({ guiltyNode }) => guiltyNode)).toEqual([TWO_BRANCHES.nodes[node]!.name]);
    }
  });

  test("is open again when it is admitted again, under its id", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(4, guilty(INDEX)), { [INDEX]: 0.5 });
    const before = id(detector);
    detector.dismiss(before);
    feed(detector, 4, times(3, guilty(INDEX)), { [INDEX]: 0.5 });
    detector.readmit(before);
    expect([id(detector), detector.isSuspicious]).toEqual([before, true]);
  });

  test("by an id that nobody knows changes nothing", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(4, guilty(INDEX)), { [INDEX]: 0.5 });
    const before = detector.openIncidents;
    detector.dismiss("nobody");
    detector.readmit("nobody");
    expect(detector.openIncidents).toEqual(before);
  });
});
