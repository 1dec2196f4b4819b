// Goal: what is left of a visit whose first span was lost is marked, and not taken for visits where whole ones are seen.
// Method: a front that calls two backends in parallel; the front's own span is lost in some traces.
import { describe, expect, test } from "vitest";
import type { Observation } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { jobsByInstance } from "../../twin/learning/window-jobs.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const SERVER = 2;
const CLIENT = 3;

function observe(isFrontLost: (trace: number) => boolean): Observation {
  const spans = Array.from({ length: 10 }, (_, trace) => {
    const at = 100 + 0.1 * trace;
    const id = 10 * (trace + 1);
    const span = (rest: Omit<TestSpan, "trace">): TestSpan => ({ trace: trace + 1, ...rest });
    const call = (k: number, peer: string) => [
      span({
        id: id + k,
        parent: id,
        kind: CLIENT,
        service: "front",
        operation: `GET ${peer}`,
        peer: `${peer}:80`,
        peerKind: 4,
        start: at + 0.01,
        end: at + 0.03,
      }),
      span({
        id: id + k + 1,
        parent: id + k,
        kind: SERVER,
        service: peer,
        operation: `GET /${peer}`,
        start: at + 0.012,
        end: at + 0.028,
      }),
    ];
    const front = span({ id, kind: SERVER, service: "front", operation: "GET /", start: at, end: at + 0.04 });
    return [...(isFrontLost(trace) ? [] : [front]), ...call(1, "a"), ...call(3, "b")];
  }).flat();
  const observer = new Observer({ windowSeconds: 10, latenessSeconds: 2, maxOpenTraces: 100 }, new CountingLedger());
  const windows = [...observer.add(batchOf(spans)), ...observer.finish()];
  expect(windows).toHaveLength(1);
  return windows[0]!;
}

function partialVisitsOf({ visits, topology }: Observation): string[] {
  return [...visits.isPartial.keys()]
    .filter((row) => visits.isPartial[row] === 1)
    .map((row) => topology.operations[visits.operation[row]!]!.name);
}

function jobsOf(window: Observation, service: string): number {
  const node = window.topology.nodes.find(({ name }) => name === service)!.index;
  return jobsByInstance(window).find((jobs) => jobs.node === node)!.rows.length;
}

describe("visits whose first span was lost", () => {
  test("leave their calls behind, which are marked; whole visits are not, nor are the callees", () => {
    expect(partialVisitsOf(observe(() => false))).toEqual([]);
    expect(partialVisitsOf(observe((trace) => trace === 3)).sort()).toEqual(["GET a", "GET b"]);
  });

  test("are no jobs of their instance, but what they called still served", () => {
    const window = observe((trace) => trace < 3);
    expect(jobsOf(window, "front")).toBe(7);
    expect(jobsOf(window, "a")).toBe(10);
  });

  test("stand for the visits of a service that shows nothing else", () => {
    expect(
      jobsOf(
        observe(() => true),
        "front",
      ),
    ).toBe(20);
  });
});
