// Goal: a wrong schedule is refused before anything starts, naming key, value and rule; the shipped ones say what they promise.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFault, possibleTargets } from "../../datasets/testbed/faults.ts";
import { isBaseLoad } from "../../datasets/testbed/load-shape.ts";
import { parseSchedule, type Schedule } from "../../datasets/testbed/schedule.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import { SettingsError } from "../../src/contracts/errors.ts";
import { FAULT_KINDS } from "../../src/contracts/score.ts";

function complaint(act: () => unknown): SettingsError {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function shipped(name: string): Schedule {
  return parseSchedule(
    readFileSync(new URL(`../../datasets/testbed/schedules/${name}.yaml`, import.meta.url), "utf8"),
    SHOP,
  );
}

describe("a wrong schedule", () => {
  test.each([
    ["phases: []", "phases"],
    ["phases: [{ durationSeconds: -1 }]", "phases[0].durationSeconds"],
    ["phases: [{ durationSeconds: 5 }, { durationSeconds: soon }]", "phases[1].durationSeconds"],
    ["phases: [{ durationSeconds: 5, colour: red }]", "phases[0].colour"],
    ["phases: [{ durationSeconds: 5, load: { shape: square } }]", "phases[0].load.shape"],
    ["phases: [{ durationSeconds: 5, load: { shape: toString } }]", "phases[0].load.shape"],
    ["phases: [{ durationSeconds: 5, load: { shape: surge, factor: 99 } }]", "phases[0].load.factor"],
    ["phases: [{ durationSeconds: 5, load: { shape: ramp, factor: 2 } }]", "phases[0].load.factor"],
    ["phases: [{ durationSeconds: 5, fault: { kind: gremlins, service: cart } }]", "phases[0].fault.fault"],
    ["phases: [{ durationSeconds: 5, fault: { kind: slow-code, service: moon } }]", "phases[0].fault.service"],
    ["phases: [{ durationSeconds: 5, fault: { kind: slow-code, service: cart, duty: 1 } }]", "phases[0].fault.duty"],
    [
      "phases: [{ durationSeconds: 5, faultAfterSeconds: 5, fault: { kind: slow-code, service: cart } }]",
      "phases[0].faultAfterSeconds",
    ],
    ["settleSeconds: never\nphases: [{ durationSeconds: 5 }]", "settleSeconds"],
    ["repeat: perhaps\nphases: [{ durationSeconds: 5 }]", "repeat"],
    ["phases: [", "schedule"],
    ["just text", "schedule"],
  ])("%s is refused at %s", (text, key) => {
    const error = complaint(() => parseSchedule(text, SHOP));
    expect(error.key).toBe(key);
    expect(error.message).not.toContain("\n");
  });
});

describe("faults", () => {
  test.each(FAULT_KINDS)("%s can be put on each of its targets with its defaults", (kind) => {
    const targets = possibleTargets(kind, SHOP);
    expect(targets.length).toBeGreaterThan(0);
    for (const service of targets) expect(parseFault({ kind, service }, SHOP)).toMatchObject({ kind, service });
  });

  test("an edge into the entry service, a replica there is not and a pool there is not are refused", () => {
    expect(complaint(() => parseFault({ kind: "network-delay", service: "frontend" }, SHOP)).key).toBe("fault.service");
    expect(complaint(() => parseFault({ kind: "bad-replica", service: "catalog", replica: 3 }, SHOP)).key).toBe(
      "fault.replica",
    );
    expect(complaint(() => parseFault({ kind: "capacity", service: "pricing", target: "db-pool" }, SHOP)).key).toBe(
      "fault.target",
    );
    expect(
      complaint(() => parseFault({ kind: "pause", service: "cart", pauseSeconds: 3, everySeconds: 2 }, SHOP)).key,
    ).toBe("fault.pauseSeconds");
    expect(complaint(() => parseFault({ kind: "capacity", service: "cart", slots: 1.5 }, SHOP)).key).toBe(
      "fault.slots",
    );
  });
});

describe("the shipped schedules", () => {
  const lengthSeconds = (schedule: Schedule) => schedule.phases.reduce((sum, phase) => sum + phase.durationSeconds, 0);
  const kinds = (schedule: Schedule) =>
    schedule.phases.flatMap((phase) => (phase.fault === null ? [] : [phase.fault.kind]));

  test("campaign has every kind twice, and loads of every shape", () => {
    const campaign = shipped("campaign");
    for (const kind of FAULT_KINDS)
      expect(
        kinds(campaign).filter((other) => other === kind),
        kind,
      ).toHaveLength(2);
    expect(new Set(campaign.phases.map((phase) => phase.load.shape))).toEqual(
      new Set(["poisson", "surge", "ramp", "burst", "daily"]),
    );
    expect(lengthSeconds(campaign)).toBeGreaterThan(20 * 60);
  });

  test("sample is four to six minutes, so that it can be committed, with a surge and at least four kinds of fault", () => {
    const sample = shipped("sample");
    expect(lengthSeconds(sample)).toBeGreaterThanOrEqual(240);
    expect(lengthSeconds(sample)).toBeLessThanOrEqual(360);
    expect(new Set(kinds(sample)).size).toBeGreaterThanOrEqual(4);
    expect(sample.phases.some((phase) => phase.load.shape === "surge")).toBe(true);
  });

  test.each(["campaign", "sample", "demo"])(
    "%s never mixes an unusual load with a fault and leaves at least 24 s after every fault",
    (name) => {
      const { phases } = shipped(name);
      for (const [index, phase] of phases.entries()) {
        if (phase.fault === null) continue;
        expect(isBaseLoad(phase.load), phase.name).toBe(true);
        expect(phases[index + 1]?.fault ?? null, phase.name).toBeNull();
        expect(phases[index + 1]?.durationSeconds ?? 0, phase.name).toBeGreaterThanOrEqual(24);
      }
    },
  );
});
