import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { visitRates } from "../forecast/headroom.ts";
import { type BuiltNetwork, buildNetwork, NO_OVERRIDES } from "../forecast/network-builder.ts";
import { pushTo } from "../grouping.ts";
import type { NetworkSpec, OperationSpec } from "../kernel/spec.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import type { BaseTraffic, TrafficWindow } from "./base-traffic.ts";
import { levelTraffic } from "./level-traffic.ts";
import type { NamedNetwork } from "./named-network.ts";
import { trafficRates } from "./traffic-rates.ts";

/** Requests are no sign of an entry when they are less than this share of an operation's visits. */
const STRAY_SHARE = 0.02;

/** A structure that what was learned of a station does not contradict, and what its visits do under it. */
export interface PlausibleStructure {
  readonly structure: StationStructure;
  /** By operation (of the network) of the station. */
  readonly operations: ReadonlyMap<number, OperationSpec>;
}

export interface MeasuredLatency {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly p99Seconds: number;
}

/** All that `whatIf` needs: plain data, so that it can be sent to a worker. Operations are numbered as in the network. */
export interface WhatIfModel {
  /** Every station under its best structure. */
  readonly network: NamedNetwork;
  /** By station, the best first; never empty. */
  readonly structures: readonly (readonly PlausibleStructure[])[];
  /** By station. */
  readonly isIdentified: readonly boolean[];
  /** Windows of normal traffic, all at one level, at least one with a request. */
  readonly traffic: readonly TrafficWindow[];
  /** By entry operation, at the base load. */
  readonly measured: ReadonlyMap<number, MeasuredLatency>;
}

/** @returns null when no request entered at an operation that is known */
export function whatIfModel(knowledge: Knowledge, topology: Topology, traffic: BaseTraffic): WhatIfModel | null {
  const best = networkUnder(knowledge, topology, 0);
  const nodes = [...knowledge.nodes.values()];
  const known = traffic.windows.map((window) => renumbered(window, best.operationIndex));
  const isStray = strayRoots(best.spec, known);
  const windows = known.map((window) => selected(window, (row) => isStray[window.operation[row]!] === 0));
  if (windows.every((window) => window.operation.length === 0)) {
    return null;
  }
  const entered = new Set(windows.flatMap((window) => [...window.operation]));
  const rankCount = Math.max(...nodes.map((node) => node.structures.length));
  const byRank = Array.from({ length: rankCount }, (_, rank) => networkUnder(knowledge, topology, rank).spec);
  return {
    network: {
      spec: best.spec,
      stations: nodes.map(({ node }) => {
        const { name, kind } = topology.nodes[node]!;
        return { name, kind };
      }),
      operations: Array.from(best.topologyOperation, (operation, index) => ({
        name: topology.operations[operation]!.name,
        isEntry: entered.has(index),
      })),
    },
    structures: nodes.map((node, station) =>
      node.structures.map(({ structure }, rank) => ({
        structure,
        operations: operationsAt(byRank[rank]!.operations, station),
      })),
    ),
    isIdentified: nodes.map((node) => node.isIdentified),
    traffic: levelTraffic(windows),
    measured: measuredLatency(windows),
  };
}

function measuredLatency(windows: readonly TrafficWindow[]): Map<number, MeasuredLatency> {
  const lists = new Map<number, number[]>();
  for (const { operation, latencySeconds } of windows) {
    operation.forEach((each, row) => {
      pushTo(lists, each, latencySeconds[row]!);
    });
  }
  return new Map(
    [...lists].map(([operation, list]) => {
      const sorted = Float64Array.from(list).sort();
      const at = (p: number): number => quantileOfSorted(sorted, p);
      return [operation, { p50Seconds: at(0.5), p95Seconds: at(0.95), p99Seconds: at(0.99) }];
    }),
  );
}

/** Every node under its plausible structure of this rank, or its last. */
function networkUnder(knowledge: Knowledge, topology: Topology, rank: number): BuiltNetwork {
  return buildNetwork(knowledge, topology, NO_OVERRIDES, {
    structureOf: ({ structures }) => structures[Math.min(rank, structures.length - 1)]!,
    scaleOf: () => 1,
  });
}

function operationsAt(operations: readonly OperationSpec[], station: number): Map<number, OperationSpec> {
  return new Map([...operations.entries()].filter(([, operation]) => operation.station === station));
}

/** Requests of operations nothing was learned of are left out. */
function renumbered(window: TrafficWindow, operationIndex: Int32Array): TrafficWindow {
  const known = selected(window, (row) => (operationIndex[window.operation[row]!] ?? -1) >= 0);
  return { ...known, operation: known.operation.map((operation) => operationIndex[operation]!) };
}

/**
 * By operation: 1 where requests that seem to enter are calls whose caller was lost: others call it, and hardly any of
 * its visits came from outside.
 */
function strayRoots(spec: NetworkSpec, windows: readonly TrafficWindow[]): Uint8Array {
  const { ratePerSecond } = trafficRates(windows, spec.operations.length);
  const visits = visitRates(spec, ratePerSecond);
  return Uint8Array.from(ratePerSecond, (rate, operation) =>
    rate > 0 && rate < STRAY_SHARE * visits[operation]! ? 1 : 0,
  );
}

function selected(window: TrafficWindow, isWanted: (row: number) => boolean): TrafficWindow {
  const isKept = (_: number, row: number): boolean => isWanted(row);
  return {
    ...window,
    timeSeconds: window.timeSeconds.filter(isKept),
    operation: window.operation.filter(isKept),
    latencySeconds: window.latencySeconds.filter(isKept),
    weight: window.weight.filter(isKept),
  };
}
