import { choose } from "./choice-table.ts";
import { type CompiledNetwork, IN_TURN, ONLY_ONE } from "./compiled-network.ts";
import { StreamTable } from "./random.ts";

// What a program's next row depends on, by program, side by side: a visit reads all of it, so it shares a cache line.
const ROW = 0;
const LEFT_OF_BLOCK = 1;
const BLOCK_LENGTH = 2;
const ROW_COUNT = 3;
const SEGMENT_COUNT = 4;
const SAMPLE_FIRST = 5;
const WORD_BITS = 3;

/** Most losses of one message in a row, as a TCP sender gives up after so many; it gets through then. */
const MAX_LOSSES = 15;

/**
 * All choices left to chance in one run. Every station, operation, program and edge has a stream of its own, so what one
 * of them draws does not depend on what another does.
 */
export class Draws {
  readonly #network: CompiledNetwork;
  readonly #replicaStreams: StreamTable;
  readonly #programStreams: StreamTable;
  readonly #rowStreams: StreamTable;
  readonly #gapStreams: StreamTable;
  readonly #lossStreams: StreamTable;
  /** Next replica of a station that takes them in turn. */
  readonly #turn: Int32Array;
  readonly #rows: Int32Array;

  constructor(network: CompiledNetwork, seed: number) {
    const { operationStation, programFirst, programRows, programBlockLength, programSampleFirst, groupFirst } = network;
    const operationCount = operationStation.length;
    this.#network = network;
    this.#replicaStreams = streamTable(network.stationCount, seed, "replica");
    this.#programStreams = streamTable(operationCount, seed, "program");
    this.#gapStreams = streamTable(network.edgeCallee.length, seed, "gap");
    this.#lossStreams = streamTable(network.edgeCallee.length, seed, "loss");
    this.#rowStreams = new StreamTable(programRows.length);
    for (let operation = 0; operation < operationCount; operation++) {
      const first = programFirst[operation]!;
      // Numbered within the operation, so that a new variant elsewhere does not renumber them.
      for (let program = first; program < programFirst[operation + 1]!; program++) {
        this.#rowStreams.set(program, seed, operation, `rows ${program - first}`);
      }
    }
    this.#turn = new Int32Array(network.stationCount);
    this.#rows = new Int32Array(programRows.length << WORD_BITS);
    for (let program = 0; program < programRows.length; program++) {
      const at = program << WORD_BITS;
      this.#rows[at + BLOCK_LENGTH] = programBlockLength[program]!;
      this.#rows[at + ROW_COUNT] = programRows[program]!;
      this.#rows[at + SEGMENT_COUNT] = groupFirst[program + 1]! - groupFirst[program]! + 1;
      this.#rows[at + SAMPLE_FIRST] = programSampleFirst[program]!;
    }
  }

  /** The replica of `station` (numbered through the network) that is next in turn, or drawn by weight. */
  replica(station: number): number {
    const { replicaFirst, balancing } = this.#network;
    const first = replicaFirst[station]!;
    if (balancing[station] === ONLY_ONE) return first;
    if (balancing[station] !== IN_TURN) return this.replicaByWeight(station);
    const turn = this.#turn[station]!;
    this.#turn[station] = first + turn + 1 === replicaFirst[station + 1] ? 0 : turn + 1;
    return first + turn;
  }

  replicaByWeight(station: number): number {
    const { replicaFirst, replicaChoice } = this.#network;
    const uniform = this.#replicaStreams.nextUniform(station);
    return choose(replicaChoice, replicaFirst[station]!, replicaFirst[station + 1]!, uniform);
  }

  /** The call program (numbered through the network) of the next visit of `operation`. */
  program(operation: number): number {
    const { programFirst, programChoice } = this.#network;
    const first = programFirst[operation]!;
    const end = programFirst[operation + 1]!;
    if (end - first === 1) return first;
    return choose(programChoice, first, end, this.#programStreams.nextUniform(operation));
  }

  /**
   * Where in the network's `samples` the next visit that runs `program` finds its first segment: in the next row of the
   * program's block, or in a new block's first.
   */
  firstSample(program: number): number {
    const rows = this.#rows;
    const at = program << WORD_BITS;
    const left = rows[at + LEFT_OF_BLOCK]!;
    let row = 0;
    if (left === 0) {
      row = this.#rowStreams.nextIndex(program, rows[at + ROW_COUNT]!);
      rows[at + LEFT_OF_BLOCK] = (rows[at + BLOCK_LENGTH]! - 1) | 0;
    } else {
      row = rows[at + ROW]! + 1;
      if (row === rows[at + ROW_COUNT]) row = 0;
      rows[at + LEFT_OF_BLOCK] = left - 1;
    }
    rows[at + ROW] = row;
    return (rows[at + SAMPLE_FIRST]! + Math.imul(row, rows[at + SEGMENT_COUNT]!)) | 0;
  }

  /** Gap of the next call along `edge`, in seconds. */
  gapSeconds(edge: number): number {
    const { gaps, edgeGapFirst, edgeGapCount } = this.#network;
    const count = edgeGapCount[edge]!;
    return gaps[edgeGapFirst[edge]! + (count === 1 ? 0 : this.#gapStreams.nextIndex(edge, count))]!;
  }

  /** How often the next message along `edge` is lost before it gets through. */
  losses(edge: number): number {
    const probability = this.#network.edgeLossProbability[edge]!;
    let losses = 0;
    while (losses < MAX_LOSSES && this.#lossStreams.nextUniform(edge) < probability) losses++;
    return losses;
  }
}

/** One stream for each of `count` entities. */
function streamTable(count: number, seed: number, purpose: string): StreamTable {
  const table = new StreamTable(count);
  for (let entity = 0; entity < count; entity++) table.set(entity, seed, entity, purpose);
  return table;
}
