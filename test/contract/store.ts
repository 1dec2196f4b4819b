import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SeriesRow, Store } from "../../src/contracts/store.ts";
import { aDeployment, aFeedback, anIncident, aPoint, aRow, aTrace } from "../store/samples.ts";

const everything = { fromSeconds: -Infinity, toSeconds: Infinity, limit: 1000 };

/** What every store promises. `create` gives a new, empty one; the suite closes it. */
export function storeContract(create: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = create();
  });
  afterEach(() => store.close());

  describe("series", () => {
    test("a point comes back as it was put, absent quantities as absent", () => {
      const full = aPoint(100);
      const bare = aPoint(105, {
        observedP50Seconds: null,
        observedP95Seconds: null,
        predictedP50Seconds: null,
        predictedP95Seconds: null,
        utilization: null,
      });
      store.putSeries([
        { node: "front", operation: "", point: bare },
        { node: "front", operation: "", point: full },
      ]);
      expect(store.series({ node: "front", operation: "", ...everything })).toEqual([full, bare]);
    });

    test("a quantity that is not a finite number comes back as absent", () => {
      const point = aPoint(100, { utilization: Number.NaN, predictedP95Seconds: [0.1, Infinity, Infinity] });
      store.putSeries([{ node: "front", operation: "", point }]);
      const [kept] = store.series({ node: "front", operation: "", ...everything });
      expect(kept).toEqual({ ...point, utilization: null, predictedP95Seconds: null });
    });

    test("a range takes its beginning and leaves its end, oldest first, up to the limit", () => {
      store.putSeries([30, 10, 20, 40].map((at) => aRow("front", "GET /", at)));
      const times = (from: number, to: number, limit: number) =>
        store
          .series({ node: "front", operation: "GET /", fromSeconds: from, toSeconds: to, limit })
          .map((point) => point.atSeconds);
      expect(times(10, 40, 1000)).toEqual([10, 20, 30]);
      expect(times(10.5, 40.5, 1000)).toEqual([20, 30, 40]);
      expect(times(0, 100, 2)).toEqual([10, 20]);
    });

    test("a node, its operations and other nodes are kept apart", () => {
      store.putSeries([aRow("front", "", 10), aRow("front", "GET /", 10), aRow("front'--", "", 10)]);
      expect(store.series({ node: "front", operation: "", ...everything })).toHaveLength(1);
      expect(store.series({ node: "front'--", operation: "", ...everything })).toHaveLength(1);
      expect(store.series({ node: "nobody", operation: "", ...everything })).toEqual([]);
    });

    test("a window put twice is there once, with its last values", () => {
      store.putSeries([{ node: "front", operation: "", point: aPoint(10, { ratePerSecond: 1 }) }]);
      store.putSeries([{ node: "front", operation: "", point: aPoint(10, { ratePerSecond: 2 }) }]);
      const points = store.series({ node: "front", operation: "", ...everything });
      expect(points.map((point) => point.ratePerSecond)).toEqual([2]);
    });

    test("when one row of a window is refused, none of the window is there", () => {
      const broken: SeriesRow = { node: "cart", operation: "", point: aPoint(10, { ratePerSecond: Number.NaN }) };
      expect(() => store.putSeries([aRow("front", "", 10), broken])).toThrow(/ratePerSecond of cart/);
      expect(store.series({ node: "front", operation: "", ...everything })).toEqual([]);
      store.putSeries([aRow("front", "", 15)]);
      expect(store.series({ node: "front", operation: "", ...everything })).toHaveLength(1);
    });
  });

  describe("incidents", () => {
    test("an incident comes back as it was put, and null when its id is unknown", () => {
      store.putIncident(anIncident());
      expect(store.incident(anIncident().id)).toEqual(anIncident());
      expect(store.incident("unknown")).toBeNull();
    });

    test("an incident put again replaces the one of its id", () => {
      store.putIncident(anIncident());
      const resolved = anIncident({ state: "resolved", resolvedSeconds: 1_700_000_600 });
      store.putIncident(resolved);
      expect(store.incident(resolved.id)).toEqual(resolved);
      expect(store.incidentCount()).toBe(1);
      expect(store.incidents({ state: "open", limit: 10 })).toEqual([]);
    });

    test("the list has open ones first, then the newest onset first, and obeys filters and limit", () => {
      const put = (id: string, state: "open" | "resolved", onsetSeconds: number, verdict: "fault" | "traffic") =>
        store.putIncident(anIncident({ id, state, onsetSeconds, verdict }));
      put("a", "resolved", 400, "fault");
      put("b", "open", 100, "fault");
      put("c", "open", 200, "traffic");
      put("d", "resolved", 300, "traffic");
      const ids = (query: Parameters<Store["incidents"]>[0]) => store.incidents(query).map((incident) => incident.id);
      expect(ids({ limit: 10 })).toEqual(["c", "b", "a", "d"]);
      expect(ids({ limit: 3 })).toEqual(["c", "b", "a"]);
      expect(ids({ state: "resolved", limit: 10 })).toEqual(["a", "d"]);
      expect(ids({ verdict: "traffic", limit: 10 })).toEqual(["c", "d"]);
      expect(ids({ state: "open", verdict: "fault", limit: 10 })).toEqual(["b"]);
      expect(store.incidentCount()).toBe(4);
    });
  });

  describe("traces", () => {
    test("a trace comes back as it was put, and null when its id is unknown", () => {
      const trace = aTrace("0af7651916cd43dd8448eb211c80319c");
      store.putTrace(trace);
      store.putTrace(trace);
      expect(store.trace(trace.traceId)).toEqual(trace);
      expect(store.trace("f".repeat(32))).toBeNull();
    });
  });

  describe("feedback", () => {
    test("comes back as it was put, the latest first, under ids that count up", () => {
      const range = aFeedback({ type: "ignore", incidentId: null, node: null, kind: null, strength: null });
      expect(store.feedback({ limit: 10 })).toEqual([]);
      const first = store.putFeedback(aFeedback());
      const second = store.putFeedback(range);
      expect(first).toEqual({ id: first.id, ...aFeedback() });
      expect(second.id).toBeGreaterThan(first.id);
      expect(store.feedback({ limit: 10 })).toEqual([{ id: second.id, ...range }, first]);
      expect(store.feedback({ limit: 1 })).toHaveLength(1);
    });

    test("outlives retention: what people said is not series", () => {
      store.putFeedback(aFeedback());
      store.retain(1e12);
      expect(store.feedback({ limit: 10 })).toHaveLength(1);
    });
  });

  describe("deployments", () => {
    test("come back newest first, of one node when asked, each as it stood last", () => {
      store.putDeployment(aDeployment({ atSeconds: 10, state: "new" }));
      store.putDeployment(aDeployment({ node: "cart", version: "7", atSeconds: 30 }));
      store.putDeployment(aDeployment({ atSeconds: 10, state: "adopted" }));
      const seen = store.deployments({ limit: 10 });
      expect(seen.map(({ node, atSeconds, state }) => [node, atSeconds, state])).toEqual([
        ["cart", 30, "watched"],
        ["pricing", 10, "adopted"],
      ]);
      expect(store.deployments({ node: "pricing", limit: 10 })).toEqual([
        aDeployment({ atSeconds: 10, state: "adopted" }),
      ]);
      expect(store.deployments({ limit: 1 })).toHaveLength(1);
    });

    test("a version that is deployed twice is there twice", () => {
      store.putDeployment(aDeployment({ atSeconds: 10 }));
      store.putDeployment(aDeployment({ atSeconds: 20 }));
      expect(store.deployments({ limit: 10 }).map((each) => each.atSeconds)).toEqual([20, 10]);
    });

    test("beyond a thousand the oldest is forgotten", () => {
      for (let at = 0; at < 1003; at++) store.putDeployment(aDeployment({ atSeconds: at }));
      const seen = store.deployments({ limit: 2000 });
      expect(seen).toHaveLength(1000);
      expect(seen.at(-1)!.atSeconds).toBe(3);
    });
  });

  describe("retention", () => {
    test("deletes series older than the time and no other, and says how many", () => {
      store.putSeries([aRow("front", "", 10), aRow("front", "GET /", 10), aRow("cart", "", 10), aRow("", "", 10)]);
      store.putSeries([aRow("front", "", 20), aRow("front", "GET /", 20)]);
      expect(store.retain(20)).toBe(4);
      expect(store.series({ node: "front", operation: "", ...everything }).map((p) => p.atSeconds)).toEqual([20]);
      expect(store.series({ node: "front", operation: "GET /", ...everything })).toHaveLength(1);
      expect(store.series({ node: "cart", operation: "", ...everything })).toEqual([]);
      expect(store.retain(20)).toBe(0);
    });

    test("deletes traces no incident names; incidents and their evidence stay, however old", () => {
      const named = "1".repeat(32);
      const unnamed = "2".repeat(32);
      store.putTrace(aTrace(named));
      store.putTrace(aTrace(unnamed));
      store.putIncident(anIncident({ id: "with", onsetSeconds: 1, evidenceTraceIds: [named, "3".repeat(32)] }));
      store.putIncident(anIncident({ id: "without", onsetSeconds: 2, evidenceTraceIds: [] }));
      expect(store.retain(1e12)).toBe(1);
      expect(store.trace(named)).not.toBeNull();
      expect(store.trace(unnamed)).toBeNull();
      expect(store.incidentCount()).toBe(2);
    });
  });

  test("closing twice is no error", () => {
    store.close();
    expect(() => store.close()).not.toThrow();
  });
}
