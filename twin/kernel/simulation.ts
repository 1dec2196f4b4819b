import { type CompiledNetwork, FIFO, PS } from "./compiled-network.ts";
import { Draws } from "./draws.ts";
import { EventCalendar } from "./event-calendar.ts";
import { NONE, OpenVisits } from "./open-visits.ts";
import { PsShares } from "./ps-shares.ts";
import type { Arrivals, SimulatedVisits } from "./spec.ts";
import { VisitLog } from "./visit-log.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Nothing that happens later is simulated; visits open then are not reported. Default: until all have departed. */
  readonly untilSeconds?: number;
  /** Visits under way at once, queued ones included. Default 131 072. */
  readonly maxOpenVisits?: number;
  /** Default 50 million. */
  readonly maxEvents?: number;
}

/** Calls deeper below an arrival are not made and truncate the run: such a call graph has a cycle. */
const MAX_DEPTH = 100;

// What an event means, in its two lowest bits; the rest is a slot.
const ARRIVE = 0;
const END_SEGMENT = 1;
const BEGIN_SEGMENT = 2;
const END_SHARE = 3;

/** One run; see `simulate`. */
export class Simulation {
  readonly #network: CompiledNetwork;
  readonly #arrivals: Arrivals;
  readonly #untilSeconds: number;
  readonly #maxEvents: number;
  readonly #draws: Draws;
  readonly #calendar: EventCalendar;
  readonly #visits: OpenVisits;
  readonly #shares: PsShares;
  readonly #log: VisitLog;
  // By replica of a FIFO station.
  readonly #freeServers: Float64Array;
  readonly #queueHead: Int32Array;
  readonly #queueTail: Int32Array;
  readonly #busySeconds: Float64Array;
  readonly #edgeAttempts: Float64Array;
  #isTruncated = false;
  #isStopped = false;

  constructor(network: CompiledNetwork, arrivals: Arrivals, options: SimulationOptions) {
    const maxOpenVisits = options.maxOpenVisits ?? 131_072;
    const serverCount = Float64Array.from(network.replicaStation, (station) => network.serverCount[station]!);
    this.#network = network;
    this.#arrivals = arrivals;
    this.#untilSeconds = options.untilSeconds ?? Number.POSITIVE_INFINITY;
    this.#maxEvents = options.maxEvents ?? 50_000_000;
    this.#draws = new Draws(network, options.seed);
    this.#visits = new OpenVisits(maxOpenVisits);
    // A visit awaits one event at most.
    this.#calendar = new EventCalendar(maxOpenVisits);
    this.#shares = new PsShares(serverCount);
    this.#log = new VisitLog(arrivals.timeSeconds.length * 4);
    this.#freeServers = serverCount;
    this.#queueHead = new Int32Array(serverCount.length).fill(NONE);
    this.#queueTail = new Int32Array(serverCount.length).fill(NONE);
    this.#busySeconds = new Float64Array(serverCount.length);
    this.#edgeAttempts = new Float64Array(network.edgeCallee.length);
  }

  run(): SimulatedVisits {
    const times = this.#arrivals.timeSeconds;
    const calendar = this.#calendar;
    let arrival = 0;
    let eventCount = 0;
    for (;;) {
      const arrivalSeconds = arrival < times.length ? times[arrival]! : Number.POSITIVE_INFINITY;
      const eventSeconds = calendar.nextSeconds;
      const isArrival = arrivalSeconds <= eventSeconds;
      const nowSeconds = isArrival ? arrivalSeconds : eventSeconds;
      if (nowSeconds === Number.POSITIVE_INFINITY) break;
      if (nowSeconds > this.#untilSeconds) return this.#finish(this.#isTruncated);
      if (this.#isStopped || eventCount === this.#maxEvents) return this.#finish(true);
      eventCount++;
      if (isArrival) this.#enter(arrival++, nowSeconds);
      else this.#happen(calendar.take(), nowSeconds);
    }
    if (arrival < times.length)
      throw new RangeError(`arrivals.timeSeconds[${arrival}]: ${times[arrival]} is not a time`);
    return this.#finish(this.#isTruncated || this.#visits.openCount > 0);
  }

  #finish(isTruncated: boolean): SimulatedVisits {
    const edgeCount = this.#edgeAttempts.length;
    return this.#log.finish({
      busySeconds: this.#busySeconds,
      edgeAttempts: this.#edgeAttempts,
      edgeTimeouts: new Float64Array(edgeCount),
      edgeFailures: new Float64Array(edgeCount),
      edgeLosses: new Float64Array(edgeCount),
      endSeconds: this.#calendar.nowSeconds,
      isTruncated,
    });
  }

  #happen(event: number, nowSeconds: number): void {
    const slot = event >> 2;
    const meaning = event & 3;
    if (meaning === END_SEGMENT) this.#endSegment(slot, nowSeconds);
    else if (meaning === ARRIVE) this.#arrive(slot, nowSeconds);
    else if (meaning === BEGIN_SEGMENT) this.#shareWork(slot, nowSeconds);
    else this.#endShare(slot, nowSeconds);
  }

  #enter(arrival: number, nowSeconds: number): void {
    this.#calendar.advanceTo(nowSeconds);
    const operation = this.#arrivals.operation[arrival];
    if (operation === undefined || operation >= this.#network.operationStation.length) {
      throw new RangeError(`arrivals.operation[${arrival}]: ${operation} is not an operation of the network`);
    }
    const slot = this.#visits.open(operation, arrival, NONE, 0);
    if (slot === NONE) this.#isStopped = true;
    else this.#arrive(slot, nowSeconds);
  }

  #arrive(slot: number, nowSeconds: number): void {
    const visits = this.#visits;
    const network = this.#network;
    const operation = visits.operation[slot]!;
    const station = network.operationStation[operation]!;
    const replica = this.#draws.replica(station);
    const program = this.#draws.program(operation);
    const segmentCount = network.groupFirst[program + 1]! - network.groupFirst[program]! + 1;
    visits.replica[slot] = replica;
    visits.program[slot] = program;
    visits.sample[slot] = this.#draws.row(program) * segmentCount;
    visits.arrivalSeconds[slot] = nowSeconds;
    if (network.discipline[station] === FIFO) {
      if (this.#freeServers[replica] === 0) {
        this.#enqueue(replica, slot);
        return;
      }
      this.#freeServers[replica] = this.#freeServers[replica]! - 1;
    }
    this.#beginSegment(slot, 0, nowSeconds);
  }

  /** Begins at `startSeconds` ≥ now: the answers of a call group may still be on their way. */
  #beginSegment(slot: number, segment: number, startSeconds: number): void {
    const visits = this.#visits;
    const network = this.#network;
    visits.segment[slot] = segment;
    const station = network.operationStation[visits.operation[slot]!]!;
    if (network.discipline[station] !== PS) {
      this.#schedule(startSeconds + this.#workSeconds(slot), (slot << 2) | END_SEGMENT);
    } else if (startSeconds > this.#calendar.nowSeconds) {
      this.#schedule(startSeconds, (slot << 2) | BEGIN_SEGMENT);
    } else {
      this.#shareWork(slot, startSeconds);
    }
  }

  #workSeconds(slot: number): number {
    const visits = this.#visits;
    return this.#network.programSamples[visits.program[slot]!]![visits.sample[slot]! + visits.segment[slot]!]!;
  }

  #shareWork(slot: number, nowSeconds: number): void {
    const replica = this.#visits.replica[slot]!;
    this.#visits.segmentStartSeconds[slot] = nowSeconds;
    this.#shares.add(replica, slot, this.#workSeconds(slot), nowSeconds);
    this.#awaitShare(replica, nowSeconds);
  }

  /**
   * Sets an event for the next end at `replica`. An event set when that job was next before still stands: jobs that came
   * since only moved its end back, so it comes too early at worst, and looks again.
   */
  #awaitShare(replica: number, nowSeconds: number): void {
    const slot = this.#shares.next(replica);
    if (slot === NONE || this.#visits.isAwaited[slot] === 1) return;
    this.#visits.isAwaited[slot] = 1;
    this.#schedule(this.#shares.nextEndSeconds(replica, nowSeconds), (slot << 2) | END_SHARE);
  }

  #endShare(slot: number, nowSeconds: number): void {
    const visits = this.#visits;
    const shares = this.#shares;
    const replica = visits.replica[slot]!;
    visits.isAwaited[slot] = 0;
    if (shares.next(replica) !== slot) return;
    if (shares.nextEndSeconds(replica, nowSeconds) > nowSeconds) {
      this.#awaitShare(replica, nowSeconds);
      return;
    }
    shares.removeNext(replica, nowSeconds);
    const workSeconds = this.#workSeconds(slot);
    this.#busySeconds[replica] = this.#busySeconds[replica]! + workSeconds;
    const sharedSeconds = nowSeconds - visits.segmentStartSeconds[slot]! - workSeconds;
    if (sharedSeconds > 0) visits.waitingSeconds[slot] = visits.waitingSeconds[slot]! + sharedSeconds;
    this.#awaitShare(replica, nowSeconds);
    this.#endSegment(slot, nowSeconds);
  }

  #endSegment(slot: number, nowSeconds: number): void {
    const { groupFirst, callFirst } = this.#network;
    const visits = this.#visits;
    const program = visits.program[slot]!;
    const segment = visits.segment[slot]!;
    const group = groupFirst[program]! + segment;
    if (group === groupFirst[program + 1]!) {
      this.#depart(slot, nowSeconds);
      return;
    }
    visits.pending[slot] = 0;
    visits.answeredSeconds[slot] = nowSeconds;
    const end = callFirst[group + 1]!;
    for (let call = callFirst[group]!; call < end; call++) this.#call(slot, this.#network.callEdge[call]!, nowSeconds);
    if (visits.pending[slot] === 0) this.#beginSegment(slot, segment + 1, nowSeconds);
  }

  #call(caller: number, edge: number, nowSeconds: number): void {
    const visits = this.#visits;
    this.#edgeAttempts[edge] = this.#edgeAttempts[edge]! + 1;
    const gapSeconds = this.#draws.gapSeconds(edge);
    const depth = visits.depth[caller]! + 1;
    if (depth > MAX_DEPTH) {
      this.#isTruncated = true;
      return;
    }
    const isAsync = this.#network.edgeIsAsync[edge] === 1;
    const slot = visits.open(this.#network.edgeCallee[edge]!, visits.root[caller]!, isAsync ? NONE : caller, depth);
    if (slot === NONE) {
      this.#isStopped = true;
      return;
    }
    if (!isAsync) {
      visits.pending[caller] = visits.pending[caller]! + 1;
      visits.answerSeconds[slot] = gapSeconds / 2;
    }
    this.#schedule(nowSeconds + (isAsync ? gapSeconds : gapSeconds / 2), (slot << 2) | ARRIVE);
  }

  #depart(slot: number, nowSeconds: number): void {
    const visits = this.#visits;
    const network = this.#network;
    const operation = visits.operation[slot]!;
    const station = network.operationStation[operation]!;
    const replica = visits.replica[slot]!;
    this.#log.add(
      operation,
      visits.program[slot]! - network.programFirst[operation]!,
      replica - network.replicaFirst[station]!,
      visits.root[slot]!,
      visits.isRoot[slot]!,
      0,
      visits.arrivalSeconds[slot]!,
      visits.waitingSeconds[slot]!,
      nowSeconds,
    );
    const parent = visits.parent[slot]!;
    const answeredSeconds = nowSeconds + visits.answerSeconds[slot]!;
    visits.close(slot);
    const heldSeconds = nowSeconds - visits.arrivalSeconds[slot]! - visits.waitingSeconds[slot]!;
    if (network.discipline[station] !== PS) this.#busySeconds[replica] = this.#busySeconds[replica]! + heldSeconds;
    if (network.discipline[station] === FIFO) this.#releaseServer(replica, nowSeconds);
    if (parent !== NONE) this.#answer(parent, answeredSeconds);
  }

  /** Notes an answer to `caller`; the last one of a group lets it go on. */
  #answer(caller: number, answeredSeconds: number): void {
    const visits = this.#visits;
    if (answeredSeconds > visits.answeredSeconds[caller]!) visits.answeredSeconds[caller] = answeredSeconds;
    const pending = visits.pending[caller]! - 1;
    visits.pending[caller] = pending;
    if (pending === 0) this.#beginSegment(caller, visits.segment[caller]! + 1, visits.answeredSeconds[caller]!);
  }

  #enqueue(replica: number, slot: number): void {
    const tail = this.#queueTail[replica]!;
    this.#visits.next[slot] = NONE;
    if (tail === NONE) this.#queueHead[replica] = slot;
    else this.#visits.next[tail] = slot;
    this.#queueTail[replica] = slot;
  }

  #releaseServer(replica: number, nowSeconds: number): void {
    const visits = this.#visits;
    const slot = this.#queueHead[replica]!;
    if (slot === NONE) {
      this.#freeServers[replica] = this.#freeServers[replica]! + 1;
      return;
    }
    const following = visits.next[slot]!;
    this.#queueHead[replica] = following;
    if (following === NONE) this.#queueTail[replica] = NONE;
    visits.waitingSeconds[slot] = nowSeconds - visits.arrivalSeconds[slot]!;
    this.#beginSegment(slot, 0, nowSeconds);
  }

  #schedule(timeSeconds: number, event: number): void {
    if (!this.#calendar.schedule(timeSeconds, event)) this.#isStopped = true;
  }
}
