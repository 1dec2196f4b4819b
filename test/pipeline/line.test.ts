// Goal: the line learns from clean windows only, asks every scorer, shows what it knows, and keeps what it finds.
// Method: real spans through the real rooms; the twin only notes what it is told, the scorer points where the test says.
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../../src/contracts/api.ts";
import type { Forecast } from "../../src/contracts/forecast.ts";
import { FAULT_KINDS, type Scorer } from "../../src/contracts/score.ts";
import { Keeper } from "../../src/pipeline/keeper.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { Line, type WindowResult } from "../../src/pipeline/line.ts";
import { LiveView } from "../../src/pipeline/live-view.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { FELT } from "../detection/windows.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

const WINDOW_SECONDS = 5;
const MODEL = { name: "by hand", backend: "none", parameterCount: 0, card: "", degradedReason: null };

/** Finds "back" guilty from one event time to another. */
function accuser(name: string, fromSeconds: number, toSeconds: number): Scorer {
  return {
    name,
    score(forecast: Forecast) {
      const { startSeconds, topology } = forecast.observation;
      const isGuilty = startSeconds >= fromSeconds && startSeconds < toSeconds;
      const nodes = forecast.nodes.map(({ node }) => ({
        node,
        probability: isGuilty && topology.nodes[node]!.name === "back" ? 0.99 : 0.01,
        kindProbabilities: FAULT_KINDS.map((_, k) => (k === 0 ? 1 : 0)),
        pValue: null,
        residualZ: 0,
      }));
      return { forecast, scorer: name, nodes };
    },
  };
}

/** Shows what the accuser needs to be believed: a felt slowdown everywhere. */
class FeltTwin extends NotingTwin {
  override forecast(observation: Forecast["observation"]): Forecast {
    const forecast = super.forecast(observation);
    return { ...forecast, nodes: forecast.nodes.map((node) => ({ ...node, ...FELT })) };
  }
}

function lineOf(scorer: Scorer, watchers: readonly Scorer[] = []) {
  const twin = new FeltTwin(4);
  const ledger = new CountingLedger();
  const line = new Line({ settings: settings({ learningDelaySeconds: 10 }), twin, scorer, ledger, watchers });
  const view = new LiveView({
    line,
    ledger,
    model: MODEL,
    fixed: { mode: "replay", version: "1", windowSeconds: WINDOW_SECONDS },
  });
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const writer = new StoreWriter({ store, onError: (error) => expect.fail(String(error)) });
  const keeper = new Keeper({ line, writer, retentionHours: 24 });
  const results: WindowResult[] = [];
  line.onWindow((result) => results.push(result));
  const send = (from: number, seconds: number): void => {
    const batch = requests(from, seconds);
    view.countSpans(batch.spans.spanCount, batch.spans.startSeconds[0]!);
    keeper.remember(batch);
    line.take(batch);
  };
  return { twin, line, view, store, kept: new KeptResults(store, writer), results, send };
}

describe("the line", () => {
  test("gives the same results however the spans are cut into batches", () => {
    const run = (step: number) => {
      const { send, line, results } = lineOf(accuser("by hand", 1060, 1080));
      for (let at = 0; at < 120; at += step) send(at, step);
      line.finish();
      return results.map(({ scored, events }) => [scored.forecast.observation.startSeconds, events]);
    };
    expect(run(1)).toEqual(run(40));
  });

  test("never learns a window of a fault, nor its aftermath, and learns the clean ones before and after", () => {
    const { twin, send, line, results } = lineOf(accuser("by hand", 1060, 1080));
    send(0, 140);
    line.finish();
    expect(results.flatMap(({ events }) => events.map((event) => event.type))).toEqual(["opened", "resolved"]);
    expect(twin.learned.filter((start) => start >= 1055 && start < 1095)).toEqual([]);
    expect(twin.learned.filter((start) => start >= 1010 && start < 1055)).toHaveLength(9);
    expect(twin.learned.some((start) => start >= 1110)).toBe(true);
    expect(twin.learned).toEqual([...new Set(twin.learned)].sort((a, b) => a - b));
  });

  test("lets watchers judge every window, but not say what is learned", () => {
    const { twin, send, line, results } = lineOf(accuser("calm", 0, 0), [accuser("nervous", 1060, 1080)]);
    send(0, 140);
    line.finish();
    const { watching, events, scored } = results.find((result) => result.watching[0]!.events.length > 0)!;
    expect([scored.scorer, watching[0]!.scored.scorer]).toEqual(["calm", "nervous"]);
    expect(watching[0]!.events[0]!.incident.guiltyNode).toBe("back");
    expect(events).toEqual([]);
    expect(twin.learned).toContain(1070);
  });
});

describe("the live view", () => {
  test("waits, then learns, then watches", () => {
    const { view, send } = lineOf(accuser("by hand", 0, 0));
    expect([view.status().phase, view.health().ready, view.map().nodes]).toEqual(["waiting", false, []]);
    send(0, 12);
    expect([view.status().phase, view.health().ready]).toEqual(["learning", false]);
    expect(view.health().detail).toBe("learning, 0 of 2 ready");
    expect(view.map().nodes.map((node) => [node.name, node.health])).toEqual([
      ["back", "learning"],
      ["front", "learning"],
    ]);
    send(12, 30);
    expect([view.status().phase, view.health()]).toEqual(["watching", { ready: true, detail: "watching" }]);
    expect(view.status().readyCount).toBe(2);
    expect(view.status().spansReceived).toBe(42 * 3);
    expect(view.status().firstSpanSeconds).toBeCloseTo(1000.22, 6);
    expect(view.map().nodes.map((node) => node.health)).toEqual(["healthy", "healthy"]);
  });

  test("shows an incident while it is open: the guilty node, and the count", () => {
    const { view, send } = lineOf(accuser("by hand", 1060, 1100));
    send(0, 70);
    expect(view.map().nodes.find((node) => node.name === "back")!.health).toBe("suspect");
    expect(view.status().openIncidents).toBe(0);
    send(70, 18);
    expect(view.map().nodes.find((node) => node.name === "back")!.health).toBe("faulty");
    expect(view.status().openIncidents).toBe(1);
    send(88, 60);
    expect(view.map().nodes.map((node) => node.health)).toEqual(["healthy", "healthy"]);
    expect(view.status().openIncidents).toBe(0);
  });

  test("draws each pair of nodes as one edge with its rate and mean time", () => {
    const { view, send } = lineOf(accuser("by hand", 0, 0));
    send(0, 30);
    const [edge, ...others] = view.map().edges;
    expect(others).toEqual([]);
    expect(edge).toMatchObject({ from: "front", to: "back", isAsync: false, ratePerSecond: 1 });
    expect(edge!.meanSeconds).toBeCloseTo(0.08, 6);
  });

  test("tells its listeners of windows and incidents until they leave", () => {
    const { view, send } = lineOf(accuser("by hand", 1060, 1100));
    const told: StreamEvent["type"][] = [];
    const leave = view.subscribe((event) => told.push(event.type));
    send(0, 90);
    expect(told.slice(0, 3)).toEqual(["status", "map", "window"]);
    expect(told.filter((type) => type === "incident")).toHaveLength(1);
    view.setDemoStep("×2 surge");
    expect(told.at(-1)).toBe("status");
    expect(view.status().demoStep).toBe("×2 surge");
    leave();
    const count = told.length;
    send(90, 30);
    expect(told).toHaveLength(count);
  });
});

describe("the keeper", () => {
  test("keeps the incident and its evidence traces as they were received", async () => {
    const { store, kept, send, line } = lineOf(accuser("by hand", 1060, 1080));
    send(0, 140);
    line.finish();
    const [incident, ...others] = await kept.incidents({ limit: 10 });
    expect(others).toEqual([]);
    expect([incident!.guiltyNode, incident!.state]).toEqual(["back", "resolved"]);
    expect(incident!.evidenceTraceIds.length).toBeGreaterThan(0);
    for (const traceId of incident!.evidenceTraceIds) {
      const { spans } = (await kept.trace(traceId))!;
      expect(spans.map((span) => [span.service, span.operation, span.kind])).toEqual([
        ["front", "GET /", "server"],
        ["front", "call", "client"],
        ["back", "answer", "server"],
      ]);
      expect(spans.map((span) => span.parentSpanId)).toEqual([null, spans[0]!.spanId, spans[1]!.spanId]);
      expect(spans[0]!.durationSeconds).toBeCloseTo(0.1, 9);
    }
    await store.close();
  });

  test("keeps a point of every node for every window once the twin is ready, and none before", async () => {
    const { store, kept, send, line, results } = lineOf(accuser("by hand", 1060, 1080));
    send(0, 100);
    line.finish();
    const ready = results.filter(({ scored }) => scored.forecast.isReady);
    const points = await kept.series({ node: "back", operation: "", fromSeconds: 0, toSeconds: 9999, limit: 1000 });
    expect(points.map((point) => point.atSeconds)).toEqual(
      ready.map(({ scored }) => scored.forecast.observation.endSeconds),
    );
    expect(points.filter((point) => point.probability > 0.5)).toHaveLength(4);
    await store.close();
  });
});
