// Goal: what people say about incidents changes what the line tells and learns from then on, and nothing else.
// Method: real spans through the real line, store and desk; the twin shows a slowdown of the size the test says and notes
// what it is told to learn; the scorer accuses "back" while the test says so.
import { describe, expect, test } from "vitest";
import type { Incident } from "../../src/contracts/incident.ts";
import type { Line } from "../../src/pipeline/line.ts";
import { aTrace } from "../store/samples.ts";
import { DELAY_SECONDS, running, type Trouble } from "./troubled-line.ts";

const WINDOW_SECONDS = 5;
const HOUR = 3600;

const openId = (line: Line): string => line.openIncidents[0]!.id;

describe("not a fault", () => {
  const trouble: Trouble = { from: 1060, to: 1200 };

  test("ends the incident as dismissed, in the store and for who listens, and the line tells no more of it", async () => {
    const { runTo, line, give, kept, told, types, events } = await running([trouble]);
    runTo(1100);
    const id = openId(line);
    const feedback = await give({ type: "not-a-fault", incidentId: id, note: "a backup" });
    expect(feedback).toMatchObject({ node: "back", kind: "slow-code", fromSeconds: 1060, note: "a backup" });
    expect(await kept.incident(id)).toMatchObject({ state: "resolved", feedback: "dismissed" });
    expect((await kept.incident(id))!.resolvedSeconds).toBeCloseTo(1099.3, 6);
    const dismissed = (await kept.incident(id))!;
    expect(told).toEqual([dismissed]);
    runTo(1300);
    expect(types()).toEqual(["opened", "resolved"]);
    expect(events[1]).toEqual({ type: "resolved", atSeconds: 1100, incident: dismissed });
    expect(line.openIncidents).toEqual([]);
    expect((await kept.incident(id))!.feedback).toBe("dismissed");
  });

  test("lets its windows be learned from then on, and those before not", async () => {
    const { runTo, line, give, learned } = await running([trouble]);
    runTo(1100);
    expect(learned(1055, 1100)).toEqual([]);
    await give({ type: "not-a-fault", incidentId: openId(line) });
    runTo(1190);
    expect(learned(1055, 1095)).toEqual([]);
    // What was in quarantine when it was dismissed stays there.
    expect(learned(1110, 1160)).toHaveLength(10);
    const silent = await running([trouble]);
    silent.runTo(1190);
    expect(silent.learned(1110, 1160)).toEqual([]);
  });

  test("keeps the same from opening again for a day, and no longer", async () => {
    const again = { from: 1300, to: 1360 };
    const nextDay = { from: 1100 + 25 * HOUR, to: 1160 + 25 * HOUR };
    const { runTo, skipTo, line, give, types } = await running([trouble, again, nextDay]);
    runTo(1100);
    await give({ type: "not-a-fault", incidentId: openId(line) });
    runTo(1400);
    expect(types()).toEqual(["opened", "resolved"]);
    expect(line.silencedCount).toBe(2);
    skipTo(1050 + 25 * HOUR);
    runTo(1200 + 25 * HOUR);
    expect(types()).toEqual(["opened", "resolved", "opened", "resolved"]);
  });

  test.each([
    { what: "half as strong again", again: { factor: 2.6 }, isTold: true },
    { what: "hardly stronger", again: { factor: 2.4 }, isTold: false },
    { what: "of another kind", again: { kind: "network-delay" }, isTold: true },
    { what: "at another node", again: { node: "front" }, isTold: true },
  ] as const)("of evidence that is $what later: told again is $isTold", async ({ again, isTold }) => {
    const { runTo, line, give, types } = await running([
      { from: 1060, to: 1100 },
      { from: 1300, to: 1340, ...again },
    ]);
    runTo(1085);
    await give({ type: "not-a-fault", incidentId: openId(line) });
    runTo(1400);
    const dismissed = ["opened", "resolved"];
    expect(types()).toEqual(isTold ? [...dismissed, "opened", "resolved"] : dismissed);
  });

  test("is over within the same incident when it grows by half, and that is kept as open again", async () => {
    const { runTo, line, give, events, kept, store } = await running([
      { from: 1060, to: 1120 },
      { from: 1120, to: 1160, factor: 3 },
    ]);
    runTo(1100);
    const id = openId(line);
    const evidence = line.openIncidents[0]!.evidenceTraceIds.map((traceId) => aTrace(traceId));
    for (const trace of evidence) await store.putTrace(trace);
    await give({ type: "not-a-fault", incidentId: id });
    runTo(1140);
    expect(events.map(({ type, incident }) => [type, incident.id])).toEqual([
      ["opened", id],
      ["resolved", id],
      ["opened", id],
    ]);
    expect(evidence.length).toBeGreaterThan(0);
    expect(await Promise.all(evidence.map(({ traceId }) => kept.trace(traceId)))).toEqual(evidence);
    expect(await kept.incident(id)).toMatchObject({ state: "open" });
    expect(openId(line)).toBe(id);
  });

  test("is obeyed by the next process too", async () => {
    const first = await running([trouble]);
    first.runTo(1100);
    await first.give({ type: "not-a-fault", incidentId: openId(first.line) });
    const second = await running([{ from: 1160, to: 1200 }], first.store);
    second.skipTo(1110);
    second.runTo(1250);
    expect(second.types()).toEqual([]);
    expect(second.line.silencedCount).toBe(1);
    const other = await running([{ from: 1160, to: 1200 }]);
    other.skipTo(1110);
    other.runTo(1250);
    expect(other.types()).toEqual(["opened", "resolved"]);
  });
});

describe("was a fault", () => {
  test("puts the label in the place of the verdict, and later windows do not take it back", async () => {
    const { runTo, line, give, kept, events } = await running([{ from: 1060, to: 1120 }]);
    runTo(1100);
    const id = openId(line);
    const found = line.openIncidents[0]!.summary;
    await give({ type: "fault", incidentId: id, kind: "network-loss", service: "front" });
    const label = { guiltyNode: "front", kind: "network-loss", confidence: 1, feedback: "confirmed" };
    expect(await kept.incident(id)).toMatchObject({ ...label, state: "open" });
    expect((await kept.incident(id))!.summary).toContain(found);
    expect(line.openIncidents[0]).toMatchObject(label);
    runTo(1200);
    expect(events.map(({ type }) => type)).toEqual(["opened", "updated", "resolved"]);
    expect(events[1]).toMatchObject({ incident: label });
    expect(events[2]).toMatchObject({ incident: label });
    expect(await kept.incident(id)).toMatchObject({ ...label, state: "resolved" });
  });

  test("said twice is said once: the last label stands, and the summary tells what was found but once", async () => {
    const { runTo, line, give, kept } = await running([{ from: 1060, to: 1100 }]);
    runTo(1200);
    const [{ id }] = (await kept.incidents({ limit: 1 })) as [Incident];
    await give({ type: "fault", incidentId: id, kind: "cpu" });
    await give({ type: "fault", incidentId: id, kind: "pause" });
    const { kind, summary } = (await kept.incident(id))!;
    expect(kind).toBe("pause");
    expect(summary.match(/Confirmed/g)).toHaveLength(1);
    expect(line.openIncidents).toEqual([]);
  });

  test("takes back that it was none: the same alarms again", async () => {
    const { runTo, line, give, types } = await running([
      { from: 1060, to: 1100 },
      { from: 1300, to: 1340 },
    ]);
    runTo(1085);
    const id = openId(line);
    await give({ type: "not-a-fault", incidentId: id });
    runTo(1200);
    await give({ type: "fault", incidentId: id, kind: "slow-code" });
    runTo(1400);
    expect(types()).toEqual(["opened", "resolved", "updated", "opened", "resolved"]);
  });

  test("leaves learning as it was: a confirmed fault is not learned", async () => {
    const { runTo, line, give, learned } = await running([{ from: 1060, to: 1140 }]);
    runTo(1100);
    await give({ type: "fault", incidentId: openId(line), kind: "cpu" });
    runTo(1240);
    expect(learned(1055, 1140)).toEqual([]);
  });
});

describe("the new normal", () => {
  test("ends the incident, lets the twin begin anew at that node from now on, and is not told meanwhile", async () => {
    const { runTo, line, give, twin, kept, types, learned } = await running([{ from: 1060, to: 1190 }]);
    runTo(1100);
    const id = openId(line);
    const { silentUntilSeconds, givenSeconds } = await give({ type: "new-normal", incidentId: id });
    expect(await kept.incident(id)).toMatchObject({ state: "resolved", feedback: "new-normal" });
    const back = line.topology!.nodes.find(({ name }) => name === "back")!.index;
    expect(twin.accepted).toEqual([{ node: back, atSeconds: givenSeconds }]);
    // The delay, and three times the nine learning windows.
    expect(silentUntilSeconds! - givenSeconds).toBe(DELAY_SECONDS + 3 * 9 * WINDOW_SECONDS);
    runTo(1190);
    expect(types()).toEqual(["opened", "resolved"]);
    expect(learned(1110, 1160)).toHaveLength(10);
  });

  test("that cannot be learned in time alarms again, whatever the kind", async () => {
    const { runTo, line, give, types } = await running([{ from: 1060, to: 1400 }]);
    runTo(1100);
    await give({ type: "new-normal", incidentId: openId(line) });
    runTo(1240);
    expect(types()).toEqual(["opened", "resolved"]);
    runTo(1300);
    expect(types()).toEqual(["opened", "resolved", "opened"]);
  });

  test("is refused of an incident that is over, and changes nothing", async () => {
    const { runTo, give, kept, twin, desk } = await running([{ from: 1060, to: 1100 }]);
    runTo(1200);
    const [incident] = (await kept.incidents({ limit: 1 })) as [Incident];
    await expect(give({ type: "new-normal", incidentId: incident.id })).rejects.toThrow(/is over/);
    expect(await kept.incidents({ limit: 1 })).toEqual([incident]);
    expect([twin.accepted, await desk.list(10)]).toEqual([[], []]);
  });
});

describe("an ignored range", () => {
  test("neither alarms nor teaches; before and after it the line is as ever", async () => {
    const { runTo, give, types, learned, line } = await running([
      { from: 1060, to: 1120 },
      { from: 1200, to: 1240 },
    ]);
    runTo(1055);
    await give({ type: "ignore", fromSeconds: 1050, toSeconds: 1150 });
    runTo(1320);
    expect(types()).toEqual(["opened", "resolved"]);
    expect(line.openIncidents).toEqual([]);
    expect(learned(1050, 1150)).toEqual([]);
    expect(learned(1010, 1050)).toHaveLength(8);
    expect(learned(1150, 1190)).toHaveLength(8);
  });

  test("in the past takes back windows that still wait to be learned", async () => {
    const { runTo, give, learned } = await running([]);
    runTo(1100);
    await give({ type: "ignore", fromSeconds: 1085, toSeconds: 1095 });
    runTo(1200);
    expect(learned(1070, 1110)).toEqual([1070, 1075, 1080, 1095, 1100, 1105]);
  });

  test.each([
    { service: "back", isTold: false },
    { service: "front", isTold: true },
  ])("at $service, of a fault at back: told is $isTold; nobody learns from it", async ({ service, isTold }) => {
    const { runTo, give, types, learned } = await running([{ from: 1060, to: 1100 }]);
    runTo(1055);
    await give({ type: "ignore", fromSeconds: 1050, toSeconds: 1150, service });
    runTo(1250);
    expect(types()).toEqual(isTold ? ["opened", "resolved"] : []);
    expect(learned(1050, 1150)).toEqual([]);
  });

  test("at a service that is none is refused with those that are; an empty range is refused", async () => {
    const { runTo, give } = await running([]);
    runTo(1055);
    const range = { type: "ignore", fromSeconds: 1050, toSeconds: 1150 } as const;
    await expect(give({ ...range, service: "bakc" })).rejects.toThrow(
      'service: "bakc" is no service of this system: it has back, front',
    );
    await expect(give({ ...range, toSeconds: 1050 })).rejects.toThrow(
      "toSeconds: 1050 must be after fromSeconds, 1050",
    );
  });
});

test("a traffic verdict is no alarm: it can be called a fault, and nothing else", async () => {
  const { runTo, give, kept, store } = await running([]);
  runTo(1100);
  const traffic = { id: "t", verdict: "traffic", kind: "traffic", guiltyNode: "", state: "resolved" } as const;
  await store.putIncident({ ...(await anyIncident()), ...traffic });
  await expect(give({ type: "not-a-fault", incidentId: "t" })).rejects.toThrow(/no alarm/);
  await expect(give({ type: "fault", incidentId: "t", kind: "cpu" })).rejects.toThrow(/^service: null is missing/);
  await give({ type: "fault", incidentId: "t", kind: "cpu", service: "back" });
  expect(await kept.incident("t")).toMatchObject({ verdict: "fault", guiltyNode: "back", kind: "cpu" });
});

async function anyIncident(): Promise<Incident> {
  const { runTo, line } = await running([{ from: 1060, to: 1100 }]);
  runTo(1085);
  return line.openIncidents[0]!;
}
