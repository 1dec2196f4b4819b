// Goal: the demo says it went well only when it did, and otherwise why not.
// Method: one good round as a script of events; each reason for failure is that round with one thing wrong.
import { describe, expect, test } from "vitest";
import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import { DemoRound, type RoundReport } from "../../src/pipeline/demo-round.ts";
import { anIncident } from "../store/samples.ts";
import { event } from "./windows.ts";

/** What may differ from a round in which all goes well. Times are seconds since it began. */
interface Script {
  readonly readySeconds?: number | null;
  readonly hasSurge?: boolean;
  readonly hostReasons?: readonly string[];
  readonly hasFault?: boolean;
  readonly traffic?: Partial<Incident> | null;
  readonly faults?: readonly Partial<Incident>[];
}

const SUSPECT = anIncident().suspects[0]!;
const FOUND: Partial<Incident> = {
  id: "found",
  openedSeconds: 130,
  resolvedSeconds: 170,
  state: "resolved",
  suspectsAtOpening: [SUSPECT],
};

function load(atSeconds: number, phase: string, factor: number): TestbedEvent {
  return { event: "load", atSeconds, phase, round: 0, shape: "steady", factor, durationSeconds: 60 };
}

function stats(atSeconds: number, phase: string | null, reasons: readonly string[]): TestbedEvent {
  const validity = {
    isValid: reasons.length === 0,
    reasons,
    bottleneck: "pricing",
    bottleneckUtilization: 0.9,
    hostCpuShare: 0.4,
  };
  return { event: "stats", atSeconds, phase, latencySeconds: null, validity } as unknown as TestbedEvent;
}

function play(script: Script = {}): RoundReport {
  const round = new DemoRound();
  round.takeTestbed(load(0, "calm", 1));
  const ready = script.readySeconds === undefined ? 50 : script.readySeconds;
  if (ready !== null) round.takeReady(ready);
  if (script.hasSurge !== false) {
    round.takeTestbed(load(60, "surge", 2));
    round.takeTestbed(stats(70, null, ["a regular report is not of the surge"]));
    round.takeTestbed(stats(100, "surge", script.hostReasons ?? []));
    round.takeTestbed(load(100, "calm again", 1));
  }
  if (script.traffic !== null) {
    const traffic = {
      id: "t",
      verdict: "traffic" as const,
      openedSeconds: 75,
      suspectsAtOpening: [],
      ...script.traffic,
    };
    round.takeIncident(event("opened", anIncident(traffic)));
  }
  if (script.hasFault !== false) {
    const fault = { service: "pricing", fault: "slow-code" as const, id: 1 };
    round.takeTestbed({ event: "fault-start", atSeconds: 120, durationSeconds: 40, detail: {}, ...fault });
    round.takeTestbed({ event: "fault-end", atSeconds: 160, ...fault });
  }
  for (const fault of script.faults ?? [FOUND]) {
    round.takeIncident(event("opened", anIncident({ ...fault, state: "open", resolvedSeconds: null })));
    if (fault.state === "resolved") round.takeIncident(event("resolved", anIncident(fault)));
  }
  return round.report(200);
}

describe("a round of the demo", () => {
  test("in which the surge was silent and the fault was found, named and resolved is well", () => {
    const report = play();
    expect(report.reasons).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.found).toHaveLength(1);
    expect(report.found[0]).toMatchObject({
      service: "pricing",
      kind: "slow-code",
      openedSeconds: 130,
      resolvedSeconds: 170,
    });
    expect([report.readyAfterSeconds, report.totalSeconds, report.kindIsRight]).toEqual([50, 200, true]);
    expect(report.surge).toMatchObject({ isSilent: true, isShownAsTraffic: true, bottleneckUtilization: 0.9 });
  });

  const failures: readonly (readonly [string, Script])[] = [
    ["the twin never got ready", { readySeconds: null }],
    ["the twin was not ready when the surge began", { readySeconds: 61 }],
    ["there was no surge", { hasSurge: false, traffic: null }],
    ["the run is not valid: the host was busy", { hostReasons: ["the host was busy"] }],
    ["an incident opened before the fault", { faults: [{ ...FOUND, id: "early", openedSeconds: 80 }, FOUND] }],
    ["the surge was not shown as traffic", { traffic: null }],
    ["the surge was not shown as traffic", { traffic: { openedSeconds: 30 } }],
    ["the surge was not shown as traffic", { traffic: { openedSeconds: 110 } }],
    ["the fault at pricing was not found", { faults: [] }],
    ["the fault at pricing was not found", { faults: [{ ...FOUND, openedSeconds: 180, resolvedSeconds: 190 }] }],
    [
      "the fault at pricing was put down to cart",
      { faults: [{ ...FOUND, suspectsAtOpening: [{ ...SUSPECT, node: "cart" }, SUSPECT] }] },
    ],
    ["the fault at pricing was put down to nobody", { faults: [{ ...FOUND, suspectsAtOpening: [] }] }],
    ["2 incidents opened for one fault", { faults: [FOUND, { ...FOUND, id: "again", openedSeconds: 150 }] }],
    [
      "the incident was not resolved when the fault had ended",
      { faults: [{ ...FOUND, state: "open", resolvedSeconds: null }] },
    ],
  ];
  test.each(failures)("fails, and says only: %s", (reason, script) => {
    const report = play(script);
    expect(report.ok).toBe(false);
    expect(report.reasons).toEqual([reason]);
  });

  test("without a fault says so, whatever else was found", () => {
    expect(play({ hasFault: false, faults: [] }).reasons).toEqual(["no fault was injected"]);
  });

  test("takes the guilty node as named when the incident opened, though another may be named later", () => {
    const later = { ...FOUND, guiltyNode: "cart", suspects: [{ ...SUSPECT, node: "cart" }] };
    expect(play({ faults: [later] }).ok).toBe(true);
  });

  test("lets an incident open a little before the announcement: clocks and windows differ", () => {
    expect(play({ faults: [{ ...FOUND, openedSeconds: 115 }] }).ok).toBe(true);
    expect(play({ faults: [{ ...FOUND, openedSeconds: 113 }] }).ok).toBe(false);
  });

  test("with the wrong kind is well, but says the kind was wrong", () => {
    const report = play({ faults: [{ ...FOUND, kind: "cpu" }] });
    expect([report.ok, report.kindIsRight]).toEqual([true, false]);
  });
});
