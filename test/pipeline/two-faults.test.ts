// Goal: two faults that overlap in unrelated parts of an application are two incidents, rightly named, with their own onsets
// and ends, and each of the two alone is one. What a person dismisses hides nothing else.
// Method: a synthetic application with two branches below one entry, through the twin and the scorer that are shipped.
import { describe, expect, test } from "vitest";
import type { Application, Operation, Service } from "../../datasets/synthetic/application.ts";
import type { SyntheticFault } from "../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import { EPOCH_SECONDS } from "../../datasets/synthetic/span-batches.ts";
import type { Incident, IncidentEvent } from "../../src/contracts/incident.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { FeedbackDesk } from "../../src/pipeline/feedback-desk.ts";
import { Keeper } from "../../src/pipeline/keeper.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { LiveView } from "../../src/pipeline/live-view.ts";
import { createLine } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { settings } from "./windows.ts";

const NAMES = ["web", "cart", "stock", "search", "index"];
/** web asks cart (and that stock), then search (and that index). */
const CALLEES = [[1, 3], [2], [], [4], []];
const STOCK = 2;
const INDEX = 4;

function twoBranches(): Application {
  const services = NAMES.map(
    (name): Service => ({
      name,
      isLeaf: false,
      station: { discipline: "fifo", workerCount: 16 },
      replicaCount: 1,
      balancing: "random",
      autocorrelation: 0,
      pause: null,
    }),
  );
  const operations = NAMES.map((name, service): Operation => {
    const groups = CALLEES[service]!.map((callee) => [callee]);
    const workShares = [...groups, []].map(() => 1 / (groups.length + 1));
    return {
      name: `GET /${name}`,
      service,
      work: { shape: "gamma", meanSeconds: 0.02, cv: 1 },
      gap: { shape: "gamma", meanSeconds: 0.001, cv: 0.3 },
      programs: [{ probability: 1, groups, workShares, workFactor: 1 }],
    };
  });
  return { services, operations, entries: [{ operation: 0, share: 1 }] };
}

const SLOW_STOCK: SyntheticFault = {
  kind: "slow-code",
  service: STOCK,
  size: 2.5,
  fromSeconds: 110,
  untilSeconds: 190,
};
const FAR_INDEX: SyntheticFault = {
  kind: "network-delay",
  service: INDEX,
  size: 0.04,
  fromSeconds: 155,
  untilSeconds: 220,
};

interface Outcome {
  /** Faults as they were told last, in the order in which they opened. */
  readonly incidents: readonly Incident[];
  /** Guilty nodes of those that were open, window by window. */
  readonly open: readonly string[];
  /** Nodes drawn as faulty on the map, window by window. */
  readonly faulty: readonly string[];
}

/** Plays the faults; the person, if there is one, dismisses the first incident twenty seconds after it was told. */
async function outcomeOf(faults: readonly SyntheticFault[], isPersonThere = false): Promise<Outcome> {
  const application = twoBranches();
  const all = settings({ replicates: 4 });
  const { scorer, view: model } = await loadScorer(all);
  const ledger = new CountingLedger();
  const line = createLine(all, scorer, ledger);
  const fixed = { mode: "replay", version: "1", windowSeconds: all.windowSeconds } as const;
  const view = new LiveView({ line, ledger, model, fixed });
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const writer = new StoreWriter({ store, onError: (error) => expect.fail(String(error)) });
  new Keeper({ line, writer, retentionHours: 24 });
  const results = new KeptResults(store, writer);
  const desk = await FeedbackDesk.open({ line, store, results, writer, settings: all, tell: () => undefined });
  let given: Promise<unknown> | null = null;
  const told: IncidentEvent[] = [];
  const open: string[] = [];
  const faulty: string[] = [];
  line.onWindow(({ events, openIncidents, scored }) => {
    told.push(...events.filter(({ incident }) => incident.verdict === "fault"));
    open.push(openIncidents.map(({ guiltyNode }) => guiltyNode).join(", "));
    faulty.push(namesOf(view.map().nodes.filter(({ health }) => health === "faulty")));
    expect(view.status().openIncidents).toBe(openIncidents.length);
    const [first] = openIncidents;
    const openSeconds = scored.forecast.observation.endSeconds - (first?.openedSeconds ?? Number.POSITIVE_INFINITY);
    if (isPersonThere && first !== undefined && openSeconds >= 20 && given === null) {
      given = desk.give({ type: "not-a-fault", incidentId: first.id });
    }
  });
  const requests = drawRequests(application, [steady(20, 265)], 7);
  const batches: TelemetryBatch[] = [];
  recordApplication(application, requests, { seed: 7, faults, take: (batch) => batches.push(batch) });
  for (const batch of batches) {
    line.take(batch);
    await given;
  }
  line.finish();
  return { incidents: [...new Map(told.map(({ incident }) => [incident.id, incident])).values()], open, faulty };
}

function namesOf(nodes: readonly { readonly name: string }[]): string {
  return nodes
    .map(({ name }) => name)
    .sort()
    .join(", ");
}

/** Seconds of the recording in which it began and ended. */
function timesOf({ onsetSeconds, resolvedSeconds }: Incident): readonly [number, number] {
  return [onsetSeconds - EPOCH_SECONDS, resolvedSeconds! - EPOCH_SECONDS];
}

/** Each different value once, when it comes. */
function changes(values: readonly string[]): string[] {
  return values.filter((value, i) => value !== (values[i - 1] ?? ""));
}

describe("two faults in two branches that overlap", () => {
  test("are two incidents with the right nodes and kinds, each lasting as long as its fault", async () => {
    const { incidents, open, faulty } = await outcomeOf([SLOW_STOCK, FAR_INDEX]);
    expect(incidents.map(({ guiltyNode }) => guiltyNode)).toEqual(["stock", "index"]);
    expect(incidents[1]!.kind).toBe("network-delay");
    for (const [incident, fault] of [
      [incidents[0]!, SLOW_STOCK],
      [incidents[1]!, FAR_INDEX],
    ] as const) {
      const [from, to] = timesOf(incident);
      expect(Math.abs(from - fault.fromSeconds)).toBeLessThanOrEqual(10);
      expect(Math.abs(to - fault.untilSeconds)).toBeLessThanOrEqual(15);
    }
    expect(changes(open)).toEqual(["stock", "stock, index", "index", ""]);
    expect(changes(faulty)).toEqual(["stock", "index, stock", "index", ""]);
  });

  test.each([
    { fault: SLOW_STOCK, node: "stock" },
    { fault: FAR_INDEX, node: "index" },
  ])("of which $node alone is one incident", async ({ fault, node }) => {
    const { incidents } = await outcomeOf([fault]);
    expect(incidents.map(({ guiltyNode }) => guiltyNode)).toEqual([node]);
  });

  test("of which the first is dismissed: the second is told all the same, and as soon as if it were alone", async () => {
    const { incidents, open } = await outcomeOf([SLOW_STOCK, FAR_INDEX], true);
    expect(incidents.map(({ guiltyNode, feedback }) => [guiltyNode, feedback])).toEqual([
      ["stock", "dismissed"],
      ["index", undefined],
    ]);
    expect(changes(open)).toEqual(["stock", "", "index", ""]);
    expect(incidents[1]!.openedSeconds - EPOCH_SECONDS - FAR_INDEX.fromSeconds).toBeLessThanOrEqual(30);
  });
});
