// Goal: every kind of synthetic fault does to spans what faults.ts says of it, while it lasts and no longer; campaigns
// drawn from a seed label faults that can show.
// Method: a chain of three services and a database under light load, the fault at the middle one for a third of the time.
import { describe, expect, test } from "vitest";
import { drawCampaign } from "../../datasets/synthetic/draw-campaign.ts";
import type { SyntheticFaultKind } from "../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { simulateApplication } from "../../datasets/synthetic/simulate-application.ts";
import type { SyntheticSpan } from "../../datasets/synthetic/span.ts";
import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import { chain } from "./synthetic-applications.ts";

const work = { shape: "gamma", meanSeconds: 0.02, cv: 0.5 } as const;
const station = { discipline: "ps", processorCount: 4, threadCount: 200 } as const;
const application = chain([
  { station, work },
  { station, work, replicaCount: 2, balancing: "round-robin" },
  { station: { discipline: "delay" }, work, isLeaf: true },
]);
const MIDDLE = 1;
const DATABASE = 2;
const requests = drawRequests(application, [steady(10, 300)], 4);

/** Spans by part of the time: before the fault, while it lasts, and after its backlog. */
function spansAround(kind: SyntheticFaultKind, size: number, service = MIDDLE): SyntheticSpan[][] {
  const parts: SyntheticSpan[][] = [[], [], []];
  simulateApplication(application, requests, {
    seed: 4,
    faults: [{ kind, service, size, fromSeconds: 100, untilSeconds: 200 }],
    onSpan: (span) => {
      const part = span.startSeconds < 99 ? 0 : span.startSeconds < 100 ? -1 : span.endSeconds < 200 ? 1 : 2;
      if (part >= 0 && !(part === 2 && span.startSeconds < 210)) parts[part]!.push(span);
    },
  });
  return parts;
}

const callsOf = (service: number) => (span: SyntheticSpan) =>
  span.kind === SPAN_KIND.client && span.operation === service;
const visitsOf = (service: number) => (span: SyntheticSpan) =>
  span.kind === SPAN_KIND.server && span.service === service;
const meanSeconds = (spans: readonly SyntheticSpan[]): number =>
  spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0) / spans.length;

/** Means of a kind of span before, while and after, seconds. */
function means(spans: readonly SyntheticSpan[][], which: (span: SyntheticSpan) => boolean): number[] {
  return spans.map((part) => meanSeconds(part.filter(which)));
}

describe("a fault", () => {
  test("slow-code multiplies the work of its service, and of nobody else", () => {
    const spans = spansAround("slow-code", 3);
    const [before, during, after] = means(spans, visitsOf(MIDDLE));
    expect(during! - before!).toBeCloseTo(0.04, 2);
    expect(after!).toBeCloseTo(before!, 2);
    const database = means(spans, callsOf(DATABASE));
    expect(database[1]!).toBeCloseTo(database[0]!, 2);
  });

  test("slow-dependency multiplies the time of a database", () => {
    const [before, during, after] = means(spansAround("slow-dependency", 4, DATABASE), callsOf(DATABASE));
    expect(during! - before!).toBeCloseTo(0.06, 2);
    expect(after!).toBeCloseTo(before!, 2);
  });

  test("bad-replica slows one instance down and leaves the other as it was", () => {
    const spans = spansAround("bad-replica", 4);
    const ofReplica = (replica: number) => (span: SyntheticSpan) => visitsOf(MIDDLE)(span) && span.replica === replica;
    const bad = means(spans, ofReplica(0));
    const good = means(spans, ofReplica(1));
    expect(bad[1]! - bad[0]!).toBeCloseTo(0.06, 2);
    expect(good[1]!).toBeCloseTo(good[0]!, 2);
  });

  test("network-delay shows between caller and callee, not in the callee", () => {
    const spans = spansAround("network-delay", 0.05);
    const calls = means(spans, callsOf(MIDDLE));
    const visits = means(spans, visitsOf(MIDDLE));
    expect(calls[1]! - calls[0]!).toBeCloseTo(0.05, 2);
    expect(visits[1]!).toBeCloseTo(visits[0]!, 2);
  });

  test("network-loss makes the share of calls wait a fifth of a second that loses a message there or back", () => {
    const lossProbability = 0.1;
    const shares = spansAround("network-loss", lossProbability).map((part) => {
      const calls = part.filter(callsOf(MIDDLE));
      return calls.filter((span) => span.endSeconds - span.startSeconds > 0.2).length / calls.length;
    });
    const expected = 1 - (1 - lossProbability) ** 2;
    expect(shares[0]).toBeLessThan(0.01);
    expect(Math.abs(shares[1]! - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 1000));
    expect(shares[2]).toBeLessThan(0.01);
  });

  test("pause stops the work for its time every two seconds: the share of visits it hits, and the longest wait, follow", () => {
    const [before, during] = spansAround("pause", 0.5);
    const longest = Math.max(...during!.filter(visitsOf(MIDDLE)).map((span) => span.endSeconds - span.startSeconds));
    expect(longest).toBeGreaterThan(0.45);
    expect(longest).toBeLessThan(0.5 + 0.3);
    // A visit that comes in a pause waits half of it on average.
    expect(
      meanSeconds(during!.filter(visitsOf(MIDDLE))) - meanSeconds(before!.filter(visitsOf(MIDDLE))),
    ).toBeGreaterThan(0.5 * 0.25 * 0.25);
  });

  test("cpu makes work take 1 / (1 − size) of its time on the whole, in steps of a tenth of a second", () => {
    const [before, during] = means(spansAround("cpu", 0.5), visitsOf(MIDDLE));
    expect(during!).toBeGreaterThan(1.4 * before!);
    expect(during!).toBeLessThan(2.5 * before!);
  });

  test("cache-miss adds calls of the same callee, one after the other, to its share of the visits", () => {
    const callsPerVisit = spansAround("cache-miss", 0.5).map(
      (part) => part.filter(callsOf(DATABASE)).length / part.filter(visitsOf(MIDDLE)).length,
    );
    expect(callsPerVisit[0]).toBeCloseTo(1, 1);
    expect(callsPerVisit[1]).toBeCloseTo(2, 0);
    expect(callsPerVisit[2]).toBeCloseTo(1, 1);
  });

  test("crash fails every call of the service and every request above it, and it is never visited", () => {
    const [before, during, after] = spansAround("crash", 1);
    expect(before!.some((span) => span.isError)).toBe(false);
    expect(during!.filter(visitsOf(MIDDLE))).toEqual([]);
    expect(during!.filter(callsOf(MIDDLE)).every((span) => span.isError)).toBe(true);
    expect(during!.filter((span) => span.parent === 0).every((span) => span.isError)).toBe(true);
    expect(after!.some((span) => span.isError)).toBe(false);
  });
});

describe("a campaign drawn from a seed", () => {
  test("is the same for the same seed: application, load and faults", () => {
    const { application: one, labels } = drawCampaign(7);
    const other = drawCampaign(7);
    expect(other.application).toEqual(one);
    expect(other.labels).toEqual(labels);
    expect(drawCampaign(8).labels).not.toEqual(labels);
  });

  test("has faults at nodes of the application, apart from each other and from loads without one", () => {
    for (const seed of [1, 2, 3, 4]) {
      const { application: drawn, labels } = drawCampaign(seed);
      const names = new Set(drawn.services.map((service) => service.name));
      const stretches = [...labels.faults, ...labels.loads!].sort((a, b) => a.start - b.start);
      expect(labels.faults.length).toBeGreaterThanOrEqual(4);
      expect(labels.faults.every((fault) => names.has(fault.service))).toBe(true);
      stretches.slice(1).forEach((stretch, i) => {
        expect(stretch.start).toBeGreaterThanOrEqual(stretches[i]!.end + labels.settleSeconds);
      });
    }
  });
});
