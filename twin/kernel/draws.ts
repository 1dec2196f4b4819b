import type { CompiledNetwork } from "./compiled-network.ts";
import { type RandomStream, stream } from "./random.ts";

/**
 * All choices left to chance in one run. Every station, operation, program and edge has a stream of its own, so what one
 * of them draws does not depend on what another does.
 */
export class Draws {
  readonly #network: CompiledNetwork;
  readonly #replicaStreams: readonly RandomStream[];
  readonly #programStreams: readonly RandomStream[];
  readonly #rowStreams: readonly RandomStream[];
  readonly #gapStreams: readonly RandomStream[];
  /** Next replica of a station that takes them in turn. */
  readonly #turn: Int32Array;
  /** Where a program stands in its block of rows. */
  readonly #blockRow: Int32Array;
  readonly #blockLeft: Int32Array;

  constructor(network: CompiledNetwork, seed: number) {
    this.#network = network;
    const { operationStation, programFirst, edgeCallee, stationCount, programRows } = network;
    this.#replicaStreams = Array.from({ length: stationCount }, (_, station) => stream(seed, station, "replica"));
    this.#programStreams = Array.from(operationStation, (_, operation) => stream(seed, operation, "program"));
    const rowStreams: RandomStream[] = [];
    for (let operation = 0; operation < operationStation.length; operation++) {
      const count = programFirst[operation + 1]! - programFirst[operation]!;
      // Numbered within the operation, so that a new variant elsewhere does not renumber them.
      for (let variant = 0; variant < count; variant++) rowStreams.push(stream(seed, operation, `rows ${variant}`));
    }
    this.#rowStreams = rowStreams;
    this.#gapStreams = Array.from(edgeCallee, (_, edge) => stream(seed, edge, "gap"));
    this.#turn = new Int32Array(stationCount);
    this.#blockRow = new Int32Array(programRows.length);
    this.#blockLeft = new Int32Array(programRows.length);
  }

  /** The replica of `station` (numbered through the network) that the next visit goes to. */
  replica(station: number): number {
    const { replicaFirst, replicaCumulative, isRoundRobin } = this.#network;
    const first = replicaFirst[station]!;
    const end = replicaFirst[station + 1]!;
    if (end - first === 1) return first;
    if (isRoundRobin[station] === 1) {
      const turn = this.#turn[station]!;
      this.#turn[station] = first + turn + 1 === end ? 0 : turn + 1;
      return first + turn;
    }
    return pick(replicaCumulative, first, end, this.#replicaStreams[station]!.nextUniform());
  }

  /** The call program (numbered through the network) of the next visit of `operation`. */
  program(operation: number): number {
    const { programFirst, programCumulative } = this.#network;
    const first = programFirst[operation]!;
    const end = programFirst[operation + 1]!;
    if (end - first === 1) return first;
    return pick(programCumulative, first, end, this.#programStreams[operation]!.nextUniform());
  }

  /** The row of segment samples of the next visit that runs `program`: the next of its block, or a new block's first. */
  row(program: number): number {
    const rows = this.#network.programRows[program]!;
    let left = this.#blockLeft[program]!;
    let row = this.#blockRow[program]! + 1;
    if (left === 0) {
      left = this.#network.programBlockLength[program]!;
      row = this.#rowStreams[program]!.nextIndex(rows);
    } else if (row === rows) {
      row = 0;
    }
    this.#blockLeft[program] = left - 1;
    this.#blockRow[program] = row;
    return row;
  }

  /** Gap of the next call along `edge`, in seconds. */
  gapSeconds(edge: number): number {
    const samples = this.#network.edgeGaps[edge]!;
    return samples.length === 1 ? samples[0]! : samples[this.#gapStreams[edge]!.nextIndex(samples.length)]!;
  }
}

/** First entry of `cumulative[first … end − 1]` above `uniform`; the last one when rounding leaves none. */
function pick(cumulative: Float64Array, first: number, end: number, uniform: number): number {
  let at = first;
  while (at + 1 < end && cumulative[at]! <= uniform) at++;
  return at;
}
