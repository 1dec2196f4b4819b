import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Observation } from "../../src/contracts/observation.ts";
import type { Ledger, LedgerRow, LossReason } from "../../src/contracts/telemetry.ts";
import { Observer } from "../../src/topology/observer.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

class CountingLedger implements Ledger {
  readonly losses = new Map<string, number>();
  receivedCount = 0;

  received(_service: string, spanCount: number): void {
    this.receivedCount += spanCount;
  }

  lost(service: string, reason: LossReason, spanCount: number): void {
    const key = `${service} ${reason}`;
    this.losses.set(key, (this.losses.get(key) ?? 0) + spanCount);
  }

  rows(): readonly LedgerRow[] {
    return [];
  }
}

function observe(spans: readonly TestSpan[], batchSizes: readonly number[] = [spans.length]) {
  const ledger = new CountingLedger();
  const observer = new Observer({ windowSeconds: 5, latenessSeconds: 2, maxOpenTraces: 1000 }, ledger);
  const windows: Observation[] = [];
  const texts = [""];
  let at = 0;
  for (const size of batchSizes) {
    windows.push(...observer.add(batchOf(spans.slice(at, at + size), texts)));
    at += size;
  }
  windows.push(...observer.finish());
  return { windows, ledger };
}

function visitsOf(window: Observation) {
  const { visits, topology } = window;
  return Array.from({ length: visits.count }, (_, row) => {
    const operation = topology.operations[visits.operation[row]!]!;
    return {
      node: topology.nodes[operation.node]!.name,
      kind: topology.nodes[operation.node]!.kind,
      operation: operation.name,
      sojourn: visits.sojournSeconds[row]!,
      self: visits.selfSeconds[row]!,
      lag: visits.lagSeconds[row]!,
      isRoot: visits.isRoot[row] === 1,
      segments: [...visits.segmentSeconds.slice(visits.segmentStart[row]!, visits.segmentStart[row + 1]!)],
      waits: [...visits.groupSeconds.slice(visits.segmentStart[row]! - row, visits.segmentStart[row + 1]! - row - 1)],
      groups: topology.programs[visits.program[row]!]!.groups.map((group) =>
        group.map((edge) => {
          const callee = topology.operations[topology.edges[edge]!.calleeOperation]!;
          return `${topology.nodes[callee.node]!.name} ${callee.name}`;
        }),
      ),
    };
  });
}

/** A front calls two services in parallel and then a third. */
function fanOut(trace: number, at: number): TestSpan[] {
  const base = trace * 100;
  const span = (
    id: number,
    rest: Omit<TestSpan, "trace" | "id" | "start" | "end"> & { from: number; to: number },
  ): TestSpan => {
    const { from, to, ...fields } = rest;
    return {
      ...fields,
      trace,
      id: base + id,
      start: at + from,
      end: at + to,
      ...(fields.parent === undefined ? {} : { parent: base + fields.parent }),
    };
  };
  return [
    span(3, { parent: 2, kind: SERVER, service: "a", operation: "GET /a", from: 0.012, to: 0.028 }),
    span(2, {
      parent: 1,
      kind: CLIENT,
      service: "front",
      operation: "GET a",
      peer: "a:80",
      peerKind: 4,
      from: 0.01,
      to: 0.03,
    }),
    span(5, { parent: 4, kind: SERVER, service: "b", operation: "GET /b", from: 0.012, to: 0.038 }),
    span(4, {
      parent: 1,
      kind: CLIENT,
      service: "front",
      operation: "GET b",
      peer: "b:80",
      peerKind: 4,
      from: 0.011,
      to: 0.04,
    }),
    span(6, {
      parent: 1,
      kind: CLIENT,
      service: "front",
      operation: "SELECT t",
      peer: "sqlite/shop",
      peerKind: 1,
      from: 0.05,
      to: 0.06,
    }),
    span(1, { kind: SERVER, service: "front", operation: "GET /", from: 0, to: 0.065 }),
  ];
}

describe("pairing", () => {
  test("overlapping calls form one parallel group, a later call the next", () => {
    const { windows } = observe(fanOut(1, 100));
    const front = visitsOf(windows[0]!).find((visit) => visit.node === "front")!;
    expect(front.groups).toEqual([["a GET /a", "b GET /b"], ["sqlite/shop SELECT t"]]);
    expect(front.segments.map((s) => Math.round(s * 1e3))).toEqual([10, 10, 5]);
    expect(front.waits.map((s) => Math.round(s * 1e3))).toEqual([30, 10]);
    expect(front.self).toBeCloseTo(0.025, 6);
    expect(front.isRoot).toBe(true);
  });

  test("an edge's gap is the caller's duration minus the callee's, whatever their clocks say", () => {
    const shifted = fanOut(1, 100).map((span) =>
      span.service === "a" ? { ...span, start: span.start + 0.5, end: span.end + 0.5 } : span,
    );
    const { windows } = observe(shifted);
    const { calls, topology } = windows[0]!;
    const row = [...calls.edge].findIndex(
      (edge) => topology.operations[topology.edges[edge]!.calleeOperation]!.name === "GET /a",
    );
    expect(calls.gapSeconds[row]).toBeCloseTo(0.004, 6);
  });

  test("a CLIENT span to a database that nobody answers is a visit of a leaf station", () => {
    const { windows } = observe(fanOut(1, 100));
    const leaf = visitsOf(windows[0]!).find((visit) => visit.kind === "database")!;
    expect(leaf).toMatchObject({ node: "sqlite/shop", operation: "SELECT t", isRoot: false });
    expect(leaf.sojourn).toBeCloseTo(0.01, 6);
  });

  test("a call that its service usually answers and now does not is a missing callee, not a new leaf", () => {
    const unanswered = fanOut(2, 101).filter((span) => span.service !== "a");
    const { windows, ledger } = observe([...fanOut(1, 100), ...unanswered]);
    expect(windows[0]!.topology.nodes.map((node) => node.name).sort()).toEqual(["a", "b", "front", "sqlite/shop"]);
    expect(ledger.losses.get("front missing-callee")).toBe(1);
    expect([...windows[0]!.calls.calleeVisit].filter((visit) => visit === -1)).toHaveLength(1);
  });

  test("spans without kinds become SERVER and CLIENT where a parent ran elsewhere", () => {
    const kindless = fanOut(1, 100).map(({ kind: _, peer: __, peerKind: ___, ...span }) => span);
    const { windows } = observe(kindless);
    const front = visitsOf(windows[0]!).find((visit) => visit.node === "front")!;
    expect(front.groups).toEqual([["a GET /a", "b GET /b"]]);
  });
});

describe("messages", () => {
  const message = (at: number, lag: number, how: "parent" | "link"): TestSpan[] => [
    {
      trace: 1,
      id: 2,
      parent: 1,
      kind: PRODUCER,
      service: "shop",
      operation: "send orders",
      peer: "queue/orders",
      peerKind: 3,
      start: at,
      end: at + 0.01,
    },
    { trace: 1, id: 1, kind: SERVER, service: "shop", operation: "POST /order", start: at - 0.01, end: at + 0.02 },
    {
      trace: how === "parent" ? 1 : 9,
      id: 3,
      kind: CONSUMER,
      service: "mailer",
      operation: "process orders",
      ...(how === "parent" ? { parent: 2 } : { link: 2 }),
      start: at + 0.01 + lag,
      end: at + 0.05 + lag,
    },
  ];

  test.each(["parent", "link"] as const)("a consumer found by %s arrives when its message was sent", (how) => {
    const { windows } = observe(message(100, 20, how));
    const mailer = windows.flatMap(visitsOf).find((visit) => visit.node === "mailer")!;
    expect(mailer.lag).toBeCloseTo(20, 6);
    expect(mailer.sojourn).toBeCloseTo(20.04, 6);
    expect(mailer.isRoot).toBe(false);
    const { topology } = windows[0]!;
    const edge = topology.edges.find((each) => each.isAsync)!;
    expect(topology.nodes[topology.operations[edge.callerOperation]!.node]!.kind).toBe("queue");
  });

  test("the sender's trace does not wait for a consumer that takes long", () => {
    const { windows } = observe([
      ...message(100, 20, "parent").slice(0, 2),
      ...fanOut(5, 110),
      message(100, 20, "parent")[2]!,
    ]);
    expect(windows.map((window) => window.startSeconds)).toEqual([100, 110, 120]);
  });
});

describe("losses are counted, never silent", () => {
  test("a span seen twice counts once", () => {
    const spans = fanOut(1, 100);
    const { windows, ledger } = observe([...spans, spans[0]!]);
    expect(ledger.losses.get("a duplicate")).toBe(1);
    expect(visitsOf(windows[0]!).filter((visit) => visit.node === "a")).toHaveLength(1);
  });

  test("a fragment whose window is closed is late", () => {
    const { ledger } = observe([...fanOut(1, 100), ...fanOut(2, 120), ...fanOut(3, 100)]);
    expect([...ledger.losses].filter(([key]) => key.endsWith("late"))).toEqual([["front late", 6]]);
  });

  test("a SERVER whose parent never came is an orphan and still a visit", () => {
    const { windows, ledger } = observe(fanOut(1, 100).filter((span) => span.id === 103));
    expect(ledger.losses.get("a orphan")).toBe(1);
    expect(visitsOf(windows[0]!)).toHaveLength(1);
  });

  test("one clock an hour ahead does not close windows", () => {
    const broken: TestSpan = { trace: 8, id: 800, kind: SERVER, service: "front", start: 9000, end: 9001 };
    const { windows, ledger } = observe([...fanOut(1, 100), broken, ...fanOut(2, 101)]);
    expect(windows).toHaveLength(1);
    expect(ledger.losses.get("front skewed")).toBe(1);
  });
});

test("windows do not depend on how spans are cut into batches", () => {
  const spans = Array.from({ length: 40 }, (_, k) => fanOut(k + 1, 100 + k * 0.7)).flat();
  const whole = observe(spans).windows.map(visitsOf);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const rest = Math.max(0, spans.length - sizes.reduce((sum, size) => sum + size, 0));
      expect(observe(spans, [...sizes, rest]).windows.map(visitsOf)).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test("spans whose parents make no sense (cycles, strangers, themselves) neither throw nor hang nor vanish", () => {
  const span = fc.record({
    id: fc.integer({ min: 1, max: 12 }),
    parent: fc.integer({ min: 0, max: 14 }),
    kind: fc.integer({ min: 0, max: 5 }),
    service: fc.constantFrom("a", "b", "c"),
    start: fc.double({ min: 100, max: 104, noNaN: true }),
    length: fc.double({ min: -0.01, max: 1, noNaN: true }),
    peerKind: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 20 }), (drawn) => {
      const spans: TestSpan[] = drawn.map(({ length, ...rest }) => ({
        ...rest,
        trace: 1,
        end: rest.start + length,
        peer: "x",
      }));
      const { windows, ledger } = observe(spans);
      const visits = windows.flatMap(visitsOf);
      expect(visits.length + (ledger.losses.size > 0 ? 1 : 0)).toBeGreaterThan(0);
      expect(
        visits.every((visit) => visit.sojourn >= 0 && visit.self >= 0 && visit.segments.every((s) => s >= 0)),
      ).toBe(true);
      for (const { sojourn, lag, segments, waits } of visits) {
        const parts = [lag, ...segments, ...waits].reduce((sum, seconds) => sum + seconds, 0);
        expect(parts).toBeCloseTo(sojourn, 9);
      }
    }),
    { numRuns: 300 },
  );
});
