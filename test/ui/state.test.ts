import { describe, expect, test } from "vitest";
import { needsOf } from "../../ui/state/needs.ts";
import { reduce } from "../../ui/state/reduce.ts";
import { homeRoute, parseRoute } from "../../ui/state/route.ts";
import { calmOf, countIf, filtered, wellSinceSeconds, worstFirst } from "../../ui/state/select.ts";
import { type Action, type AppState, answerLimit, incidentLimit, initialState } from "../../ui/state/state.ts";
import { incidentsOf, openFault, openTraffic, pastFault, pastTraffic } from "../browser/fixtures/incidents.ts";
import { mapOf, nowSeconds, type Scenario, statusOf } from "../browser/fixtures/shop.ts";

const given = (...actions: readonly Action[]): AppState => actions.reduce(reduce, initialState(homeRoute, "system"));

const stateOf = (scenario: Scenario, address = "#/"): AppState =>
  given(
    { type: "navigated", route: parseRoute(address) },
    { type: "answered", topic: "status", key: "status", value: statusOf(scenario) },
    { type: "answered", topic: "map", key: "map", value: mapOf(scenario) },
    {
      type: "answered",
      topic: "incidents",
      key: "incidents",
      value: { incidents: incidentsOf(scenario), total: incidentsOf(scenario).length },
    },
  );

describe("the reducer", () => {
  test("leaves the state it is given untouched, and its identity when nothing changes", () => {
    const state = Object.freeze(stateOf("incident"));
    expect(reduce(state, { type: "help", isOpen: false })).toBe(state);
    expect(reduce(state, { type: "pointed", pointed: { atSeconds: null } })).toBe(state);
    expect(reduce(state, { type: "connection", connection: "connecting" })).toBe(state);
    expect(reduce(state, { type: "measured", place: "map", width: 10 })).not.toBe(state);
    expect(state.widths).toEqual({});
  });

  test("an incident heard of twice is one incident with the newer content", () => {
    const resolved = { ...openFault, state: "resolved" as const, resolvedSeconds: nowSeconds };
    const state = reduce(stateOf("incident"), { type: "streamed", event: { type: "incident", incident: resolved } });
    expect(state.incidents?.filter((one) => one.id === openFault.id)).toEqual([resolved]);
    expect(state.incidentTotal).toBe(3);
  });

  test("a new incident is added and counted, and the list stays within its limit", () => {
    const incidents = Array.from({ length: incidentLimit }, (_, index) => ({ ...pastFault, id: `past-${index}` }));
    const full = given({ type: "answered", topic: "incidents", key: "incidents", value: { incidents, total: 900 } });
    const state = reduce(full, { type: "streamed", event: { type: "incident", incident: openFault } });
    expect(state.incidents).toHaveLength(incidentLimit);
    expect(state.incidents?.[0]?.id).toBe(openFault.id);
    expect(state.incidentTotal).toBe(901);
  });

  test("event time never runs backwards on a window that comes late", () => {
    const state = reduce(stateOf("healthy"), {
      type: "streamed",
      event: { type: "window", atSeconds: nowSeconds - 60 },
    });
    expect(state.status?.eventTimeSeconds).toBe(nowSeconds);
  });

  test("answers kept are bounded, and the one longest without news goes first", () => {
    const actions = Array.from(
      { length: answerLimit + 5 },
      (_, index): Action => ({
        type: "answered",
        topic: "trace",
        key: `trace/${index}`,
        value: { traceId: String(index), spans: [] },
      }),
    );
    const state = given(...actions);
    expect(state.answers.size).toBe(answerLimit);
    expect(state.answers.has("trace/4")).toBe(false);
    expect(state.answers.has("trace/5")).toBe(true);
  });

  test("a failed refresh keeps what was known beside the error, and an answer clears the error", () => {
    const trace = { traceId: "a", spans: [] };
    const failed = given(
      { type: "answered", topic: "trace", key: "trace/a", value: trace },
      { type: "failed", key: "trace/a", error: "gone" },
    );
    expect(failed.answers.get("trace/a")).toEqual({ value: trace, error: "gone" });
    expect(
      reduce(failed, { type: "answered", topic: "trace", key: "trace/a", value: trace }).answers.get("trace/a")?.error,
    ).toBeNull();
  });

  test("the graph keeps its identity while the map brings nothing new, and keeps calls that fall silent", () => {
    const state = stateOf("healthy");
    const map = mapOf("healthy");
    const quiet = reduce(state, {
      type: "streamed",
      event: { type: "map", map: { ...map, edges: map.edges.slice(0, 3) } },
    });
    expect(quiet.graph).toBe(state.graph);
    const grown = reduce(quiet, {
      type: "streamed",
      event: { type: "map", map: { ...map, nodes: [...map.nodes, { ...map.nodes[0]!, name: "new" }] } },
    });
    expect(grown.graph.nodes).toEqual([...state.graph.nodes, "new"]);
  });

  test("attempts are counted while the connection is lost and forgotten when it is back", () => {
    const lost = given({ type: "connection", connection: "lost" }, { type: "connection", connection: "lost" });
    expect(lost.failedAttempts).toBe(2);
    expect(reduce(lost, { type: "connection", connection: "live" }).failedAttempts).toBe(0);
  });
});

describe("what is shown", () => {
  test("is worst first: open faults by what users lose, open traffic, then the past with the newest first", () => {
    const mild = { ...openFault, id: "mild", impact: [{ ...openFault.impact[0]!, observedP95Seconds: 0.13 }] };
    const order = worstFirst([pastFault, openTraffic, mild, pastTraffic, openFault]).map((one) => one.id);
    expect(order).toEqual([openFault.id, "mild", openTraffic.id, pastTraffic.id, pastFault.id]);
  });

  test("does not depend on the order it came in", () => {
    const all = [pastFault, openTraffic, pastTraffic, openFault];
    expect(worstFirst([...all].reverse())).toEqual(worstFirst(all));
  });

  test("a filter shows as many as it promises", () => {
    const all = [pastFault, openTraffic, pastTraffic, openFault];
    expect(filtered(all, "open", "fault")).toEqual([openFault]);
    for (const state of ["all", "open", "resolved"] as const) {
      for (const verdict of ["all", "fault", "traffic"] as const)
        expect(countIf(all, state, verdict)).toBe(filtered(all, state, verdict).length);
    }
  });

  test("says why it is empty", () => {
    expect(calmOf(given())).toBeNull();
    expect(calmOf(stateOf("empty"))).toBe("waiting");
    expect(calmOf(stateOf("learning"))).toBe("learning");
    expect(calmOf(stateOf("healthy"))).toBe("well");
  });

  test("all is well since the last fault ended; traffic does not count", () => {
    expect(wellSinceSeconds(stateOf("healthy"))).toBe(pastFault.resolvedSeconds);
  });
});

describe("what is fetched", () => {
  test("is nothing more on the home page, one thing on a trace page", () => {
    expect(needsOf(stateOf("incident"))).toEqual([]);
    expect(needsOf(stateOf("incident", "#/traces/ab%2Fc")).map((need) => need.path)).toEqual(["traces/ab%2Fc"]);
  });

  test("is the series of the cause on an incident page, or of the operation users feel", () => {
    const query = (address: string): URLSearchParams =>
      new URLSearchParams(needsOf(stateOf("incident", address))[0]?.path.split("?")[1]);
    const cause = query(`#/incidents/${openFault.id}`);
    expect(cause.get("node")).toBe("pricing");
    expect(cause.get("operation")).toBe("");
    expect(Number(cause.get("from"))).toBeLessThan(openFault.onsetSeconds - 100);
    expect(Number(cause.get("to"))).toBeGreaterThan(nowSeconds);
    const felt = query(`#/incidents/${openFault.id}?series=0`);
    expect(felt.get("node")).toBe("gateway");
    expect(felt.get("operation")).toBe("POST /checkout");
  });

  test("is an incident the list does not hold, by its id", () => {
    expect(needsOf(stateOf("healthy", "#/incidents/old%20one")).map((need) => need.path)).toEqual([
      "incidents/old%20one",
    ]);
  });

  test("is fetched again with every window while it goes on, and no more once it is over and past", () => {
    const later = (address: string, windowsSeen: number): number | undefined =>
      needsOf(
        reduce(stateOf("incident", address), {
          type: "answered",
          topic: "status",
          key: "status",
          value: { ...statusOf("incident"), windowsSeen },
        }),
      )[0]?.version;
    expect(later(`#/incidents/${openFault.id}`, 7)).not.toBe(later(`#/incidents/${openFault.id}`, 8));
    expect(later(`#/incidents/${pastFault.id}`, 7)).toBe(later(`#/incidents/${pastFault.id}`, 8));
  });
});
