// Goal: the line never waits for its store; what it found is written in order and once, through outages, within limits; what is
// dropped is counted and said; people read what was told. Method: a store in memory that fails when the test says so.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { SourceError } from "../../src/contracts/errors.ts";
import type { Store } from "../../src/contracts/store.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { StoreWriter, type WriterLimits } from "../../src/pipeline/store-writer.ts";
import type { Write } from "../../src/pipeline/write-queue.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { aDeployment, anIncident, aRow, aTrace } from "../store/samples.ts";

const BUSY = new SourceError("busy", { retriable: true });
const QUICK = { firstPauseSeconds: 0.001, longestPauseSeconds: 0.002 };

type Failure = Error | null;

/** Notes in which order it is written to, and fails as `failure` says. */
function failing(limits: Partial<WriterLimits> = {}) {
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const written: string[] = [];
  const said: string[] = [];
  const state = { failure: null as Failure, attempts: 0 };
  const noted = <Value>(name: (value: Value) => string, put: (value: Value) => Promise<unknown>) => {
    return async (value: Value): Promise<void> => {
      state.attempts++;
      if (state.failure !== null) throw state.failure;
      await put(value);
      written.push(name(value));
    };
  };
  const notes: Store = Object.assign(Object.create(store) as Store, {
    putSeries: noted<Parameters<Store["putSeries"]>[0]>(
      (rows) => `series ${rows[0]?.point.atSeconds}`,
      (rows) => store.putSeries(rows),
    ),
    putIncident: noted<Parameters<Store["putIncident"]>[0]>(
      ({ id, state: at }) => `incident ${id} ${at}`,
      (incident) => store.putIncident(incident),
    ),
    putTrace: noted<Parameters<Store["putTrace"]>[0]>(
      ({ traceId }) => `trace ${traceId.slice(0, 1)}`,
      (trace) => store.putTrace(trace),
    ),
    putDeployment: noted<Parameters<Store["putDeployment"]>[0]>(
      ({ atSeconds }) => `deployment ${atSeconds}`,
      (marker) => store.putDeployment(marker),
    ),
    retain: noted<number>(
      (at) => `retain ${at}`,
      (at) => store.retain(at),
    ),
  });
  const onError = (error: unknown, what: string): void => {
    said.push(`${what}: ${(error as Error).message}`);
  };
  const writer = new StoreWriter({ store: notes, onError, limits: { ...QUICK, ...limits } });
  return { store, writer, written, said, state };
}

const series = (at: number, rows = 1): Write => {
  return { kind: "series", rows: Array.from({ length: rows }, (_, index) => aRow(`node-${index}`, "", at)) };
};
const incident = (id: string, state: "open" | "resolved" = "open"): Write => {
  return { kind: "incident", incident: anIncident({ id, state }) };
};
const trace = (digit: string, spans = 2): Write => ({ kind: "trace", trace: aTrace(digit.repeat(32), spans) });

describe("a writer", () => {
  test("writes in the order in which it was told, and asks nothing of the store while it is told", async () => {
    const { writer, written, state } = failing();
    const told: Write[] = [
      series(10),
      { kind: "deployment", marker: aDeployment({ atSeconds: 9 }) },
      incident("a"),
      trace("1"),
      { kind: "retention", olderThanSeconds: 1 },
      series(15),
    ];
    for (const write of told) writer.put(write);
    expect([state.attempts, writer.waitingCount]).toEqual([0, 6]);
    await writer.settled();
    expect(written).toEqual(["series 10", "deployment 9", "incident a open", "trace 1", "retain 1", "series 15"]);
    expect(writer.waitingCount).toBe(0);
  });

  test("asks a store that fails again until it takes the write, says so once an outage, and keeps the order", async () => {
    const { writer, written, said, state } = failing();
    state.failure = BUSY;
    writer.put(series(10));
    writer.put(incident("a"));
    await expect.poll(() => writer.retryCount).toBeGreaterThan(3);
    expect([writer.isFailing, written]).toEqual([true, []]);
    state.failure = null;
    await writer.settled();
    expect(written).toEqual(["series 10", "incident a open"]);
    expect([writer.isFailing, said]).toEqual([false, ["keeping results: the store is asked again: busy"]]);
    state.failure = BUSY;
    writer.put(series(15));
    await expect.poll(() => said.length).toBe(2);
    state.failure = null;
    await writer.settled();
    expect(writer.dropped).toEqual({ series: 0, incident: 0, trace: 0, deployment: 0, retention: 0 });
  });

  test("drops what no repetition can help, says so once, and goes on with the rest", async () => {
    const { writer, written, said } = failing();
    const row = aRow("cart", "", 10);
    for (let at = 0; at < 3; at++) {
      writer.put({ kind: "series", rows: [{ ...row, point: { ...row.point, probability: Number.NaN } }] });
    }
    writer.put(incident("a"));
    await writer.settled();
    expect([written, writer.dropped.series]).toEqual([["incident a open"], 3]);
    expect(said).toEqual([expect.stringMatching(/^keeping results: series dropped: probability of cart/)]);
  });

  test("over its limit drops the oldest series, counts and says it, and never an incident", async () => {
    const { writer, written, said, state } = failing({ series: 10, trace: 5, deployment: 2 });
    state.failure = BUSY;
    writer.put(incident("first"));
    await expect.poll(() => writer.retryCount).toBeGreaterThan(0);
    for (let at = 1; at <= 5; at++) writer.put(series(at, 4));
    for (let id = 0; id < 50; id++) writer.put(incident(`incident-${id}`));
    for (const digit of ["1", "2", "3"]) writer.put(trace(digit));
    for (const atSeconds of [7, 8, 9]) writer.put({ kind: "deployment", marker: aDeployment({ atSeconds }) });
    expect(writer.dropped).toEqual({ series: 12, trace: 2, deployment: 1, incident: 0, retention: 0 });
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^keeping results: 10 series rows and 5 spans may wait for the store/);
    state.failure = null;
    await writer.settled();
    expect(written.filter((each) => each.startsWith("incident"))).toHaveLength(51);
    expect(written.filter((each) => !each.startsWith("incident"))).toEqual([
      "series 4",
      "series 5",
      "trace 2",
      "trace 3",
      "deployment 8",
      "deployment 9",
    ]);
  });

  test("keeps of an incident only the last state that waits, so that an outage of any length has bounds", async () => {
    const { writer, written, state } = failing();
    state.failure = BUSY;
    writer.put(series(1));
    await expect.poll(() => writer.retryCount).toBeGreaterThan(0);
    for (let window = 0; window < 1000; window++) writer.put(incident("a"));
    writer.put(incident("a", "resolved"));
    expect(writer.waitingCount).toBe(2);
    state.failure = null;
    await writer.settled();
    expect(written).toEqual(["series 1", "incident a resolved"]);
  });

  test("that closes writes what waits; when the store does not come back in time the rest is dropped and counted", async () => {
    const healthy = failing();
    healthy.writer.put(series(1));
    await healthy.writer.close();
    expect(healthy.written).toEqual(["series 1"]);
    const { writer, written, state } = failing({ closeSeconds: 0.02, longestPauseSeconds: 60, firstPauseSeconds: 60 });
    state.failure = BUSY;
    writer.put(series(1, 7));
    writer.put(incident("a"));
    await expect.poll(() => state.attempts).toBe(1);
    await writer.close();
    expect([written, writer.waitingCount]).toEqual([[], 0]);
    expect(writer.dropped).toMatchObject({ series: 7, incident: 1 });
  });

  test("that closes in the pause of an outage asks the store once more at once", async () => {
    const { writer, written, state } = failing({ firstPauseSeconds: 60 });
    state.failure = BUSY;
    writer.put(incident("a"));
    await expect.poll(() => state.attempts).toBe(1);
    state.failure = null;
    await writer.close();
    expect(written).toEqual(["incident a open"]);
  });

  test("shows a checkpoint all that waits, the write under way first; told to another writer the store becomes the same", async () => {
    const { writer, state } = failing();
    state.failure = BUSY;
    const told = [incident("a"), trace("1"), series(5)];
    for (const write of told) writer.put(write);
    await expect.poll(() => state.attempts).toBeGreaterThan(0);
    expect(writer.waiting()).toEqual(told);
    const next = failing();
    for (const write of JSON.parse(JSON.stringify(writer.waiting())) as Write[]) next.writer.put(write);
    await next.writer.settled();
    expect(await next.store.incident("a")).toEqual(anIncident({ id: "a" }));
    state.failure = null;
    await writer.settled();
  });
});

test("whatever is put, and whenever the store fails, the store ends with the last state of each, and settled means written", async () => {
  const step = fc.oneof(
    fc.record({ put: fc.constantFrom("a", "b", "c"), state: fc.constantFrom("open" as const, "resolved" as const) }),
    fc.record({ at: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ fails: fc.boolean() }),
    fc.constant("yield" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { store, writer, state } = failing();
      const last = new Map<string, string>();
      const points = new Set<number>();
      for (const each of steps) {
        if (each === "yield") await Promise.resolve();
        else if ("fails" in each) state.failure = each.fails ? BUSY : null;
        else if ("at" in each) {
          writer.put(series(each.at));
          points.add(each.at);
        } else {
          writer.put(incident(each.put, each.state));
          last.set(each.put, each.state);
        }
      }
      state.failure = null;
      await writer.settled();
      expect(writer.waitingCount).toBe(0);
      for (const [id, expected] of last) expect((await store.incident(id))?.state).toBe(expected);
      const kept = await store.series({ node: "node-0", operation: "", fromSeconds: 0, toSeconds: 99, limit: 99 });
      expect(new Set(kept.map(({ atSeconds }) => atSeconds))).toEqual(points);
      await store.close();
    }),
    { numRuns: 60 },
  );
});

describe("results, as people read them,", () => {
  test("hold what was found before they were asked for", async () => {
    const { store, writer } = failing();
    const kept = new KeptResults(store, writer);
    writer.put(incident("a"));
    writer.put(trace("1"));
    writer.put(series(10));
    writer.put({ kind: "deployment", marker: aDeployment() });
    expect((await kept.incidents({ limit: 9 })).map(({ id }) => id)).toEqual(["a"]);
    writer.put(incident("b"));
    expect(await kept.incidentCount()).toBe(2);
    expect(await kept.trace("1".repeat(32))).not.toBeNull();
    expect(await kept.series({ node: "node-0", operation: "", fromSeconds: 0, toSeconds: 99, limit: 9 })).toHaveLength(
      1,
    );
    expect(await kept.deployments({ limit: 9 })).toHaveLength(1);
  });

  test("hold an incident while the store is away; lists are refused as something to try again", async () => {
    const { store, writer, state } = failing();
    const kept = new KeptResults(store, writer, 0.01);
    state.failure = BUSY;
    writer.put(incident("a"));
    await expect.poll(() => state.attempts).toBeGreaterThan(0);
    expect(await kept.incident("a")).toEqual(anIncident({ id: "a" }));
    writer.put(incident("a", "resolved"));
    expect((await kept.incident("a"))?.state).toBe("resolved");
    await expect(kept.incidents({ limit: 9 })).rejects.toMatchObject({ name: "SourceError", retriable: true });
    state.failure = null;
    await writer.settled();
    expect(await kept.incidentCount()).toBe(1);
  });
});
