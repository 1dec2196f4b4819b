// Goal: feedback does with the twin and scorer that are shipped what it does by hand: a dismissed slowdown stays silent, and
// a new normal is learned, so that in the end nothing is wrong any more and a fault on top of it still alarms.
// Method: a chain of three synthetic services; the one in the middle becomes 2.5 times slower for good, and at last twice as
// slow again.
import { beforeAll, expect, test } from "vitest";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import { EPOCH_SECONDS } from "../../datasets/synthetic/span-batches.ts";
import type { NodeForecast } from "../../src/contracts/forecast.ts";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { FeedbackDesk } from "../../src/pipeline/feedback-desk.ts";
import { Keeper } from "../../src/pipeline/keeper.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { createLine } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { chain, EXPONENTIAL } from "../datasets/synthetic-applications.ts";
import { settings } from "./windows.ts";

const SLOWER = 2.5;
const WORSE = 2;
const SLOWER_AT = 150;
const WORSE_AT = 480;
const END = 540;
const MIDDLE = "service-1";
const batches: TelemetryBatch[] = [];

beforeAll(() => {
  const station = { discipline: "fifo", workerCount: 16 } as const;
  const work = (meanSeconds: number) => ({ ...EXPONENTIAL, meanSeconds });
  const application = chain([
    { station, work: work(0.02) },
    { station, work: work(0.02) },
    { station, work: work(0.02) },
  ]);
  const slow = { service: 1, kind: "slow-code" } as const;
  const requests = drawRequests(application, [steady(30, END)], 5);
  recordApplication(application, requests, {
    seed: 5,
    take: (batch) => batches.push(batch),
    faults: [
      { ...slow, size: SLOWER, fromSeconds: SLOWER_AT, untilSeconds: 2 * END },
      { ...slow, size: SLOWER * WORSE, fromSeconds: WORSE_AT, untilSeconds: 2 * END },
    ],
  });
});

interface Told {
  readonly atSeconds: number;
  readonly event: IncidentEvent;
}

/** Runs all through a fresh line; says something of the first incident twenty seconds after it was told. */
async function run(type: "not-a-fault" | "new-normal") {
  const all = settings({ replicates: 4 });
  const { scorer } = await loadScorer(all);
  const line = createLine(all, scorer, new CountingLedger());
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const writer = new StoreWriter({ store, onError: (error) => expect.fail(String(error)) });
  new Keeper({ line, writer, retentionHours: 24 });
  const results = new KeptResults(store, writer);
  const desk = await FeedbackDesk.open({ line, store, results, writer, settings: all, tell: () => undefined });
  let given: Promise<unknown> | null = null;
  const told: Told[] = [];
  const before: NodeForecast[] = [];
  line.onWindow(({ scored, events }) => {
    const { nodes, observation } = scored.forecast;
    const atSeconds = observation.endSeconds - EPOCH_SECONDS;
    told.push(...events.map((event) => ({ atSeconds, event })));
    const [first] = told;
    if (first !== undefined && given === null && atSeconds >= first.atSeconds + 20) {
      given = desk.give({ type, incidentId: first.event.incident.id });
    }
    if (atSeconds > WORSE_AT - 60 && atSeconds <= WORSE_AT) {
      before.push(nodes.find(({ node }) => observation.topology.nodes[node]!.name === MIDDLE)!);
    }
  });
  for (const batch of batches) {
    line.take(batch);
    await given;
  }
  line.finish();
  return { told, before };
}

/** Faults that were told as opened. */
function opened(told: readonly Told[]): { readonly atSeconds: number; readonly node: string }[] {
  return told
    .filter(({ event }) => event.type === "opened" && event.incident.verdict === "fault")
    .map(({ atSeconds, event }) => ({ atSeconds, node: event.incident.guiltyNode }));
}

/** Observed over expected mean work, over all the windows. */
function ratioOf(forecasts: readonly NodeForecast[]): number {
  const sum = (of: "observedMeanSeconds" | "expectedMeanSeconds") =>
    forecasts.reduce((total, { service }) => total + service!.sampleCount * service![of], 0);
  return sum("observedMeanSeconds") / sum("expectedMeanSeconds");
}

test("a slowdown that is no fault is told once, and learned like anything else from then on", async () => {
  const { told, before } = await run("not-a-fault");
  const [first, ...others] = opened(told).filter(({ atSeconds }) => atSeconds <= WORSE_AT);
  expect(first!.node).toBe(MIDDLE);
  expect(first!.atSeconds).toBeGreaterThan(SLOWER_AT);
  expect(first!.atSeconds).toBeLessThan(SLOWER_AT + 60);
  expect(others).toEqual([]);
  expect(ratioOf(before)).toBeLessThan(1.3);
}, 60_000);

test("a slowdown that is the new normal is told once, learned, and a fault on top of it is told", async () => {
  const { told, before } = await run("new-normal");
  const [first, second, ...others] = opened(told);
  expect([first!.node, second!.node]).toEqual([MIDDLE, MIDDLE]);
  expect(first!.atSeconds).toBeLessThan(SLOWER_AT + 60);
  expect(second!.atSeconds).toBeGreaterThan(WORSE_AT);
  expect(second!.atSeconds).toBeLessThan(WORSE_AT + 60);
  expect(others).toEqual([]);
  expect(ratioOf(before)).toBeGreaterThan(0.85);
  expect(ratioOf(before)).toBeLessThan(1.15);
}, 60_000);
