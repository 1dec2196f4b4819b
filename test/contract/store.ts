import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SeriesRow, Store } from "../../src/contracts/store.ts";
import { aDeployment, aFeedback, anIncident, aPoint, aRow, aTrace } from "../store/samples.ts";

const everything = { fromSeconds: -Infinity, toSeconds: Infinity, limit: 1000 };

/** What every store promises. `create` gives a new, empty one; the suite closes it. */
export function storeContract(create: () => Store | Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await create();
  });
  afterEach(() => store.close());

  describe("series", () => {
    test("a point comes back as it was put, absent quantities as absent", async () => {
      const full = aPoint(100);
      const bare = aPoint(105, {
        observedP50Seconds: null,
        observedP95Seconds: null,
        predictedP50Seconds: null,
        predictedP95Seconds: null,
        utilization: null,
      });
      await store.putSeries([
        { node: "front", operation: "", point: bare },
        { node: "front", operation: "", point: full },
      ]);
      expect(await store.series({ node: "front", operation: "", ...everything })).toEqual([full, bare]);
    });

    test("a quantity that is not a finite number comes back as absent", async () => {
      const point = aPoint(100, { utilization: Number.NaN, predictedP95Seconds: [0.1, Infinity, Infinity] });
      await store.putSeries([{ node: "front", operation: "", point }]);
      const [kept] = await store.series({ node: "front", operation: "", ...everything });
      expect(kept).toEqual({ ...point, utilization: null, predictedP95Seconds: null });
    });

    test("a range takes its beginning and leaves its end, oldest first, up to the limit", async () => {
      await store.putSeries([30, 10, 20, 40].map((at) => aRow("front", "GET /", at)));
      const times = async (fromSeconds: number, toSeconds: number, limit: number) => {
        const points = await store.series({ node: "front", operation: "GET /", fromSeconds, toSeconds, limit });
        return points.map((point) => point.atSeconds);
      };
      expect(await times(10, 40, 1000)).toEqual([10, 20, 30]);
      expect(await times(10.5, 40.5, 1000)).toEqual([20, 30, 40]);
      expect(await times(0, 100, 2)).toEqual([10, 20]);
    });

    test("a node, its operations and other nodes are kept apart", async () => {
      await store.putSeries([aRow("front", "", 10), aRow("front", "GET /", 10), aRow("front'--", "", 10)]);
      expect(await store.series({ node: "front", operation: "", ...everything })).toHaveLength(1);
      expect(await store.series({ node: "front'--", operation: "", ...everything })).toHaveLength(1);
      expect(await store.series({ node: "nobody", operation: "", ...everything })).toEqual([]);
    });

    test("a window put twice is there once, with its last values", async () => {
      await store.putSeries([{ node: "front", operation: "", point: aPoint(10, { ratePerSecond: 1 }) }]);
      await store.putSeries([{ node: "front", operation: "", point: aPoint(10, { ratePerSecond: 2 }) }]);
      const points = await store.series({ node: "front", operation: "", ...everything });
      expect(points.map((point) => point.ratePerSecond)).toEqual([2]);
    });

    test("of a point given twice in one window the last counts", async () => {
      const rates = [1, 2].map((ratePerSecond) => ({ ...aRow("front", "", 10), point: aPoint(10, { ratePerSecond }) }));
      await store.putSeries(rates);
      const points = await store.series({ node: "front", operation: "", ...everything });
      expect(points.map((point) => point.ratePerSecond)).toEqual([2]);
    });

    test("names may hold any characters, and a window hundreds of them", async () => {
      const names = ["", " ", "%_'\"\\", "{a,b}", "NULL", "null", "\u{1f600}", "é", "e\u0301", "a\nb"];
      const many = Array.from({ length: 700 }, (_, index) => `node-${index}`);
      await store.putSeries([...names, ...many].flatMap((name) => [aRow("front", name, 10), aRow(name, "GET /", 10)]));
      for (const name of [...names, "node-699"]) {
        expect(await store.series({ node: "front", operation: name, ...everything })).toEqual([aPoint(10)]);
        expect(await store.series({ node: name, operation: "GET /", ...everything })).toEqual([aPoint(10)]);
      }
    });

    test("a name with a NUL, which telemetry may send, is no reason to lose its window", async () => {
      await store.putSeries([aRow("fr\0nt", "", 10), aRow("cart", "", 10)]);
      expect(await store.series({ node: "fr\0nt", operation: "", ...everything })).toHaveLength(1);
      await store.putIncident(anIncident({ id: "a\0b", summary: "fr\0nt is slow" }));
      expect((await store.incident("a\0b"))?.summary).toBe("fr\0nt is slow");
    });

    test("when one row of a window is refused, none of the window is there", async () => {
      const broken: SeriesRow = { node: "cart", operation: "", point: aPoint(10, { ratePerSecond: Number.NaN }) };
      await expect(store.putSeries([aRow("front", "", 10), broken])).rejects.toThrow(/ratePerSecond of cart/);
      expect(await store.series({ node: "front", operation: "", ...everything })).toEqual([]);
      await store.putSeries([aRow("front", "", 15)]);
      expect(await store.series({ node: "front", operation: "", ...everything })).toHaveLength(1);
    });
  });

  describe("incidents", () => {
    test("an incident comes back as it was put, and null when its id is unknown", async () => {
      await store.putIncident(anIncident());
      expect(await store.incident(anIncident().id)).toEqual(anIncident());
      expect(await store.incident("unknown")).toBeNull();
    });

    test("an incident put again replaces the one of its id", async () => {
      await store.putIncident(anIncident());
      const resolved = anIncident({ state: "resolved", resolvedSeconds: 1_700_000_600 });
      await store.putIncident(resolved);
      expect(await store.incident(resolved.id)).toEqual(resolved);
      expect(await store.incidentCount()).toBe(1);
      expect(await store.incidents({ state: "open", limit: 10 })).toEqual([]);
    });

    test("the list has open ones first, then the newest onset first, and obeys filters and limit", async () => {
      const put = (id: string, state: "open" | "resolved", onsetSeconds: number, verdict: "fault" | "traffic") =>
        store.putIncident(anIncident({ id, state, onsetSeconds, verdict }));
      await put("a", "resolved", 400, "fault");
      await put("b", "open", 100, "fault");
      await put("c", "open", 200, "traffic");
      await put("d", "resolved", 300, "traffic");
      const ids = async (query: Parameters<Store["incidents"]>[0]) =>
        (await store.incidents(query)).map((incident) => incident.id);
      expect(await ids({ limit: 10 })).toEqual(["c", "b", "a", "d"]);
      expect(await ids({ limit: 3 })).toEqual(["c", "b", "a"]);
      expect(await ids({ state: "resolved", limit: 10 })).toEqual(["a", "d"]);
      expect(await ids({ verdict: "traffic", limit: 10 })).toEqual(["c", "d"]);
      expect(await ids({ state: "open", verdict: "fault", limit: 10 })).toEqual(["b"]);
      expect(await store.incidentCount()).toBe(4);
    });
  });

  describe("traces", () => {
    test("a trace comes back as it was put, and null when its id is unknown", async () => {
      const trace = aTrace("0af7651916cd43dd8448eb211c80319c");
      await store.putTrace(trace);
      await store.putTrace(trace);
      expect(await store.trace(trace.traceId)).toEqual(trace);
      expect(await store.trace("f".repeat(32))).toBeNull();
    });
  });

  describe("feedback", () => {
    test("comes back as it was put, the latest first, under ids that count up", async () => {
      const range = aFeedback({ type: "ignore", incidentId: null, node: null, kind: null, strength: null });
      expect(await store.feedback({ limit: 10 })).toEqual([]);
      const first = await store.putFeedback(aFeedback());
      const second = await store.putFeedback(range);
      expect(first).toEqual({ id: first.id, ...aFeedback() });
      expect(second.id).toBeGreaterThan(first.id);
      expect(await store.feedback({ limit: 10 })).toEqual([{ id: second.id, ...range }, first]);
      expect(await store.feedback({ limit: 1 })).toHaveLength(1);
    });

    test("outlives retention: what people said is not series", async () => {
      await store.putFeedback(aFeedback());
      await store.retain(1e12);
      expect(await store.feedback({ limit: 10 })).toHaveLength(1);
    });
  });

  describe("deployments", () => {
    test("come back newest first, of one node when asked, each as it stood last", async () => {
      await store.putDeployment(aDeployment({ atSeconds: 10, state: "new" }));
      await store.putDeployment(aDeployment({ node: "cart", version: "7", atSeconds: 30 }));
      await store.putDeployment(aDeployment({ atSeconds: 10, state: "adopted" }));
      const seen = await store.deployments({ limit: 10 });
      expect(seen.map(({ node, atSeconds, state }) => [node, atSeconds, state])).toEqual([
        ["cart", 30, "watched"],
        ["pricing", 10, "adopted"],
      ]);
      expect(await store.deployments({ node: "pricing", limit: 10 })).toEqual([
        aDeployment({ atSeconds: 10, state: "adopted" }),
      ]);
      expect(await store.deployments({ limit: 1 })).toHaveLength(1);
    });

    test("a version that is deployed twice is there twice", async () => {
      await store.putDeployment(aDeployment({ atSeconds: 10 }));
      await store.putDeployment(aDeployment({ atSeconds: 20 }));
      expect((await store.deployments({ limit: 10 })).map((each) => each.atSeconds)).toEqual([20, 10]);
    });

    test("beyond a thousand the oldest is forgotten", async () => {
      for (let at = 0; at < 1003; at++) await store.putDeployment(aDeployment({ atSeconds: at }));
      const seen = await store.deployments({ limit: 2000 });
      expect(seen).toHaveLength(1000);
      expect(seen.at(-1)!.atSeconds).toBe(3);
      await store.putDeployment(aDeployment({ atSeconds: 2.5 }));
      expect((await store.deployments({ limit: 2000 })).at(-1)!.atSeconds).toBe(3);
    });
  });

  describe("retention", () => {
    test("deletes series older than the time and no other, and says how many", async () => {
      await store.putSeries([
        aRow("front", "", 10),
        aRow("front", "GET /", 10),
        aRow("cart", "", 10),
        aRow("", "", 10),
      ]);
      await store.putSeries([aRow("front", "", 20), aRow("front", "GET /", 20)]);
      expect(await store.retain(20)).toBe(4);
      const left = await store.series({ node: "front", operation: "", ...everything });
      expect(left.map((point) => point.atSeconds)).toEqual([20]);
      expect(await store.series({ node: "front", operation: "GET /", ...everything })).toHaveLength(1);
      expect(await store.series({ node: "cart", operation: "", ...everything })).toEqual([]);
      expect(await store.retain(20)).toBe(0);
    });

    test("deletes traces no incident names; incidents and their evidence stay, however old", async () => {
      const named = "1".repeat(32);
      const unnamed = "2".repeat(32);
      await store.putTrace(aTrace(named));
      await store.putTrace(aTrace(unnamed));
      await store.putIncident(anIncident({ id: "with", onsetSeconds: 1, evidenceTraceIds: [named, "3".repeat(32)] }));
      await store.putIncident(anIncident({ id: "without", onsetSeconds: 2, evidenceTraceIds: [] }));
      expect(await store.retain(1e12)).toBe(1);
      expect(await store.trace(named)).not.toBeNull();
      expect(await store.trace(unnamed)).toBeNull();
      expect(await store.incidentCount()).toBe(2);
    });
  });

  test("closing twice is no error", async () => {
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
}
