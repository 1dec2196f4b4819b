import { type CompiledNetwork, DELAY, FIFO, PS } from "./compiled-network.ts";
import { checkNetwork } from "./network-rules.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";
import type { Arrivals, NetworkSpec, ProgramSpec, SimulatedVisits, StationSpec } from "./spec.ts";

export type { CompiledNetwork } from "./compiled-network.ts";
export type { SimulationOptions } from "./simulation.ts";

const DISCIPLINE_NUMBER = { fifo: FIFO, ps: PS, delay: DELAY } as const;

/** Lays the network out for `simulate`. @throws {RangeError} naming the entry that breaks a rule of `spec.ts`. */
export function compileNetwork(spec: NetworkSpec): CompiledNetwork {
  checkNetwork(spec);
  const programs = spec.operations.flatMap((operation) => operation.programs);
  const groups = programs.flatMap((program) => program.groups);
  const { stations, operations, edges } = spec;
  return {
    stationCount: stations.length,
    discipline: Uint8Array.from(stations, (station) => DISCIPLINE_NUMBER[station.discipline]),
    serverCount: Float64Array.from(stations, (station) => station.serverCount),
    replicaFirst: offsets(stations.map((station) => station.replicaWeights.length)),
    replicaStation: Int32Array.from(stations.flatMap((station, index) => station.replicaWeights.map(() => index))),
    replicaCumulative: Float64Array.from(stations.flatMap((station) => runningSums(station.replicaWeights))),
    isRoundRobin: Uint8Array.from(stations, (station) => (takesTurns(station) ? 1 : 0)),
    operationStation: Int32Array.from(operations, (operation) => operation.station),
    programFirst: offsets(operations.map((operation) => operation.programs.length)),
    programCumulative: Float64Array.from(
      operations.flatMap((operation) => runningSums(operation.programs.map((program) => program.probability))),
    ),
    programSamples: programs.map((program) => program.segmentSamples),
    programRows: Int32Array.from(programs, rowCount),
    programBlockLength: Int32Array.from(programs, (program) => program.blockLength),
    groupFirst: offsets(programs.map((program) => program.groups.length)),
    callFirst: offsets(groups.map((group) => group.length)),
    callEdge: Int32Array.from(groups.flatMap((group) => group.map((call) => call.edge))),
    edgeCallee: Int32Array.from(edges, (edge) => edge.calleeOperation),
    edgeIsAsync: Uint8Array.from(edges, (edge) => (edge.isAsync ? 1 : 0)),
    edgeGaps: edges.map((edge) => edge.gapSamples),
  };
}

/**
 * Runs the arrivals through the network. Same network, arrivals and seed: same bytes.
 *
 * `waitingSeconds` of a visit: at a FIFO station the time until it got a server; at a PS station what sharing added to
 * its own work; at a delay station 0. At equal times, arrivals from outside come first, then events in the order they
 * were scheduled. A run in which visits block each other for ever (worker pools that call in a circle) ends truncated.
 *
 * @throws {RangeError} when arrivals are unsorted, not finite or name an operation that does not exist.
 */
export function simulate(network: CompiledNetwork, arrivals: Arrivals, options: SimulationOptions): SimulatedVisits {
  return new Simulation(network, arrivals, options).run();
}

function rowCount(program: ProgramSpec): number {
  return program.segmentSamples.length / (program.groups.length + 1);
}

function offsets(lengths: readonly number[]): Int32Array {
  const first = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) first[i + 1] = first[i]! + lengths[i]!;
  return first;
}

function runningSums(shares: readonly number[]): number[] {
  let sum = 0;
  return shares.map((share) => (sum += share));
}

/** Unequal weights cannot be taken in turn: they are drawn, whatever the balancing says. */
function takesTurns(station: StationSpec): boolean {
  const { balancing, replicaWeights } = station;
  return balancing === "round-robin" && replicaWeights.every((weight) => Math.abs(weight - replicaWeights[0]!) < 1e-9);
}
