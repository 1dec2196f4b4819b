import type { Admission } from "./admission.ts";
import type { Balancing } from "./balancing.ts";
import type { BusyServers } from "./busy-servers.ts";
import { ADMITS, COUNTS_PRESENT, type CompiledNetwork, DELAY, DISCIPLINE_MASK, FIFO, PS } from "./compiled-network.ts";
import { END_DELAY, END_SEGMENT, KIND_BITS } from "./event-kinds.ts";
import type { CallingRun, GuardedCalls } from "./guarded-calls.ts";
import { checkInFlight } from "./in-flight-rules.ts";
import {
  ANSWER_DELAY,
  ANSWERED,
  ARRIVAL,
  DEPTH,
  NEXT,
  NONE,
  OPERATION,
  PARENT,
  PENDING,
  PROGRAM,
  REPLICA,
  ROOT,
  SAMPLE,
  SEGMENT,
  SEGMENT_START,
  TRAITS,
  WAITING,
} from "./open-visits.ts";
import { type RandomStream, stream } from "./random.ts";
import type { SharedServers } from "./shared-servers.ts";
import type { InFlightVisits } from "./spec.ts";

/** What a run lends to have visits put in its middle. */
export interface StartingRun extends CallingRun {
  readonly network: CompiledNetwork;
  readonly admission: Admission;
  readonly balancing: Balancing;
  readonly guardedCalls: GuardedCalls;
  readonly busy: BusyServers;
  readonly sharedServers: SharedServers;
  /** A visit gets its server now and starts. */
  begin(slot: number): void;
  beginSegment(slot: number, segment: number): void;
  /** Work of the segment that a visit runs. */
  workSeconds(slot: number): number;
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
    const root = caller === NONE ? firstRoot + row : run.visits.word(caller, ROOT);
    const depth = caller === NONE ? 0 : run.visits.word(caller, DEPTH) + 1;
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
  visits.setWord(slot, REPLICA, network.replicaFirst[network.operationStation[operation]!]! + initial.replica[row]!);
  visits.setWord(slot, TRAITS, network.operationTraits[operation]!);
  visits.setWord(slot, PROGRAM, program);
  visits.setWord(
    slot,
    SAMPLE,
    isRunning
      ? rows.longerThan(operation, program, segment, initial.elapsedSeconds[row]!)
      : rows.any(operation, program),
  );
  visits.setWord(slot, SEGMENT, segment);
  visits.setSeconds(slot, ARRIVAL, initial.arrivalSeconds[row]!);
  visits.setWord(slot, NEXT, NONE);
}

/** A visit that has begun holds its server; how long it waited for it can be told in its first segment only. */
function takePlace(run: StartingRun, slot: number, isRunning: boolean, segmentStartSeconds: number): void {
  const { visits, network } = run;
  const station = network.operationStation[visits.word(slot, OPERATION)]!;
  const replica = visits.word(slot, REPLICA);
  const segment = visits.word(slot, SEGMENT);
  visits.setSeconds(slot, SEGMENT_START, segmentStartSeconds);
  if ((network.stationTraits[station]! & COUNTS_PRESENT) !== 0) run.balancing.join(replica);
  if (segment < 0) return;
  if ((network.stationTraits[station]! & ADMITS) !== 0) run.admission.hold(replica);
  if (network.discipline[station] === FIFO && segment === 0 && isRunning)
    visits.setSeconds(slot, WAITING, Math.max(0, segmentStartSeconds - visits.seconds(slot, ARRIVAL)));
}

function awaitAnswer(run: StartingRun, caller: number, edge: number, slot: number, nowSeconds: number): void {
  const { visits, network } = run;
  const group = network.groupFirst[visits.word(caller, PROGRAM)]! + visits.word(caller, SEGMENT);
  visits.setSeconds(caller, ANSWERED, nowSeconds);
  if (network.groupIsGuarded[group] === 1) {
    run.guardedCalls.resume(caller, edge, slot, nowSeconds);
    return;
  }
  visits.setWord(slot, PARENT, caller);
  visits.setWord(caller, PENDING, visits.word(caller, PENDING) + 1);
  visits.setSeconds(slot, ANSWER_DELAY, run.draws.gapSeconds(edge) / 2);
}

function goOn(run: StartingRun, initial: InFlightVisits, row: number, slot: number, nowSeconds: number): void {
  const { visits, network } = run;
  const segment = initial.segment[row]!;
  if (segment < 0) {
    const station = network.operationStation[initial.operation[row]!]!;
    const hasToWait =
      (network.stationTraits[station]! & ADMITS) !== 0 && !run.admission.resume(visits.word(slot, REPLICA), slot);
    if (!hasToWait) run.begin(slot);
  } else if (initial.isWaiting[row] === 0) {
    continueSegment(run, slot, initial.elapsedSeconds[row]!, nowSeconds);
  } else if (visits.word(slot, PENDING) === 0) {
    run.beginSegment(slot, segment + 1);
  }
}

/** A visit has been in its segment for `elapsedSeconds` and goes on with it. */
function continueSegment(run: StartingRun, slot: number, elapsedSeconds: number, nowSeconds: number): void {
  const discipline = run.visits.word(slot, TRAITS) & DISCIPLINE_MASK;
  const leftSeconds = Math.max(0, run.workSeconds(slot) - elapsedSeconds);
  // Counted in full when the segment ends.
  if (discipline === DELAY) run.busy.work(run.visits.word(slot, REPLICA), -elapsedSeconds);
  const kind = discipline === FIFO ? END_SEGMENT : END_DELAY;
  if (discipline === PS) run.sharedServers.share(slot, leftSeconds);
  else run.agenda.schedule(nowSeconds + leftSeconds, (slot << KIND_BITS) | kind);
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
