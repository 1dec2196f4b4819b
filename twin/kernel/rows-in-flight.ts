import type { CompiledNetwork } from "./compiled-network.ts";
import { type RandomStream, stream } from "./random.ts";
import type { InFlightVisits } from "./spec.ts";

/** By row, where the samples of its visit begin: one whose segment is not yet over, if it runs one. */
export function samplesInFlight(initial: InFlightVisits, network: CompiledNetwork, seed: number): Int32Array {
  const rows = new ConditionalRows(network, seed);
  return Int32Array.from(initial.operation, (operation, row) => {
    const program = network.programFirst[operation]! + initial.program[row]!;
    const segment = initial.segment[row]!;
    const isRunning = segment >= 0 && initial.isWaiting[row] === 0;
    if (!isRunning) return rows.any(operation, program);
    return rows.longerThan(operation, program, segment, initial.elapsedSeconds[row]!);
  });
}

/** Rows of samples for visits under way, from dice of their own. */
class ConditionalRows {
  readonly #network: CompiledNetwork;
  readonly #seed: number;
  readonly #streams = new Map<number, RandomStream>();

  constructor(network: CompiledNetwork, seed: number) {
    this.#network = network;
    this.#seed = seed;
  }

  any(operation: number, program: number): number {
    const row = this.#stream(operation, program).nextIndex(this.#network.programRows[program]!);
    return this.#sample(program, row);
  }

  /** A row whose `segment` is longer than what has elapsed; when none is, the longest, which ends now. */
  longerThan(operation: number, program: number, segment: number, elapsedSeconds: number): number {
    const { samples, programRows } = this.#network;
    const rows = programRows[program]!;
    const secondsOf = (row: number) => samples[this.#sample(program, row) + segment]!;
    let longer = 0;
    let longest = 0;
    for (let row = 0; row < rows; row++) {
      if (secondsOf(row) > elapsedSeconds) longer++;
      if (secondsOf(row) > secondsOf(longest)) longest = row;
    }
    if (longer === 0) return this.#sample(program, longest);
    let left = this.#stream(operation, program).nextIndex(longer);
    let row = 0;
    for (; secondsOf(row) <= elapsedSeconds || left-- > 0; row++);
    return this.#sample(program, row);
  }

  #sample(program: number, row: number): number {
    const { groupFirst, programSampleFirst } = this.#network;
    const segmentCount = groupFirst[program + 1]! - groupFirst[program]! + 1;
    return programSampleFirst[program]! + row * segmentCount;
  }

  #stream(operation: number, program: number): RandomStream {
    let random = this.#streams.get(program);
    if (random === undefined) {
      const variant = program - this.#network.programFirst[operation]!;
      random = stream(this.#seed, operation, `rows in flight ${variant}`);
      this.#streams.set(program, random);
    }
    return random;
  }
}
