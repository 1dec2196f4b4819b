import { ADMITTED, Admission, REFUSED } from "./admission.ts";
import type { Agenda } from "./agenda.ts";
import { Balancing } from "./balancing.ts";
import { BusyServers } from "./busy-servers.ts";
import { ADMITS, BATCHES, COUNTS_PRESENT, type CompiledNetwork, DELAY, FIFO, PS } from "./compiled-network.ts";
import { Draws } from "./draws.ts";
import { ARRIVE, BEGIN_SHARE, END_DELAY, END_SEGMENT, KIND_BITS } from "./event-kinds.ts";
import { GuardedCalls } from "./guarded-calls.ts";
import type { StartingRun } from "./in-flight-start.ts";
import { answerTo, NONE, OpenVisits } from "./open-visits.ts";
import { SharedServers } from "./shared-servers.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { VisitLog } from "./visit-log.ts";

/** Calls deeper below an arrival are not made and truncate the run: such a call graph has a cycle. */
const MAX_DEPTH = 100;

/** The way of visits through their stations, step by step: arrival, segments, calls, answers, departure. */
export class VisitSteps implements StartingRun {
  readonly network: CompiledNetwork;
  readonly agenda: Agenda;
  readonly draws: Draws;
  readonly visits: OpenVisits;
  readonly admission: Admission;
  readonly balancing: Balancing;
  readonly guardedCalls: GuardedCalls;
  readonly sharedServers: SharedServers;
  readonly busy: BusyServers;
  readonly edgeAttempts: Float64Array;
  readonly #log: VisitLog;
  readonly #recordsAll: boolean;
  /** Calls were left out, because they were too deep. */
  isTruncated = false;
  /** A visit or call was left out, because there were too many: the run must end. */
  isStopped = false;

  constructor(
    network: CompiledNetwork,
    agenda: Agenda,
    log: VisitLog,
    maxOpenVisits: number,
    options: SimulationOptions,
  ) {
    this.network = network;
    this.agenda = agenda;
    this.draws = new Draws(network, options.seed);
    this.visits = new OpenVisits(maxOpenVisits);
    this.admission = new Admission(network);
    this.balancing = new Balancing(network, this.draws);
    this.edgeAttempts = new Float64Array(network.edgeCallee.length);
    this.guardedCalls = new GuardedCalls(network, this, maxOpenVisits, this.edgeAttempts);
    this.sharedServers = new SharedServers(this, options.seed);
    this.busy = new BusyServers(network);
    this.#log = log;
    this.#recordsAll = options.recordedVisits !== "roots";
  }

  /** The event ARRIVE. */
  arrive(slot: number, nowSeconds: number): void {
    const { visits, network, draws } = this;
    const operation = visits.operation[slot]!;
    const station = network.operationStation[operation]!;
    const flags = network.stationFlags[station]!;
    const program = draws.program(operation);
    const replica = (flags & COUNTS_PRESENT) === 0 ? draws.replica(station) : this.balancing.enter(station);
    visits.replica[slot] = replica;
    visits.program[slot] = program;
    visits.sample[slot] = draws.firstSample(program);
    visits.arrivalSeconds[slot] = nowSeconds;
    if ((flags & ADMITS) !== 0) {
      const outcome = this.admission.enter(replica, slot);
      if (outcome !== ADMITTED) {
        if (outcome === REFUSED) this.#leave(slot, 1, nowSeconds);
        return;
      }
      // No others share its server.
      if ((flags & BATCHES) !== 0) visits.next[slot] = NONE;
    }
    this.beginSegment(slot, 0, nowSeconds);
  }

  /** Begins at `startSeconds` ≥ now: the answers of a call group may still be on their way. */
  beginSegment(slot: number, segment: number, startSeconds: number): void {
    const { visits, network } = this;
    visits.segment[slot] = segment;
    const discipline = network.discipline[network.operationStation[visits.operation[slot]!]!]!;
    if (discipline === FIFO) {
      this.agenda.schedule(startSeconds + this.#workSeconds(slot), (slot << KIND_BITS) | END_SEGMENT);
    } else if (discipline === DELAY) {
      visits.segmentStartSeconds[slot] = startSeconds;
      this.agenda.schedule(startSeconds + this.#workSeconds(slot), (slot << KIND_BITS) | END_DELAY);
    } else if (startSeconds > this.agenda.nowSeconds) {
      this.agenda.schedule(startSeconds, (slot << KIND_BITS) | BEGIN_SHARE);
    } else {
      this.shareWork(slot, startSeconds);
    }
  }

  continueSegment(slot: number, elapsedSeconds: number, nowSeconds: number): void {
    const discipline = this.network.discipline[this.network.operationStation[this.visits.operation[slot]!]!]!;
    const leftSeconds = Math.max(0, this.#workSeconds(slot) - elapsedSeconds);
    if (discipline === PS) this.sharedServers.share(slot, leftSeconds, nowSeconds);
    else
      this.agenda.schedule(
        nowSeconds + leftSeconds,
        (slot << KIND_BITS) | (discipline === FIFO ? END_SEGMENT : END_DELAY),
      );
  }

  /** Work of the segment that a visit runs, or ran last. */
  #workSeconds(slot: number): number {
    return this.network.samples[this.visits.sample[slot]! + this.visits.segment[slot]!]!;
  }

  /** The event BEGIN_SHARE. */
  shareWork(slot: number, nowSeconds: number): void {
    this.visits.segmentStartSeconds[slot] = nowSeconds;
    this.sharedServers.share(slot, this.#workSeconds(slot), nowSeconds);
  }

  /** The event END_SHARE. */
  endShare(slot: number, nowSeconds: number): void {
    if (this.sharedServers.end(slot, this.#workSeconds(slot), nowSeconds)) this.endSegment(slot, nowSeconds);
  }

  /** The event END_DELAY. */
  endDelay(slot: number, nowSeconds: number): void {
    this.busy.work(this.visits.replica[slot]!, this.#workSeconds(slot));
    this.endSegment(slot, nowSeconds);
  }

  /** The event END_SEGMENT, and what the other ends come to. */
  endSegment(slot: number, nowSeconds: number): void {
    const { visits, network } = this;
    const program = visits.program[slot]!;
    const segment = visits.segment[slot]!;
    const group = network.groupFirst[program]! + segment;
    if (group === network.groupFirst[program + 1]!) {
      this.#depart(slot, 0, nowSeconds);
      return;
    }
    visits.answeredSeconds[slot] = nowSeconds;
    if (visits.depth[slot] === MAX_DEPTH) this.isTruncated = true;
    else if (network.groupIsGuarded[group] === 0) this.#call(slot, group, nowSeconds);
    else this.#callGuarded(slot, group, nowSeconds);
    if (visits.pending[slot] === 0) this.beginSegment(slot, segment + 1, nowSeconds);
  }

  #call(caller: number, group: number, nowSeconds: number): void {
    const { visits, network, draws } = this;
    const end = network.callFirst[group + 1]!;
    for (let call = network.callFirst[group]!; call < end; call++) {
      const edge = network.callEdge[call]!;
      const isAsync = network.edgeIsAsync[edge] === 1;
      const gapSeconds = draws.gapSeconds(edge);
      const callee = network.edgeCallee[edge]!;
      const slot = visits.open(callee, visits.root[caller]!, isAsync ? NONE : caller, visits.depth[caller]! + 1);
      if (slot === NONE) {
        this.stop();
        return;
      }
      this.edgeAttempts[edge] = this.edgeAttempts[edge]! + 1;
      if (!isAsync) {
        visits.pending[caller] = visits.pending[caller]! + 1;
        visits.answerSeconds[slot] = gapSeconds / 2;
      }
      this.agenda.schedule(nowSeconds + (isAsync ? gapSeconds : gapSeconds / 2), (slot << KIND_BITS) | ARRIVE);
    }
  }

  #callGuarded(caller: number, group: number, nowSeconds: number): void {
    const { network, guardedCalls } = this;
    const end = network.callFirst[group + 1]!;
    for (let call = network.callFirst[group]!; call < end; call++) {
      const edge = network.callEdge[call]!;
      if (network.edgeIsAsync[edge] === 1) guardedCalls.send(caller, edge, nowSeconds);
      else guardedCalls.call(caller, edge, nowSeconds);
    }
  }

  /** A visit that was let in departs, and so do those that share its server. */
  #depart(slot: number, isFailed: number, nowSeconds: number): void {
    const { visits, network } = this;
    const station = network.operationStation[visits.operation[slot]!]!;
    const flags = network.stationFlags[station]!;
    const replica = visits.replica[slot]!;
    if (network.discipline[station] === FIFO)
      this.busy.hold(replica, visits.arrivalSeconds[slot]! + visits.waitingSeconds[slot]!, nowSeconds);
    if ((flags & BATCHES) !== 0) {
      for (let other = visits.next[slot]!; other !== NONE; ) {
        const following = visits.next[other]!;
        this.#leave(other, isFailed, nowSeconds);
        other = following;
      }
    }
    if ((flags & ADMITS) !== 0) this.#giveServer(replica, station, nowSeconds);
    this.#leave(slot, isFailed, nowSeconds);
  }

  /** The end of a visit: it is reported and answered. */
  #leave(slot: number, isFailed: number, nowSeconds: number): void {
    const { visits, network } = this;
    const operation = visits.operation[slot]!;
    const station = network.operationStation[operation]!;
    const replica = visits.replica[slot]!;
    const depth = visits.depth[slot]!;
    const parent = visits.parent[slot]!;
    if ((network.stationFlags[station]! & COUNTS_PRESENT) !== 0) this.balancing.leave(replica);
    if (depth === 0 || this.#recordsAll) {
      this.#log.add(
        operation,
        visits.program[slot]! - network.programFirst[operation]!,
        replica - network.replicaFirst[station]!,
        visits.root[slot]!,
        depth === 0 ? 1 : 0,
        isFailed,
        visits.arrivalSeconds[slot]!,
        visits.waitingSeconds[slot]!,
        nowSeconds,
      );
    }
    visits.close(slot);
    if (parent === NONE) return;
    const answeredSeconds = nowSeconds + visits.answerSeconds[slot]!;
    if (parent >= 0) this.#answer(parent, answeredSeconds);
    else this.guardedCalls.answered(answerTo(parent), isFailed, answeredSeconds);
  }

  /** Notes an answer to `caller`; the last one of a group lets it go on. */
  #answer(caller: number, answeredSeconds: number): void {
    const { visits } = this;
    if (answeredSeconds > visits.answeredSeconds[caller]!) visits.answeredSeconds[caller] = answeredSeconds;
    const pending = visits.pending[caller]! - 1;
    visits.pending[caller] = pending;
    if (pending === 0) this.beginSegment(caller, visits.segment[caller]! + 1, visits.answeredSeconds[caller]!);
  }

  /** A server falls free: the next visit gets it, and at a batch consumer as many as it takes at once. */
  #giveServer(replica: number, station: number, nowSeconds: number): void {
    const slot = this.admission.release(replica);
    if (slot === NONE) return;
    const sizeMax = this.network.batchSizeMax[station]!;
    if (sizeMax > 1) {
      let last = slot;
      for (let size = 1; size < sizeMax && last !== NONE; size++) {
        const other = this.admission.takeWaiting(replica);
        this.visits.next[last] = other;
        if (other !== NONE) this.#endWaiting(other, nowSeconds);
        last = other;
      }
      if (last !== NONE) this.visits.next[last] = NONE;
    }
    this.begin(slot, nowSeconds);
  }

  begin(slot: number, nowSeconds: number): void {
    this.#endWaiting(slot, nowSeconds);
    this.beginSegment(slot, 0, nowSeconds);
  }

  #endWaiting(slot: number, nowSeconds: number): void {
    this.visits.waitingSeconds[slot] = nowSeconds - this.visits.arrivalSeconds[slot]!;
  }

  goOn(caller: number, nowSeconds: number): void {
    this.beginSegment(caller, this.visits.segment[caller]! + 1, nowSeconds);
  }

  fail(caller: number, nowSeconds: number): void {
    this.guardedCalls.abandonCalls(caller, nowSeconds);
    this.visits.pending[caller] = 0;
    this.#depart(caller, 1, nowSeconds);
  }

  stop(): void {
    this.isStopped = true;
  }
}
