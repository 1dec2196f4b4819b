import type { NodeKind } from "../../../src/contracts/observation.ts";
import type { Change, Scenario } from "../../../src/contracts/what-if.ts";
import { exponential, stream } from "../../../twin/kernel/random.ts";
import type { NetworkSpec, OperationSpec } from "../../../twin/kernel/spec.ts";
import type { TrafficWindow } from "../../../twin/what-if/base-traffic.ts";
import type { PlausibleStructure, WhatIfModel } from "../../../twin/what-if/model.ts";
import type { NamedNetwork } from "../../../twin/what-if/named-network.ts";
import { delay, edge, exponentialTable, fifo, operation, program, ps } from "../networks.ts";

const WINDOW_SECONDS = 5;

/** Poisson requests cut into windows, by operation and rate. */
export function poissonWindows(
  ratePerSecond: Readonly<Record<number, number>>,
  seconds: number,
  seed = 1,
): TrafficWindow[] {
  const rows: { readonly time: number; readonly operation: number }[] = [];
  for (const [operation, rate] of Object.entries(ratePerSecond)) {
    const random = stream(seed, Number(operation), "requests");
    for (let time = exponential(random, 1 / rate); time < seconds; time += exponential(random, 1 / rate)) {
      rows.push({ time, operation: Number(operation) });
    }
  }
  rows.sort((a, b) => a.time - b.time);
  return Array.from({ length: Math.ceil(seconds / WINDOW_SECONDS) }, (_, index) => {
    const start = index * WINDOW_SECONDS;
    const inside = rows.filter(({ time }) => time >= start && time < start + WINDOW_SECONDS);
    return {
      startSeconds: start,
      durationSeconds: WINDOW_SECONDS,
      timeSeconds: Float64Array.from(inside, ({ time }) => time - start),
      operation: Uint32Array.from(inside, (row) => row.operation),
      latencySeconds: new Float64Array(inside.length).fill(0.1),
      weight: new Float64Array(inside.length).fill(1),
    };
  });
}

/** A model in which every station has the structure it has in the network, and further ones where given. */
export function modelOf(
  network: NamedNetwork,
  traffic: readonly TrafficWindow[],
  more: Readonly<Record<number, readonly PlausibleStructure["structure"][]>> = {},
): WhatIfModel {
  const { spec } = network;
  return {
    network,
    structures: spec.stations.map(({ discipline, serverCount }, station) => {
      const operations = new Map<number, OperationSpec>(
        [...spec.operations.entries()].filter(([, each]) => each.station === station),
      );
      return [{ discipline, serverCount }, ...(more[station] ?? [])].map((structure) => ({ structure, operations }));
    }),
    isIdentified: spec.stations.map((_, station) => more[station] === undefined),
    traffic,
    measured: new Map(),
  };
}

export function named(
  spec: NetworkSpec,
  stations: readonly (string | readonly [string, NodeKind])[],
  operations: readonly string[],
  entries: readonly number[],
): NamedNetwork {
  return {
    spec,
    stations: stations.map((each) => {
      const [name, kind] = typeof each === "string" ? [each, "service" as const] : each;
      return { name, kind };
    }),
    operations: operations.map((name, index) => ({ name, isEntry: entries.includes(index) })),
  };
}

/** An M/M/c queue once requests are Poisson. */
export function oneStation(serverCount: number, meanSeconds: number): NamedNetwork {
  const spec = {
    stations: [fifo(serverCount)],
    operations: [operation(0, program(exponentialTable(meanSeconds, 8192)))],
    edges: [],
  };
  return named(spec, ["till"], ["POST /pay"], [0]);
}

export const GET_PAGE = 0;
export const POST_ORDER = 1;
export const LIST_ITEMS = 2;
export const SAVE_ORDER = 3;
export const QUERY = 4;
export const SEND = 5;

/**
 * A small shop. web (PS): GET /page calls items' LIST, POST /order calls orders' SAVE and lets mail know; items (FIFO 2)
 * remembers 60 % of what it lists and asks the database for the rest; mail works for nobody who waits.
 */
export function shop(): NamedNetwork {
  const work = (meanSeconds: number, groups: number[][] = [], probability = 1) => {
    const table = exponentialTable(meanSeconds / (groups.length + 1), 512);
    const rows = Float64Array.from({ length: 512 * (groups.length + 1) }, (_, i) => table[(i * 7) % 512]!);
    return { ...program(rows, groups), probability };
  };
  const spec: NetworkSpec = {
    stations: [ps(2), fifo(2), fifo(3), delay(), delay()],
    operations: [
      operation(0, work(0.004, [[0]])),
      operation(0, work(0.006, [[1], [3]])),
      operation(1, work(0.02, [[2]], 0.4), work(0.01, [], 0.6)),
      operation(2, work(0.03)),
      operation(3, work(0.012)),
      operation(4, work(0.05)),
    ],
    edges: [edge(2, 0.001), edge(3, 0.002), edge(4, 0.0005), edge(5, 0.001, true)],
  };
  return named(
    spec,
    ["web", "items", "orders", ["sqlite/items", "database"], "mail"],
    ["GET /page", "POST /order", "LIST", "SAVE", "SELECT", "SEND"],
    [GET_PAGE, POST_ORDER],
  );
}

export function only(...changes: Change[]): Scenario {
  return { changes };
}
