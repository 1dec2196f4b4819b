import type { NodeKind } from "../../src/contracts/observation.ts";
import type { EdgeTarget } from "../../src/contracts/what-if.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import { UnknownName } from "./scenario-error.ts";

/** A network whose numbers have the names people know. */
export interface NamedNetwork {
  readonly spec: NetworkSpec;
  /** By station. */
  readonly stations: readonly { readonly name: string; readonly kind: NodeKind }[];
  /** By operation. */
  readonly operations: readonly { readonly name: string; readonly isEntry: boolean }[];
}

/** @throws {UnknownName} when there is no such station. */
export function stationOf(network: NamedNetwork, service: string): number {
  const station = network.stations.findIndex((each) => each.name === service);
  if (station < 0) {
    const names = network.stations.map((each) => each.name);
    throw new UnknownName(service, "is no service of this system", names);
  }
  return station;
}

/**
 * Operations that "service" or "service operation" means, at least one; the longest name of a service that fits counts.
 *
 * @throws {UnknownName} when there is none.
 */
export function operationsOf(network: NamedNetwork, target: string): number[] {
  const names = network.stations.map((each) => each.name);
  const fitting = names.filter((name) => target === name || target.startsWith(`${name} `));
  const service = fitting.sort((a, b) => b.length - a.length)[0] ?? target;
  const station = stationOf(network, service);
  const own = network.spec.operations.flatMap((operation, index) => (operation.station === station ? [index] : []));
  const wanted = target.slice(service.length + 1);
  const meant = wanted === "" ? own : own.filter((each) => network.operations[each]!.name === wanted);
  if (meant.length === 0) {
    const known = own.map((each) => network.operations[each]!.name);
    throw new UnknownName(wanted, `is no operation of ${service}`, known);
  }
  return meant;
}

/** The entry operation of this name, alone or behind its service's. @throws {UnknownName} when there is none. */
export function entryOf(network: NamedNetwork, name: string): number {
  const entries = network.operations.flatMap((operation, index) => (operation.isEntry ? [index] : []));
  const found = entries.filter((each) => network.operations[each]!.name === name || fullName(network, each) === name);
  if (found.length !== 1) {
    const rule = found.length === 0 ? "is no operation at which requests enter" : "is entered at several services";
    const names = entries.map((each) =>
      found.length === 0 ? network.operations[each]!.name : fullName(network, each),
    );
    throw new UnknownName(name, rule, names);
  }
  return found[0]!;
}

/** Edges the target means, at least one. @throws {UnknownName} when nobody calls so. */
export function edgesOf(network: NamedNetwork, target: EdgeTarget): number[] {
  const from = new Set(operationsOf(network, target.from));
  const to = new Set(operationsOf(network, target.to));
  const callers = callerOfEdges(network.spec);
  const found = network.spec.edges.flatMap((edge, index) =>
    from.has(callers[index]!) && to.has(edge.calleeOperation) ? [index] : [],
  );
  if (found.length === 0) {
    const called = network.spec.edges.flatMap((edge, index) => {
      const caller = callers[index]!;
      return caller < 0 ? [] : [`${serviceName(network, caller)}->${serviceName(network, edge.calleeOperation)}`];
    });
    const rule = `is no edge: ${target.from} never called ${target.to}`;
    throw new UnknownName(`${target.from}->${target.to}`, rule, [...new Set(called)]);
  }
  return found;
}

/** Edges into or out of a station. */
export function edgesAt(network: NamedNetwork, station: number): number[] {
  const { spec } = network;
  const callers = callerOfEdges(spec);
  return spec.edges.flatMap((edge, index) => {
    const caller = callers[index]!;
    const isAt = spec.operations[edge.calleeOperation]!.station === station;
    return caller >= 0 && (isAt || spec.operations[caller]!.station === station) ? [index] : [];
  });
}

/** The operation whose programs make the calls of each edge, −1 for an edge nobody uses. */
export function callerOfEdges(spec: NetworkSpec): Int32Array {
  const callers = new Int32Array(spec.edges.length).fill(-1);
  spec.operations.forEach((operation, index) => {
    for (const program of operation.programs) {
      for (const call of program.groups.flat()) {
        callers[call.edge] = index;
      }
    }
  });
  return callers;
}

export function serviceName(network: NamedNetwork, operation: number): string {
  return network.stations[network.spec.operations[operation]!.station]!.name;
}

export function fullName(network: NamedNetwork, operation: number): string {
  return `${serviceName(network, operation)} ${network.operations[operation]!.name}`;
}
