import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { anIncident, aPoint, aTrace } from "../store/samples.ts";
import { type RunningApi, runApi } from "./running-api.ts";
import { aMap, aStatus } from "./scripted-live.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
let running: RunningApi;
beforeAll(async () => {
  running = await runApi();
  const { store } = running;
  await store.putIncident(anIncident({ id: "a/b 1", onsetSeconds: 100 }));
  await store.putIncident(
    anIncident({ id: "old", state: "resolved", onsetSeconds: 50, verdict: "traffic", kind: "traffic" }),
  );
  await store.putSeries([10, 5000, 1_700_000_100].map((at) => ({ node: "front", operation: "", point: aPoint(at) })));
  await store.putTrace(aTrace(traceId));
});
afterAll(() => running.stop());

describe("answers", () => {
  test("status and map are those of the line", async () => {
    expect((await running.ask("/api/v1/status")).json()).toEqual(aStatus);
    expect((await running.ask("/api/v1/map")).json()).toEqual(aMap);
  });

  test("incidents are listed, filtered and limited; the total counts all", async () => {
    const ids = async (query: string) => {
      const page = (await running.ask(`/api/v1/incidents${query}`)).json() as {
        incidents: { id: string }[];
        total: number;
      };
      expect(page.total).toBe(2);
      return page.incidents.map((incident) => incident.id);
    };
    expect(await ids("")).toEqual(["a/b 1", "old"]);
    expect(await ids("?state=resolved")).toEqual(["old"]);
    expect(await ids("?verdict=fault&limit=5")).toEqual(["a/b 1"]);
    expect(await ids("?limit=1")).toEqual(["a/b 1"]);
  });

  test("an incident is found by its id, escaped or not", async () => {
    const answer = await running.ask(`/api/v1/incidents/${encodeURIComponent("a/b 1")}`);
    expect(answer.json()).toEqual(anIncident({ id: "a/b 1", onsetSeconds: 100 }));
  });

  test("a series is cut to its range; without one it is the last hour of event time", async () => {
    const times = async (query: string) => {
      const series = (await running.ask(`/api/v1/series?node=front${query}`)).json() as {
        points: { atSeconds: number }[];
      };
      return series.points.map((point) => point.atSeconds);
    };
    expect(await times("&operation=&from=10&to=5000")).toEqual([10]);
    expect(await times("&from=0&to=6000&limit=1")).toEqual([10]);
    expect(await times("")).toEqual([1_700_000_100]);
  });

  test("a known node without points has an empty series", async () => {
    expect((await running.ask("/api/v1/series?node=cart&from=0&to=9")).json()).toEqual({
      node: "cart",
      operation: "",
      windowSeconds: 5,
      points: [],
    });
  });

  test("a trace is found whatever the case of its id", async () => {
    expect((await running.ask(`/api/v1/traces/${traceId.toUpperCase()}`)).json()).toEqual(aTrace(traceId));
  });

  test("HEAD answers as GET does, without a body", async () => {
    for (const path of ["/api/v1/status", "/healthz", "/api/v1/stream"]) {
      expect(await running.ask(path, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    }
    expect(running.live.listenerCount).toBe(0);
  });
});

describe("refusals", () => {
  test.each([
    ["/api/v1/incidents?limit=0", 'limit: "0" must be an integer from 1 to 1000'],
    ["/api/v1/incidents?limit=1e3", 'limit: "1e3" must be an integer from 1 to 1000'],
    ["/api/v1/incidents?limit=", 'limit: "" must be an integer from 1 to 1000'],
    ["/api/v1/incidents?state=closed", 'state: "closed" must be one of open, resolved'],
    ["/api/v1/incidents?state=open&state=open", 'state: ["open","open"] must be given once'],
    ["/api/v1/incidents?stat=open", 'stat: "open" is not known: take state, verdict, limit'],
    ["/api/v1/incidents?__proto__=1", '__proto__: "1" is not known: take state, verdict, limit'],
    ["/api/v1/status?x=1", 'x: "1" is not known: none is taken here'],
    ["/api/v1/series", "node: is missing, must have 1 to 1000 characters"],
    ["/api/v1/series?node=front&from=soon", 'from: "soon" must be a time in unix seconds'],
    ["/api/v1/series?node=front&from=9&to=9", 'from: "9" must be before to (9)'],
    ["/api/v1/traces/abc", 'traceId: "abc" must be 32 hexadecimal digits'],
    ["/api/v1/incidents/%E0%A4%A", "the path is not a valid URL"],
  ])("%s is answered 400: %s", async (path, error) => {
    const answer = await running.ask(path);
    expect(answer.json()).toEqual({ error });
    expect(answer.status).toBe(400);
  });

  test("an absurdly long value does not come back whole", async () => {
    const answer = await running.ask(`/api/v1/incidents?state=${"x".repeat(5000)}`);
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(300);
  });

  test.each([
    ["/api/v1/incidents/none", 'id: "none" is no incident'],
    [`/api/v1/traces/${"f".repeat(32)}`, `traceId: "${"f".repeat(32)}" is no kept trace`],
    ["/api/v1/series?node=nobody", 'node: "nobody" is not known'],
    ["/api/v1/nothing?x=1", "/api/v1/nothing is no path of the API: see /api/v1/openapi.json"],
    ["/api", "/api is no path of the API: see /api/v1/openapi.json"],
    ["/api/v1/status/", "/api/v1/status/ is no path of the API: see /api/v1/openapi.json"],
  ])("%s is answered 404: %s", async (path, error) => {
    const answer = await running.ask(path);
    expect(answer.json()).toEqual({ error });
    expect(answer.status).toBe(404);
  });

  test("what breaks inside is answered 500 without its reason, and reported", async () => {
    const broken = await runApi();
    await broken.store.close();
    const answer = await broken.ask("/api/v1/incidents");
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual({ error: "internal error: see the log" });
    expect(broken.errors).toHaveLength(1);
    expect((await broken.ask("/healthz")).status).toBe(200);
    await broken.stop();
  });
});

describe("health", () => {
  test("/healthz says that it lives", async () => {
    expect((await running.ask("/healthz")).json()).toEqual({ status: "ok", version: "1.2.3" });
  });

  test("/readyz is 200 while it learns: who sends nothing to what is not ready would keep it from learning", async () => {
    const learning = await running.ask("/readyz");
    expect(learning.status).toBe(200);
    expect(learning.json()).toEqual({
      ready: true,
      phase: "learning",
      detail: "1 of 2 services is learned",
      acknowledgement: "it is on the disk",
      services: [
        { node: "front", isReady: true, state: "ready" },
        { node: "cart", isReady: false, state: "learning, 12 of 300" },
      ],
    });
  });

  test("/readyz is 503 and says why when no telemetry is taken in", async () => {
    running.live.obstacle = "replaying the journal, 40 % done";
    const recovering = await running.ask("/readyz");
    expect(recovering.status).toBe(503);
    expect(recovering.json()).toMatchObject({ ready: false, detail: "replaying the journal, 40 % done" });
    expect((await running.ask("/metrics")).text).toContain("spantwin_ready 0\n");
    running.live.obstacle = "";
  });

  test("/metrics is the Prometheus text with our own numbers", async () => {
    const { headers, text } = await running.ask("/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    for (const line of [
      "spantwin_spans_received_total 4321",
      'spantwin_spans_lost_total{reason="late"} 5',
      'spantwin_spans_lost_total{reason="orphan"} 1',
      "spantwin_windows_total 20",
      "spantwin_open_incidents 2",
      "spantwin_ready 1",
      "spantwin_watching 0",
      "spantwin_sse_clients 0",
      "spantwin_sse_clients_dropped_total 0",
      "spantwin_window_compute_seconds_count 0",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).toMatch(/^spantwin_event_loop_delay_p99_seconds \d/m);
    expect(text).toMatch(/^spantwin_resident_memory_bytes \d/m);
    expect(text.endsWith("\n")).toBe(true);
    const line = /^(# (HELP|TYPE) spantwin_\w+ .+|spantwin_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? \S+)$/;
    for (const each of text.trimEnd().split("\n")) expect(each).toMatch(line);
  });
});
