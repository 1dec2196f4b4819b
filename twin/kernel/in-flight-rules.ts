import type { CompiledNetwork } from "./compiled-network.ts";
import type { InFlightVisits } from "./spec.ts";

/**
 * Holds visits under way to what `spec.ts` says of them, and gives by row the edge along which its caller called it (−1
 * for those without one).
 *
 * @throws {RangeError} `initial.parent[3]: 7 must be …`
 */
export function checkInFlight(initial: InFlightVisits, network: CompiledNetwork, startSeconds: number): Int32Array {
  const count = initial.operation.length;
  for (const [name, column] of Object.entries(initial))
    demand(column.length === count, `${name}.length`, column.length, `must be ${count}, as of operation`);
  for (let row = 0; row < count; row++) {
    checkPlace(initial, network, row);
    checkProgress(initial, network, row);
    const before = row === 0 ? Number.NEGATIVE_INFINITY : initial.arrivalSeconds[row - 1]!;
    const arrival = initial.arrivalSeconds[row]!;
    const isInOrder = arrival >= before && arrival > Number.NEGATIVE_INFINITY;
    demand(isInOrder, `arrivalSeconds[${row}]`, arrival, "must be finite and in order");
    demand(arrival <= startSeconds, `arrivalSeconds[${row}]`, arrival, `must not be after ${startSeconds}, the start`);
  }
  return callingEdges(initial, network);
}

function checkPlace(initial: InFlightVisits, network: CompiledNetwork, row: number): void {
  const operation = initial.operation[row]!;
  checkBelow(operation, network.operationStation.length, `operation[${row}]`);
  const station = network.operationStation[operation]!;
  const replicaCount = network.replicaFirst[station + 1]! - network.replicaFirst[station]!;
  checkBelow(initial.replica[row]!, replicaCount, `replica[${row}]`);
  const programCount = network.programFirst[operation + 1]! - network.programFirst[operation]!;
  checkBelow(initial.program[row]!, programCount, `program[${row}]`);
}

function checkProgress(initial: InFlightVisits, network: CompiledNetwork, row: number): void {
  const program = network.programFirst[initial.operation[row]!]! + initial.program[row]!;
  const groupCount = network.groupFirst[program + 1]! - network.groupFirst[program]!;
  const segment = initial.segment[row]!;
  const isWaiting = initial.isWaiting[row]!;
  demand(segment >= -1 && segment <= groupCount, `segment[${row}]`, segment, `must be from -1 to ${groupCount}`);
  const canWait = segment >= 0 && segment < groupCount;
  demand(
    isWaiting === 0 || (isWaiting === 1 && canWait),
    `isWaiting[${row}]`,
    isWaiting,
    "needs a call group to wait in",
  );
  const elapsed = initial.elapsedSeconds[row]!;
  const isDuration = elapsed >= 0 && elapsed < Number.POSITIVE_INFINITY;
  demand(isDuration, `elapsedSeconds[${row}]`, elapsed, "must be finite and ≥ 0");
}

/** Each visit answers one call of the group its caller waits in: the first to that operation that no other one answers. */
function callingEdges(initial: InFlightVisits, network: CompiledNetwork): Int32Array {
  const { programFirst, groupFirst, callFirst, callEdge, edgeCallee, edgeIsAsync } = network;
  const edges = new Int32Array(initial.operation.length).fill(-1);
  const takenCalls = new Set<string>();
  for (let row = 0; row < edges.length; row++) {
    const parent = initial.parent[row]!;
    demand(parent >= -1 && parent < row, `parent[${row}]`, parent, "must be -1 or a row before");
    if (parent === -1) continue;
    demand(initial.isWaiting[parent] === 1, `parent[${row}]`, parent, "must be a visit that waits");
    const program = programFirst[initial.operation[parent]!]! + initial.program[parent]!;
    const group = groupFirst[program]! + initial.segment[parent]!;
    for (let call = callFirst[group]!; call < callFirst[group + 1]! && edges[row] === -1; call++) {
      const edge = callEdge[call]!;
      if (edgeCallee[edge] !== initial.operation[row] || edgeIsAsync[edge] === 1) continue;
      if (takenCalls.has(`${parent} ${call}`)) continue;
      takenCalls.add(`${parent} ${call}`);
      edges[row] = edge;
    }
    demand(
      edges[row] !== -1,
      `parent[${row}]`,
      parent,
      `waits for no more calls of operation ${initial.operation[row]}`,
    );
  }
  return edges;
}

function checkBelow(index: number, end: number, path: string): void {
  demand(index < end, path, index, `must be from 0 to ${end - 1}`);
}

function demand(isTrue: boolean, path: string, value: number, rule: string): void {
  if (!isTrue) throw new RangeError(`initial.${path}: ${value} ${rule}`);
}
