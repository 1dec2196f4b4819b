// Goal: the windows that workers make together depend on the spans alone: not on how many raw partitions they came through,
// in which order workers had their turns, nor on who died in between.
// Method: bodies of the sample recording through the legs themselves; topics are arrays, and a seeded random says whose turn it
// is and who dies. Merged windows are compared whole, numbers of names included.
import { beforeAll, describe, expect, test } from "vitest";

import type { Observation } from "../../../src/contracts/observation.ts";
import { CountingLedger } from "../../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../../src/telemetry/otlp/decoder.ts";
import { replayBodies } from "../../../src/telemetry/replay-bodies.ts";
import { Observer } from "../../../src/topology/observer.ts";
import { SAMPLE, settings } from "../../golden/recording.ts";
import { assembled, KeyedLogs, type RawBody } from "./memory-logs.ts";

const BODIES = 1500;
const PARTITIONS = 3;
const bodies: RawBody[] = [];
let calm: ReturnType<typeof assembled>;

beforeAll(async () => {
  for await (const { signal, protobuf } of replayBodies(SAMPLE)) {
    if (bodies.push({ signal, bytes: protobuf }) === BODIES) break;
  }
  const logs = new KeyedLogs([bodies], PARTITIONS);
  while (!logs.isDone) await logs.step(0);
  await logs.step(0);
  calm = assembled(logs.partitions, { settings, pick: () => 0 });
}, 60_000);

/** Bodies dealt out to raw partitions one after another, as a collector without keys does. */
function spread(sourceCount: number): RawBody[][] {
  const raw: RawBody[][] = Array.from({ length: sourceCount }, () => []);
  for (const [index, body] of bodies.entries()) raw[index % sourceCount]!.push(body);
  return raw;
}

/** Whole numbers below a limit. Source: Numerical Recipes, 3rd ed., §7.1. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

async function keyed(sourceCount: number, below: (limit: number) => number, restarts: boolean): Promise<KeyedLogs> {
  const logs = new KeyedLogs(spread(sourceCount), PARTITIONS);
  while (!logs.isDone) {
    const source = below(sourceCount);
    if (below(10) === 0) await logs.sayIdle(below(sourceCount));
    if (restarts && below(100) === 0) logs.restart(source, below(20));
    await logs.step(source);
  }
  for (let source = 0; source < sourceCount; source++) await logs.step(source);
  return logs;
}

/** A window as text; what it refers to by number stands in the topology, which is compared once. */
function textOf(window: Observation): string {
  return JSON.stringify(window, (key, value: unknown) => {
    if (key === "topology") return undefined;
    return ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value;
  });
}

function expectSame(other: ReturnType<typeof assembled>): void {
  expect(other.windows.map(({ windowIndex }) => windowIndex)).toEqual(
    calm.windows.map(({ windowIndex }) => windowIndex),
  );
  for (const [at, window] of other.windows.entries()) {
    expect(textOf(window) === textOf(calm.windows[at]!), `window ${at} differs`).toBe(true);
  }
  const { operations, nodes, programs } = calm.windows.at(-1)!.topology;
  expect(other.windows.at(-1)!.topology).toMatchObject({ operations, nodes, programs });
}

test("the windows hold the same visits as those of a single process", () => {
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ...settings, ledger });
  const observer = new Observer(settings, ledger);
  const single = bodies.flatMap(({ signal, bytes }) => observer.add(decoder.decode(signal, "protobuf", bytes).batch));
  expect(calm.windows.length).toBeGreaterThan(5);
  for (const [at, window] of calm.windows.entries()) {
    const { visits, calls, metrics, topology } = single[at]!;
    expect([window.visits.count, window.calls.count, window.metrics.length]).toEqual([
      visits.count,
      calls.count,
      metrics.length,
    ]);
    expect(namedVisits(window)).toEqual(namedVisits({ ...single[at]!, topology }));
  }
});

/** How many visits each operation of each instance had, and how long they took in all, to the millisecond. */
function namedVisits({ visits, topology }: Observation): Record<string, string> {
  const totals = new Map<string, { count: number; seconds: number }>();
  for (let row = 0; row < visits.count; row++) {
    const operation = topology.operations[visits.operation[row]!]!;
    const instance = topology.instances[visits.instance[row]!]!.name;
    const key = `${topology.nodes[operation.node]!.name} ${instance} ${operation.name}`;
    const total = totals.get(key) ?? { count: 0, seconds: 0 };
    totals.set(key, { count: total.count + 1, seconds: total.seconds + visits.selfSeconds[row]! });
  }
  const entries = [...totals].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, { count, seconds }]) => [key, `${count} ${seconds.toFixed(3)}`]));
}

describe.each([1, 2, 3])("whatever happens on the way (%d)", (seed) => {
  test("through three raw partitions, in any order, with workers that deal out dying: the windows are the same", async () => {
    const below = random(seed);
    const logs = await keyed(3, below, true);
    const other = assembled(logs.partitions, { settings, pick: below });
    expect([other.late, other.incomplete]).toEqual([0, 0]);
    expectSame(other);
  });

  test("with workers that assemble dying before or after they wrote: the windows are the same, each once", async () => {
    const below = random(seed);
    const logs = await keyed(2, below, false);
    let lives = 4;
    let records = 0;
    const dies = (): { hasWritten: boolean } | null => {
      return ++records > 2000 && lives > 0 && below(400) === 0 ? { hasWritten: --lives % 2 === 0 } : null;
    };
    const other = assembled(logs.partitions, { settings, pick: below, dies });
    expect([other.deaths > 0, other.repeated > 0, other.incomplete]).toEqual([true, true, 0]);
    expectSame(other);
  });
});
