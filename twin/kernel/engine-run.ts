import type { CompiledNetwork } from "./compiled-network.ts";
import type { Engine } from "./engine.ts";
import { checkInFlight } from "./in-flight-rules.ts";
import { keysOf } from "./random.ts";
import { samplesInFlight } from "./rows-in-flight.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { Arrivals, InFlightVisits } from "./spec.ts";
import { stallPhases } from "./stall-phases.ts";

const NOWHERE = 0;

/**
 * Puts what a run needs into the memory of an engine that has its network, and gives where its `RunColumns` of
 * `engine/run.ts` stand.
 *
 * @throws {RangeError} when arrivals or visits under way break a rule of `spec.ts`.
 */
export function putRun(
  engine: Engine,
  network: CompiledNetwork,
  arrivals: Arrivals,
  options: SimulationOptions,
): number {
  const { seed, initial, untilSeconds = Number.POSITIVE_INFINITY, maxOpenVisits = 131_072 } = options;
  checkArrivals(arrivals, network);
  const startSeconds = options.startSeconds ?? arrivals.timeSeconds[0] ?? Number.NaN;
  const initialAt =
    initial === undefined
      ? NOWHERE
      : putInFlight(engine, network, initial, { seed, startSeconds, firstRoot: arrivals.timeSeconds.length });
  const words = [
    arrivals.timeSeconds.length,
    maxOpenVisits,
    options.recordedVisits === "roots" ? 0 : 1,
    engine.put(arrivals.timeSeconds),
    engine.put(arrivals.operation),
    engine.put(streamKeys(network, seed)),
    engine.put(stallPhases(network, seed)),
    initialAt,
  ];
  return engine.put(wordsThenReals(words, [startSeconds, untilSeconds, options.maxEvents ?? 50_000_000]));
}

function checkArrivals({ timeSeconds, operation }: Arrivals, network: CompiledNetwork): void {
  let before = Number.NEGATIVE_INFINITY;
  for (let arrival = 0; arrival < timeSeconds.length; arrival++) {
    const seconds = timeSeconds[arrival]!;
    if (!Number.isFinite(seconds)) throw new RangeError(`arrivals.timeSeconds[${arrival}]: ${seconds} is not a time`);
    if (seconds < before)
      throw new RangeError(`arrivals.timeSeconds[${arrival}]: ${seconds} is before the one before, ${before}`);
    before = seconds;
    const entry = operation[arrival];
    if (entry === undefined || entry >= network.operationStation.length)
      throw new RangeError(`arrivals.operation[${arrival}]: ${entry} is not an operation of the network`);
  }
}

interface InFlightStart {
  readonly seed: number;
  readonly startSeconds: number;
  /** Root of a visit that stands in row 0 and has no caller. */
  readonly firstRoot: number;
}

/** The `InFlightColumns` of `engine/in-flight.ts`. */
function putInFlight(
  engine: Engine,
  network: CompiledNetwork,
  initial: InFlightVisits,
  { seed, startSeconds, firstRoot }: InFlightStart,
): number {
  if (!Number.isFinite(startSeconds))
    throw new RangeError(`startSeconds: ${startSeconds} is not a time for visits under way to go on`);
  const edges = checkInFlight(initial, network, startSeconds);
  const { replicaFirst, operationStation, programFirst } = network;
  const ofNetwork = (first: (operation: number) => number, column: Uint16Array) =>
    Int32Array.from(initial.operation, (operation, row) => first(operation) + column[row]!);
  return engine.put(
    Int32Array.of(
      initial.operation.length,
      firstRoot,
      engine.put(initial.operation),
      engine.put(ofNetwork((operation) => replicaFirst[operationStation[operation]!]!, initial.replica)),
      engine.put(ofNetwork((operation) => programFirst[operation]!, initial.program)),
      engine.put(initial.parent),
      engine.put(edges),
      engine.put(Int32Array.from(initial.segment)),
      engine.put(Int32Array.from(initial.isWaiting)),
      engine.put(samplesInFlight(initial, network, seed)),
      engine.put(initial.arrivalSeconds),
      engine.put(initial.elapsedSeconds),
    ),
  );
}

/** Two words a stream: those of stations, operations, programs and edges, then those of the losses of edges. */
function streamKeys(network: CompiledNetwork, seed: number): Int32Array {
  const { stationCount, operationStation, programFirst, programRows, edgeCallee } = network;
  const operationCount = operationStation.length;
  const edgeCount = edgeCallee.length;
  const keys = new Int32Array(2 * (stationCount + operationCount + programRows.length + 2 * edgeCount));
  let at = 0;
  const add = (entity: number, purpose: string) => {
    const [first, second] = keysOf(seed, entity, purpose);
    keys[at++] = first;
    keys[at++] = second;
  };
  for (let station = 0; station < stationCount; station++) add(station, "replica");
  for (let operation = 0; operation < operationCount; operation++) add(operation, "program");
  for (let operation = 0; operation < operationCount; operation++) {
    // Numbered within the operation, so that a new variant elsewhere does not renumber them.
    const count = programFirst[operation + 1]! - programFirst[operation]!;
    for (let program = 0; program < count; program++) add(operation, `rows ${program}`);
  }
  for (let edge = 0; edge < edgeCount; edge++) add(edge, "gap");
  for (let edge = 0; edge < edgeCount; edge++) add(edge, "loss");
  return keys;
}

/** An even number of words, then the reals. */
function wordsThenReals(words: readonly number[], reals: readonly number[]): Int32Array {
  const buffer = new ArrayBuffer(4 * words.length + 8 * reals.length);
  new Int32Array(buffer, 0, words.length).set(words);
  new Float64Array(buffer, 4 * words.length).set(reals);
  return new Int32Array(buffer);
}
