// Goal: no window of an incident is learned: not those before the alarm, not those after it until its backlog is gone.
// Method: a scorer that grows suspicious slowly accuses a node in a line whose twin notes what it is told to learn.
import { describe, expect, test } from "vitest";
import type { Forecast } from "../../src/contracts/forecast.ts";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import { FAULT_KINDS, type Scorer } from "../../src/contracts/score.ts";
import type { Settings } from "../../src/contracts/settings.ts";
import { countLearning } from "../../src/pipeline/learning-metrics.ts";
import { Line } from "../../src/pipeline/line.ts";
import { createOwnMetrics } from "../../src/self/own-metrics.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { FELT } from "../detection/windows.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

const WINDOW_SECONDS = 5;
const SETTLE_SECONDS = 2 * WINDOW_SECONDS;
/** Evidence of 1.1 a window: it takes five of them to open an incident. */
const SUSPICION = 0.75;
const FAULT = { from: 1060, to: 1120 };

/** Sees a felt slowdown at every node, so that only the scorer decides. */
class FeltTwin extends NotingTwin {
  override forecast(observation: Forecast["observation"]): Forecast {
    const forecast = super.forecast(observation);
    return { ...forecast, nodes: forecast.nodes.map((node) => ({ ...node, ...FELT })) };
  }
}

const slowAccuser: Scorer = {
  name: "slow",
  score(forecast) {
    const { startSeconds, topology } = forecast.observation;
    const isGuilty = startSeconds >= FAULT.from && startSeconds < FAULT.to;
    const nodes = forecast.nodes.map(({ node }) => ({
      node,
      probability: isGuilty && topology.nodes[node]!.name === "back" ? SUSPICION : 0.01,
      kindProbabilities: FAULT_KINDS.map((_, k) => (k === 0 ? 1 : 0)),
      pValue: null,
      residualZ: 0,
    }));
    return { forecast, scorer: "slow", nodes };
  },
};

function run(changes: Partial<Settings>): { learned: number[]; incidents: IncidentEvent[]; line: Line } {
  const twin = new FeltTwin(4);
  const line = new Line({ settings: settings(changes), twin, scorer: slowAccuser, ledger: new CountingLedger() });
  const incidents: IncidentEvent[] = [];
  line.onWindow(({ events }) => incidents.push(...events));
  line.take(requests(0, 400));
  line.finish();
  return { learned: twin.learned, incidents, line };
}

describe("an incident whose onset lies before its alarm", () => {
  const { learned, incidents, line } = run({ learningDelaySeconds: 60 });
  const opened = incidents.find(({ type }) => type === "opened")!;
  const resolved = incidents.find(({ type }) => type === "resolved")!;

  test("has its onset where the fault began, and its alarm several windows later", () => {
    expect(opened.incident.onsetSeconds).toBe(FAULT.from);
    expect(opened.atSeconds - opened.incident.onsetSeconds).toBeGreaterThan(3 * WINDOW_SECONDS);
    expect(incidents.filter(({ type }) => type === "opened")).toHaveLength(1);
  });

  test("leaves no window learned from one before the onset until it is over and settled", () => {
    const from = opened.incident.onsetSeconds - WINDOW_SECONDS;
    const to = resolved.incident.resolvedSeconds! + SETTLE_SECONDS;
    // A window that ends after `from` holds a part of what may already be wrong.
    expect(learned.filter((start) => start + WINDOW_SECONDS > from && start < to)).toEqual([]);
    expect(line.gate.lateCount).toBe(0);
  });

  test("costs no more than that: all windows before and after are learned", () => {
    // It is told to be over at the end of a calm window, the first of the two that settle.
    const settled = resolved.atSeconds - WINDOW_SECONDS + SETTLE_SECONDS;
    const isTouched = (start: number): boolean => start >= 1055 && start < settled;
    const all = Array.from({ length: 80 }, (_, k) => 1000 + k * WINDOW_SECONDS);
    const due = all.filter((start) => start >= 1010 && start <= 1400 - 60 - WINDOW_SECONDS);
    expect(learned).toEqual(due.filter((start) => !isTouched(start)));
  });
});

test("what was kept from being learned, and what is remembered, are numbers of the process", () => {
  const exclude = [{ fromSeconds: 1200, toSeconds: 1240 }];
  const { line } = run({ learningDelaySeconds: 0, exclude });
  const metrics = createOwnMetrics();
  countLearning(metrics.counters, line);
  const text = metrics.text();
  metrics.stop();
  expect(text).toContain(`spantwin_windows_dropped_total ${line.gate.droppedCount}\n`);
  expect(text).toContain("spantwin_windows_excluded_total 8\n");
  expect(text).toContain(`spantwin_windows_learned_early_total ${line.gate.lateCount}\n`);
  expect(text).toContain("spantwin_incidents_silenced_total 0\n");
  expect(text).toContain("spantwin_incidents_crowded_out_total 0\n");
  expect(text).toContain("spantwin_intentional_waits 0\n");
  expect(text).toContain("spantwin_twin_visits 7\n");
  expect(text).toContain("spantwin_twin_refused_samples_total 3\n");
});

test("with a delay shorter than the alarm takes, the windows learned too early are counted", () => {
  const { line } = run({ learningDelaySeconds: 0 });
  expect(line.gate.lateCount).toBeGreaterThan(0);
});

test("an excluded range is judged but not learned from", () => {
  const exclude = [{ fromSeconds: 1200, toSeconds: 1240 }];
  const { learned, incidents, line } = run({ learningDelaySeconds: 0, exclude });
  expect(learned.filter((start) => start >= 1200 && start < 1240)).toEqual([]);
  expect(learned).toContain(1195);
  expect(learned).toContain(1240);
  expect(line.gate.excludedCount).toBe(8);
  expect(incidents.map(({ type }) => type)).toContain("opened");
});
