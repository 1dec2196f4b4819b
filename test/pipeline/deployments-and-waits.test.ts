// Goal: what the line tells of an incident names the deployment before it, and what waits on purpose raises no alarm.
// Method: real spans through the real line, keeper and view; a twin that shows a felt slowdown everywhere, and deployments.
import { describe, expect, test } from "vitest";
import type { Deployment, Forecast } from "../../src/contracts/forecast.ts";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import { FAULT_KINDS, type Scorer } from "../../src/contracts/score.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { Keeper } from "../../src/pipeline/keeper.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { Line, type WindowResult } from "../../src/pipeline/line.ts";
import { LiveView } from "../../src/pipeline/live-view.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { FELT } from "../detection/windows.ts";
import { batchOf, type TestSpan } from "../topology/spans.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

const SERVER = 2;
const MODEL = { name: "by hand", backend: "none", parameterCount: 0, card: "", degradedReason: null };

/** Shows a felt slowdown everywhere; and a deployment at "back" from an event time on, when it is told of one. */
class DeployedTwin extends NotingTwin {
  readonly #deployedSeconds: number;

  constructor(deployedSeconds = Number.POSITIVE_INFINITY) {
    super(8);
    this.#deployedSeconds = deployedSeconds;
  }

  override forecast(observation: Forecast["observation"]): Forecast {
    const forecast = super.forecast(observation);
    const back = observation.topology.nodes.find(({ name }) => name === "back")?.index ?? 0;
    const at = this.#deployedSeconds;
    return {
      ...forecast,
      nodes: forecast.nodes.map((node) => ({ ...node, ...FELT })),
      deployments: observation.endSeconds > at ? [deployed(back, at, observation.startSeconds <= at)] : [],
    };
  }
}

function deployed(node: number, atSeconds: number, isNew: boolean): Deployment {
  const rest = { windowsLearned: 0, windowsNeeded: 9, service: null, previousService: null };
  return { node, version: "1.8.2", previousVersion: "1.8.1", atSeconds, state: isNew ? "new" : "watched", ...rest };
}

/** Accuses one node from an event time on, for forty seconds, if there is any evidence of slowness to accuse it by. */
function accuser(name: string, fromSeconds: number): Scorer {
  return {
    name: "by hand",
    score(forecast) {
      const { startSeconds, topology } = forecast.observation;
      const isOn = startSeconds >= fromSeconds && startSeconds < fromSeconds + 40;
      const nodes = forecast.nodes.map(({ node, service }) => ({
        node,
        probability: isOn && service !== null && topology.nodes[node]!.name === name ? 0.99 : 0.01,
        kindProbabilities: FAULT_KINDS.map((_, k) => (k === 0 ? 1 : 0)),
        pValue: null,
        residualZ: 0,
      }));
      return { forecast, scorer: "by hand", nodes };
    },
  };
}

function run(twin: NotingTwin, scorer: Scorer, batch: TelemetryBatch) {
  const ledger = new CountingLedger();
  const line = new Line({ settings: settings({ learningDelaySeconds: 10 }), twin, scorer, ledger });
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const writer = new StoreWriter({ store, onError: (error) => expect.fail(String(error)) });
  new Keeper({ line, writer, retentionHours: 24 });
  const fixed = { mode: "replay", version: "1", windowSeconds: 5 } as const;
  const view = new LiveView({ line, ledger, model: MODEL, fixed });
  const events: IncidentEvent[] = [];
  const results: WindowResult[] = [];
  line.onWindow((result) => {
    events.push(...result.events);
    results.push(result);
  });
  line.take(batch);
  line.finish();
  return { kept: new KeptResults(store, writer), view, events, results };
}

describe("a deployment", () => {
  const { kept, events } = run(new DeployedTwin(1092), accuser("back", 1120), requests(0, 240));

  test("is kept as a marker, once, as it stands last", async () => {
    expect(await kept.deployments({ limit: 10 })).toEqual([
      { node: "back", version: "1.8.2", previousVersion: "1.8.1", atSeconds: 1092, state: "watched" },
    ]);
  });

  test("is named by the incident after it, while it is open and when it is over", async () => {
    expect(events.map(({ type }) => type)).toEqual(["opened", "resolved"]);
    for (const { incident } of events) {
      expect(incident.deployments).toEqual([
        { node: "back", version: "1.8.2", atSeconds: 1092, secondsBeforeOnset: 28 },
      ]);
    }
    expect(events[0]!.incident.summary).toMatch(/; 28 s after version 1\.8\.2 of back began\.$/);
    expect(await kept.incidents({ limit: 1 })).toEqual([events.at(-1)!.incident]);
  });
});

test("an incident without one says so by an empty list", () => {
  const { events } = run(new DeployedTwin(), accuser("back", 1120), requests(0, 240));
  expect(events.map(({ incident }) => incident.deployments)).toEqual([[], []]);
});

describe("a long poll", () => {
  /** Four clients that ask "news" again as soon as they were answered, after five seconds. */
  const polls = (seconds: number): TelemetryBatch => {
    const spans = Array.from({ length: 4 * Math.floor(seconds / 5) }, (_, k): TestSpan => {
      const start = 1000 + 5 * Math.floor(k / 4) + 0.3 * (k % 4) + 0.1;
      return { trace: k + 1, id: 1, kind: SERVER, service: "news", operation: "GET /changes", start, end: start + 5 };
    });
    return batchOf(spans);
  };
  const { view, events, results } = run(new DeployedTwin(), accuser("news", 1150), polls(240));

  test("is recognised while the twin learns, and listed with its reason", () => {
    const { waits, workingOperations } = view.waits();
    expect(waits).toEqual([
      expect.objectContaining({ node: "news", operation: "GET /changes", reason: "fixed-limit", visitsJudged: 32 }),
    ]);
    expect(waits[0]!.visitsExcluded).toBeGreaterThan(100);
    expect(workingOperations).toBe(0);
  });

  test("gives no evidence by how long it takes, so that nobody is accused by it", () => {
    expect(events).toEqual([]);
    expect(results.at(-1)!.scored.forecast.nodes.map(({ service }) => service)).toEqual([null]);
  });

  test("does not keep a node that works from being accused", () => {
    const other = run(new DeployedTwin(), accuser("back", 1150), requests(0, 240));
    expect(other.view.waits()).toEqual({ waits: [], workingOperations: 2 });
    expect(other.events.map(({ type }) => type)).toEqual(["opened", "resolved"]);
  });
});
