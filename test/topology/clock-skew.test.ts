// Goal: clocks of instances that differ are seen from calls alone, and only times that meet from several clocks are corrected.
// Method: calls between instances whose true offsets are known, with gaps that are uneven and never the same both ways.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { type ClockDifference, ClockSkew, solveOffsets } from "../../src/topology/clock-skew.ts";
import { Observer } from "../../src/topology/observer.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** A small generator of numbers in [0, 1), so that runs repeat. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` calls from `caller` to `callee`; the network takes 0.2 ms each way and now and then much longer. */
function call(
  skew: ClockSkew,
  offsets: readonly number[],
  caller: number,
  callee: number,
  count: number,
  seed = 1,
): void {
  const random = dice(seed * 1000 + caller * 31 + callee);
  for (let i = 0; i < count; i++) {
    const there = 0.0002 + (random() < 0.3 ? 0.02 * random() : 0.0001 * random());
    const back = 0.0002 + (random() < 0.3 ? 0.02 * random() : 0.0001 * random());
    const start = 100 + i + random();
    const visit = { startSeconds: start + there, endSeconds: start + there + 0.01 * random() };
    skew.observe(
      caller,
      callee,
      { startSeconds: start + offsets[caller]!, endSeconds: visit.endSeconds + back + offsets[caller]! },
      { startSeconds: visit.startSeconds + offsets[callee]!, endSeconds: visit.endSeconds + offsets[callee]! },
    );
  }
}

describe("clocks of instances", () => {
  test("± 50 ms apart are told to a millisecond, whichever way the calls go and however long the chain", () => {
    const offsets = [0.05, -0.03, 0.012, -0.05, 0];
    const skew = new ClockSkew();
    call(skew, offsets, 0, 1, 100);
    call(skew, offsets, 2, 1, 100);
    call(skew, offsets, 2, 3, 100);
    call(skew, offsets, 4, 3, 100);
    skew.solve();
    for (let a = 0; a < offsets.length; a++) {
      for (let b = 0; b < offsets.length; b++) {
        const truth = offsets[b]! - offsets[a]!;
        expect(Math.abs(skew.translate(0, a, b) - truth), `${a} to ${b}`).toBeLessThan(0.001);
      }
    }
  });

  test("that agree are left alone to the last bit, though the network is not the same both ways", () => {
    const skew = new ClockSkew();
    for (let i = 0; i < 200; i++) {
      const start = 100 + i;
      const visit = { startSeconds: start + 0.005, endSeconds: start + 0.015 };
      skew.observe(0, 1, { startSeconds: start, endSeconds: start + 0.0151 }, visit);
    }
    skew.solve();
    expect(skew.offsetSeconds(0)).toBe(0);
    expect(skew.offsetSeconds(1)).toBe(0);
  });

  test("that drift are followed: the latest calls speak", () => {
    const skew = new ClockSkew();
    call(skew, [0, 0.05], 0, 1, 600);
    call(skew, [0, 0.08], 0, 1, 600, 2);
    skew.solve();
    expect(Math.abs(skew.translate(0, 0, 1) - 0.08)).toBeLessThan(0.001);
  });

  test("nobody called or was called by are taken to be right", () => {
    const skew = new ClockSkew();
    call(skew, [0, 0.05], 0, 1, 50);
    skew.solve();
    expect(skew.offsetSeconds(7)).toBe(0);
    expect(skew.translate(3, 7, 7)).toBe(3);
  });

  test("are offset around a mean of zero", () => {
    const skew = new ClockSkew();
    call(skew, [0.04, 0.01, 0.07], 0, 1, 50);
    call(skew, [0.04, 0.01, 0.07], 1, 2, 50);
    skew.solve();
    expect([0, 1, 2].reduce((sum, each) => sum + skew.offsetSeconds(each), 0)).toBeCloseTo(0, 9);
  });
});

describe("least squares over the graph", () => {
  test("gives back offsets of which the differences were made, whatever the graph that connects them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(29), fc.nat(29), fc.double({ min: 1, max: 1e4, noNaN: true })), { maxLength: 40 }),
        (offsets, extra) => {
          const n = offsets.length;
          const links = [
            ...offsets.slice(1).map((_, i) => [i >> 1, i + 1, 100] as const),
            ...extra.map(([a, b, weight]) => [a % n, b % n, weight] as const).filter(([a, b]) => a !== b),
          ];
          const differences = links.map(
            ([a, b, weight]): ClockDifference => ({ a, b, seconds: offsets[b]! - offsets[a]!, weight }),
          );
          const found = solveOffsets(differences);
          const mean = offsets.reduce((sum, each) => sum + each, 0) / n;
          for (let i = 0; i < n; i++) expect(found.get(i)!).toBeCloseTo(offsets[i]! - mean, 5);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("splits what contradicts itself by weight", () => {
    const found = solveOffsets([
      { a: 0, b: 1, seconds: 1, weight: 3 },
      { a: 0, b: 1, seconds: 2, weight: 1 },
    ]);
    expect(found.get(1)! - found.get(0)!).toBeCloseTo(1.25, 9);
  });
});

describe("times of different clocks in an observation", () => {
  const SHOP_OFFSET = 0.05;
  const OFFSETS: Readonly<Record<string, number>> = { shop: SHOP_OFFSET, cart: -0.05, worker: 0.03 };
  const LAG_SECONDS = 0.2;

  /** shop calls cart; both ask the same database; shop sends a message on which worker works, calling cart. */
  function spansOf(count: number): TestSpan[] {
    const spans: TestSpan[] = [];
    const add = (trace: number, span: Omit<TestSpan, "trace" | "start" | "end">, start: number, end: number): void => {
      const offset = OFFSETS[span.service!]!;
      spans.push({ ...span, trace, start: start + offset, end: end + offset });
    };
    for (let i = 0; i < count; i++) {
      const at = 100 + 0.1 * i;
      const id = 100 * (i + 1);
      const database = { kind: CLIENT, operation: "SELECT t", peer: "stock", peerKind: 1 };
      add(i + 1, { id, kind: SERVER, service: "shop", operation: "GET /" }, at, at + 0.06);
      add(i + 1, { ...database, id: id + 1, parent: id, service: "shop" }, at + 0.001, at + 0.005);
      add(
        i + 1,
        { id: id + 2, parent: id, kind: CLIENT, service: "shop", operation: "GET cart", peer: "cart:80", peerKind: 4 },
        at + 0.01,
        at + 0.03,
      );
      add(
        i + 1,
        { id: id + 3, parent: id + 2, kind: SERVER, service: "cart", operation: "GET /cart" },
        at + 0.0105,
        at + 0.0295,
      );
      add(i + 1, { ...database, id: id + 4, parent: id + 3, service: "cart" }, at + 0.012, at + 0.015);
      add(
        i + 1,
        {
          id: id + 5,
          parent: id,
          kind: PRODUCER,
          service: "shop",
          operation: "send orders",
          peer: "orders",
          peerKind: 3,
        },
        at + 0.04,
        at + 0.041,
      );
      const taken = at + 0.041 + LAG_SECONDS;
      add(
        i + 1,
        { id: id + 6, parent: id + 5, kind: CONSUMER, service: "worker", operation: "process orders" },
        taken,
        taken + 0.03,
      );
      add(
        i + 1,
        {
          id: id + 7,
          parent: id + 6,
          kind: CLIENT,
          service: "worker",
          operation: "GET cart",
          peer: "cart:80",
          peerKind: 4,
        },
        taken + 0.01,
        taken + 0.02,
      );
      add(
        i + 1,
        { id: id + 8, parent: id + 7, kind: SERVER, service: "cart", operation: "GET /cart" },
        taken + 0.0105,
        taken + 0.0195,
      );
    }
    return spans.sort((a, b) => a.end - b.end);
  }

  function lastWindows() {
    const observer = new Observer({ windowSeconds: 5, latenessSeconds: 2, maxOpenTraces: 1000 }, new CountingLedger());
    const batch = batchOf(spansOf(400), [""]);
    const before = structuredClone({ start: batch.spans.startSeconds, duration: batch.spans.durationSeconds });
    const windows = [...observer.add(batch), ...observer.finish()];
    // The first window is assembled before anything is known of the clocks.
    return { windows: windows.slice(2), batch, before };
  }

  test("the lag of a message is the true one, though its sender's and receiver's clocks differ", () => {
    const { windows } = lastWindows();
    const lags = windows.flatMap(({ visits }) => [...visits.lagSeconds].filter((lag) => lag > 0));
    expect(lags.length).toBeGreaterThan(100);
    for (const lag of lags) expect(Math.abs(lag - LAG_SECONDS)).toBeLessThan(0.001);
  });

  test("visits of a database come in the order in which they truly came, whoever asked", () => {
    const { windows } = lastWindows();
    const gaps = windows.flatMap(({ visits, topology }) => {
      const database = topology.nodes.find(({ name }) => name === "stock")!.index;
      const own = [...visits.operation.keys()].filter(
        (row) => topology.operations[visits.operation[row]!]!.node === database,
      );
      const arrivals = own.map((row) => visits.arrivalSeconds[row]!).sort((a, b) => a - b);
      return arrivals.slice(1).map((arrival, i) => arrival - arrivals[i]!);
    });
    // shop asks, cart 11 ms later, and 89 ms after that the next request begins.
    const short = gaps.filter((gap) => gap < 0.05);
    expect(short.length).toBeGreaterThan(100);
    for (const gap of short) expect(Math.abs(gap - 0.011)).toBeLessThan(0.001);
  });

  test("spans stay as they came", () => {
    const { batch, before } = lastWindows();
    expect(batch.spans.startSeconds).toEqual(before.start);
    expect(batch.spans.durationSeconds).toEqual(before.duration);
  });

  test("times of one instance stay by its own clock", () => {
    const { windows } = lastWindows();
    const arrivals = windows.flatMap(({ visits, topology }) =>
      [...visits.operation.keys()]
        .filter((row) => topology.operations[visits.operation[row]!]!.name === "GET /")
        .map((row) => visits.arrivalSeconds[row]!),
    );
    expect(arrivals.length).toBeGreaterThan(100);
    for (const arrival of arrivals) {
      const tenths = (arrival - SHOP_OFFSET) * 10;
      expect(Math.abs(tenths - Math.round(tenths))).toBeLessThan(1e-4);
    }
  });
});
