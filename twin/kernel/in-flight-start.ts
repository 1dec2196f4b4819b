import type { Admission } from "./admission.ts";
import type { Balancing } from "./balancing.ts";
import type { BusyServers } from "./busy-servers.ts";
import { ADMITS, COUNTS_PRESENT, type CompiledNetwork, DELAY, FIFO } from "./compiled-network.ts";
import type { CallingRun, GuardedCalls } from "./guarded-calls.ts";
import { checkInFlight } from "./in-flight-rules.ts";
import { NONE } from "./open-visits.ts";
import { type RandomStream, stream } from "./random.ts";
import type { InFlightVisits } from "./spec.ts";

/** What a run lends to have visits put in its middle. */
export interface StartingRun extends CallingRun {
  readonly network: CompiledNetwork;
  readonly admission: Admission;
  readonly balancing: Balancing;
  readonly guardedCalls: GuardedCalls;
  readonly busy: BusyServers;
  /** A visit gets its server now and starts. */
  begin(slot: number, nowSeconds: number): void;
  beginSegment(slot: number, segment: number, startSeconds: number): void;
  /** A visit has been in its segment for `elapsedSeconds` and goes on with it. */
  continueSegment(slot: number, elapsedSeconds: number, nowSeconds: number): void;
}

/**
 * Puts visits under way into a run that begins at `startSeconds`. More of them may hold servers, or wait, than the
 * stations allow: they keep what they have, and nobody else gets it before enough have departed.
 *
 * @throws {RangeError} when a row breaks a rule of `InFlightVisits`.
 */
export function startInFlight(
  run: StartingRun,
  initial: InFlightVisits,
  { seed, startSeconds, firstRoot }: { seed: number; startSeconds: number; firstRoot: number },
): void {
  const edges = checkInFlight(initial, run.network, startSeconds);
  const rows = new ConditionalRows(run.network, seed);
  const slots = new Int32Array(edges.length);
  run.busy.startAt(startSeconds);
  for (let row = 0; row < edges.length; row++) {
    const parent = initial.parent[row]!;
    const caller = parent === -1 ? NONE : slots[parent]!;
    const root = caller === NONE ? firstRoot + row : run.visits.root[caller]!;
    const depth = caller === NONE ? 0 : run.visits.depth[caller]! + 1;
    const slot = run.visits.open(initial.operation[row]!, root, NONE, depth);
    if (slot === NONE) {
      run.stop();
      return;
    }
    slots[row] = slot;
    describe(run, initial, row, slot, rows);
    const isRunning = initial.segment[row]! >= 0 && initial.isWaiting[row] === 0;
    takePlace(run, slot, isRunning, startSeconds - initial.elapsedSeconds[row]!);
    if (caller !== NONE) awaitAnswer(run, caller, edges[row]!, slot, startSeconds);
  }
  for (let row = 0; row < edges.length; row++) goOn(run, initial, row, slots[row]!, startSeconds);
}

function describe(
  { visits, network }: StartingRun,
  initial: InFlightVisits,
  row: number,
  slot: number,
  rows: ConditionalRows,
): void {
  const operation = initial.operation[row]!;
  const program = network.programFirst[operation]! + initial.program[row]!;
  const segment = initial.segment[row]!;
  const isRunning = segment >= 0 && initial.isWaiting[row] === 0;
  visits.replica[slot] = network.replicaFirst[network.operationStation[operation]!]! + initial.replica[row]!;
  visits.program[slot] = program;
  visits.sample[slot] = isRunning
    ? rows.longerThan(operation, program, segment, initial.elapsedSeconds[row]!)
    : rows.any(operation, program);
  visits.segment[slot] = segment;
  visits.arrivalSeconds[slot] = initial.arrivalSeconds[row]!;
  visits.next[slot] = NONE;
}

/** A visit that has begun holds its server; how long it waited for it can be told in its first segment only. */
function takePlace(run: StartingRun, slot: number, isRunning: boolean, segmentStartSeconds: number): void {
  const { visits, network } = run;
  const station = network.operationStation[visits.operation[slot]!]!;
  const replica = visits.replica[slot]!;
  const segment = visits.segment[slot]!;
  visits.segmentStartSeconds[slot] = segmentStartSeconds;
  if ((network.stationFlags[station]! & COUNTS_PRESENT) !== 0) run.balancing.join(replica);
  if (segment < 0) return;
  if ((network.stationFlags[station]! & ADMITS) !== 0) run.admission.hold(replica);
  if (network.discipline[station] === FIFO && segment === 0 && isRunning)
    visits.waitingSeconds[slot] = Math.max(0, segmentStartSeconds - visits.arrivalSeconds[slot]!);
}

function awaitAnswer(run: StartingRun, caller: number, edge: number, slot: number, nowSeconds: number): void {
  const { visits, network } = run;
  const group = network.groupFirst[visits.program[caller]!]! + visits.segment[caller]!;
  visits.answeredSeconds[caller] = nowSeconds;
  if (network.groupIsGuarded[group] === 1) {
    run.guardedCalls.resume(caller, edge, slot, nowSeconds);
    return;
  }
  visits.parent[slot] = caller;
  visits.pending[caller] = visits.pending[caller]! + 1;
  visits.answerSeconds[slot] = run.draws.gapSeconds(edge) / 2;
}

function goOn(run: StartingRun, initial: InFlightVisits, row: number, slot: number, nowSeconds: number): void {
  const { visits, network } = run;
  const segment = initial.segment[row]!;
  if (segment < 0) {
    const station = network.operationStation[initial.operation[row]!]!;
    const hasToWait =
      (network.stationFlags[station]! & ADMITS) !== 0 && !run.admission.resume(visits.replica[slot]!, slot);
    if (!hasToWait) run.begin(slot, nowSeconds);
  } else if (initial.isWaiting[row] === 0) {
    const elapsed = initial.elapsedSeconds[row]!;
    const isDelay = network.discipline[network.operationStation[initial.operation[row]!]!] === DELAY;
    // Counted in full when the segment ends.
    if (isDelay) run.busy.work(visits.replica[slot]!, -elapsed);
    run.continueSegment(slot, elapsed, nowSeconds);
  } else if (visits.pending[slot] === 0) {
    run.beginSegment(slot, segment + 1, nowSeconds);
  }
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
