import { describe, expect, test } from "vitest";
import { h, remember } from "../../ui/dom/element.ts";
import { markup, textOf } from "../../ui/dom/markup.ts";
import { reduce } from "../../ui/state/reduce.ts";
import { parseRoute } from "../../ui/state/route.ts";
import { type AppState, initialState } from "../../ui/state/state.ts";
import type { Act } from "../../ui/views/act.ts";
import { app, titleOf } from "../../ui/views/app.ts";
import { collectorSnippet, intakeAddresses } from "../../ui/views/connect.ts";
import { nodeFacts } from "../../ui/views/node-panel.ts";
import { incidentsOf, openFault } from "../browser/fixtures/incidents.ts";
import { mapOf, type Scenario, statusOf } from "../browser/fixtures/shop.ts";

const act: Act = {
  dispatch: () => undefined,
  go: () => undefined,
  copy: () => undefined,
  retry: () => undefined,
  permalink: () => "http://here/",
};

const stateOf = (scenario: Scenario, address: string): AppState =>
  [
    { type: "answered", topic: "status", key: "status", value: statusOf(scenario) } as const,
    { type: "answered", topic: "map", key: "map", value: mapOf(scenario) } as const,
    {
      type: "answered",
      topic: "incidents",
      key: "incidents",
      value: { incidents: incidentsOf(scenario), total: 0 },
    } as const,
  ].reduce(reduce, initialState(parseRoute(address), "system"));

const textOfPage = (scenario: Scenario, address = "#/"): string =>
  app(stateOf(scenario, address), act).map(textOf).join(" ");

describe("the page says", () => {
  test("that a service drifts, how far and which way, where its readiness is said", () => {
    const [node] = mapOf("healthy").nodes;
    const facts = (driftShare: number, isDrifting: boolean): string =>
      textOf(nodeFacts(node!, { ...statusOf("healthy").readiness[0]!, driftShare, isDrifting }));
    expect(facts(0.2, true)).toContain("slow drift: 20 % slower than its anchor, not learned");
    expect(facts(-0.2, true)).toContain("20 % faster");
    expect(facts(0.2, false)).not.toContain("drift");
  });

  test("where to send telemetry while none has come, at the addresses the server really listens on", () => {
    expect(textOfPage("empty")).toContain("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317");
    const moved = { ...statusOf("empty"), listening: [{ protocol: "OTLP gRPC", address: "0.0.0.0:24317" }] };
    expect(intakeAddresses(moved)).toEqual({ grpc: "http://0.0.0.0:24317", http: "http://127.0.0.1:4318" });
    expect(collectorSnippet("http://0.0.0.0:24317")).toContain("endpoint: 0.0.0.0:24317\n");
  });

  test("how far it has learned, in all and for each service", () => {
    const text = textOfPage("learning");
    expect(text).toContain("learning 5 of 11");
    expect(text).toContain("checkout 141 of 400");
  });

  test("since when all is well, and not so while a service is under suspicion", () => {
    expect(textOfPage("healthy")).toMatch(/All well since 14:15:10/);
    const state = stateOf("healthy", "#/");
    const map = mapOf("healthy");
    const suspicious = reduce(state, {
      type: "streamed",
      event: {
        type: "map",
        map: {
          ...map,
          nodes: map.nodes.map((node) => (node.name === "cart" ? { ...node, health: "suspect" as const } : node)),
        },
      },
    });
    const text = app(suspicious, act).map(textOf).join(" ");
    expect(text).not.toContain("All well");
    expect(text).toContain("Looking at cart");
  });

  test("traffic, not fault, on every page while it holds", () => {
    for (const address of ["#/", "#/model", "#/telemetry"])
      expect(textOfPage("traffic", address)).toContain("Traffic, not fault. Latency follows a 1.9-fold load");
    expect(textOfPage("healthy")).not.toContain("Latency follows");
  });

  test("what users feel in the list, and the sentence, suspects and reasons on the incident's page", () => {
    expect(textOfPage("incident")).toContain("POST /checkout: p95 640 ms, expected 118 ms");
    const text = textOfPage("incident", `#/incidents/${openFault.id}`);
    for (const part of [
      openFault.summary,
      "93 %",
      openFault.suspects[0]!.reason,
      openFault.ruledOut[2]!.reason,
      openFault.evidenceTraceIds[0]!,
      "46.8/s entry requests",
      "When it opened, shop-db (slow dependency) was ranked first.",
    ])
      expect(text).toContain(part);
  });

  test("in the tab how many incidents are open", () => {
    expect(titleOf(stateOf("incident", "#/"))).toBe("(1) Incidents · Spantwin");
    expect(titleOf(stateOf("healthy", "#/services/cart"))).toBe("cart · Spantwin");
  });

  test("why an answer is missing", () => {
    const state = reduce(stateOf("incident", "#/traces/abc"), {
      type: "failed",
      key: "trace/abc",
      error: "no trace abc",
    });
    expect(app(state, act).map(textOf).join(" ")).toContain("The trace cannot be shown: no trace abc.");
  });
});

test("no page writes a style or script into its markup: the strict content policy would refuse it", () => {
  for (const address of [
    "#/",
    "#/?node=pricing",
    `#/incidents/${openFault.id}`,
    "#/services/pricing",
    "#/model",
    "#/telemetry",
    "#/x",
  ]) {
    const page = app(stateOf("incident", address), act).map(markup).join("");
    expect(page).not.toMatch(/ style=| on\w+="|<script|<style/);
  }
});

test("unchanged data gives the very same description, so that drawing can skip it", () => {
  const describeBox = remember((width: number, label: string) => h("div", { width }, label));
  const first = describeBox(1, "a");
  expect(describeBox(1, "a")).toBe(first);
  expect(describeBox(2, "a")).not.toBe(first);
});
