import { ADMITTED, Admission, REFUSED } from "./admission.ts";
import type { Agenda } from "./agenda.ts";
import { Balancing } from "./balancing.ts";
import { BusyServers } from "./busy-servers.ts";
import {
  ADMITS,
  BATCHES,
  COUNTS_PRESENT,
  type CompiledNetwork,
  DELAY,
  DISCIPLINE_MASK,
  FIFO,
  STATION_SHIFT,
} from "./compiled-network.ts";
import { Draws } from "./draws.ts";
import { ARRIVE, BEGIN_SHARE, END_DELAY, END_SEGMENT, KIND_BITS } from "./event-kinds.ts";
import { GuardedCalls } from "./guarded-calls.ts";
import type { StartingRun } from "./in-flight-start.ts";
import {
  ANSWER_DELAY,
  ANSWERED,
  ARRIVAL,
  answerTo,
  DEPTH,
  NEXT,
  NONE,
  OPERATION,
  OpenVisits,
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
import { SharedServers } from "./shared-servers.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { VisitLog } from "./visit-log.ts";
import { reportVisit } from "./visit-report.ts";

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
  arrive(slot: number): void {
    const { visits, draws } = this;
    const operation = visits.word(slot, OPERATION);
    const traits = this.network.operationTraits[operation]!;
    const station = traits >> STATION_SHIFT;
    const program = draws.program(operation);
    const replica = (traits & COUNTS_PRESENT) === 0 ? draws.replica(station) : this.balancing.enter(station);
    visits.setWord(slot, TRAITS, traits);
    visits.setWord(slot, REPLICA, replica);
    visits.setWord(slot, PROGRAM, program);
    visits.setWord(slot, SAMPLE, draws.firstSample(program));
    visits.setSeconds(slot, ARRIVAL, this.agenda.nowSeconds);
    if ((traits & ADMITS) !== 0) {
      const outcome = this.admission.enter(replica, slot);
      if (outcome !== ADMITTED) {
        if (outcome === REFUSED) this.#leave(slot, 1);
        return;
      }
      // No others share its server.
      if ((traits & BATCHES) !== 0) visits.setWord(slot, NEXT, NONE);
    }
    this.beginSegment(slot, 0);
  }

  /** Begins now. */
  beginSegment(slot: number, segment: number): void {
    this.visits.setSeconds(slot, SEGMENT_START, this.agenda.nowSeconds);
    this.#beginAtStart(slot, segment);
  }

  /** Begins at its `SEGMENT_START`, now or later: the answers of a call group may still be on their way. */
  #beginAtStart(slot: number, segment: number): void {
    const { visits, agenda } = this;
    const startSeconds = visits.seconds(slot, SEGMENT_START);
    const discipline = visits.word(slot, TRAITS) & DISCIPLINE_MASK;
    visits.setWord(slot, SEGMENT, segment);
    if (discipline === FIFO) {
      agenda.schedule(startSeconds + this.workSeconds(slot), (slot << KIND_BITS) | END_SEGMENT);
    } else if (discipline === DELAY) {
      agenda.schedule(startSeconds + this.workSeconds(slot), (slot << KIND_BITS) | END_DELAY);
    } else if (startSeconds > agenda.nowSeconds) {
      agenda.schedule(startSeconds, (slot << KIND_BITS) | BEGIN_SHARE);
    } else {
      this.sharedServers.share(slot, this.workSeconds(slot));
    }
  }

  /** Work of the segment that a visit runs, or ran last. */
  workSeconds(slot: number): number {
    return this.network.samples[this.visits.word(slot, SAMPLE) + this.visits.word(slot, SEGMENT)]!;
  }

  /** The event BEGIN_SHARE. */
  beginShare(slot: number): void {
    this.sharedServers.share(slot, this.workSeconds(slot));
  }

  /** The event END_SHARE. */
  endShare(slot: number): void {
    if (this.sharedServers.end(slot, this.workSeconds(slot))) this.endSegment(slot);
  }

  /** The event END_DELAY. */
  endDelay(slot: number): void {
    this.busy.work(this.visits.word(slot, REPLICA), this.workSeconds(slot));
    this.endSegment(slot);
  }

  /** The event END_SEGMENT, and what the other ends come to. */
  endSegment(slot: number): void {
    const { visits, network } = this;
    const program = visits.word(slot, PROGRAM);
    const groupEnd = network.groupFirst[program + 1]!;
    for (;;) {
      const segment = visits.word(slot, SEGMENT);
      const group = network.groupFirst[program]! + segment;
      if (group === groupEnd) {
        this.#depart(slot, 0);
        return;
      }
      if (visits.word(slot, DEPTH) === MAX_DEPTH) this.isTruncated = true;
      else if (network.groupIsGuarded[group] === 0) this.#call(slot, group);
      else this.guardedCalls.callGroup(slot, group, this.agenda.nowSeconds);
      if (visits.word(slot, PENDING) > 0) {
        visits.setSeconds(slot, ANSWERED, this.agenda.nowSeconds);
        return;
      }
      // Nobody is waited for. A server of one's own goes through a segment without work at once.
      const isFifo = (visits.word(slot, TRAITS) & DISCIPLINE_MASK) === FIFO;
      if (!isFifo || network.samples[visits.word(slot, SAMPLE) + segment + 1] !== 0) {
        this.beginSegment(slot, segment + 1);
        return;
      }
      visits.setWord(slot, SEGMENT, segment + 1);
    }
  }

  #call(caller: number, group: number): void {
    const { visits, network, draws, agenda } = this;
    const { nowSeconds } = agenda;
    const root = visits.word(caller, ROOT);
    const depth = visits.word(caller, DEPTH) + 1;
    const end = network.callFirst[group + 1]!;
    let pending = 0;
    for (let call = network.callFirst[group]!; call < end; call++) {
      const edge = network.callEdge[call]!;
      const isAsync = network.edgeIsAsync[edge] === 1;
      const gapSeconds = draws.gapSeconds(edge);
      const slot = visits.open(network.edgeCallee[edge]!, root, isAsync ? NONE : caller, depth);
      if (slot === NONE) {
        this.stop();
        break;
      }
      this.edgeAttempts[edge] = this.edgeAttempts[edge]! + 1;
      if (!isAsync) {
        pending++;
        visits.setSeconds(slot, ANSWER_DELAY, gapSeconds / 2);
      }
      agenda.schedule(nowSeconds + (isAsync ? gapSeconds : gapSeconds / 2), (slot << KIND_BITS) | ARRIVE);
    }
    visits.setWord(caller, PENDING, pending);
  }

  /** A visit that was let in departs, and so do those that share its server. */
  #depart(slot: number, isFailed: number): void {
    const { visits } = this;
    const traits = visits.word(slot, TRAITS);
    if ((traits & ADMITS) !== 0) {
      const replica = visits.word(slot, REPLICA);
      if ((traits & DISCIPLINE_MASK) === FIFO)
        this.busy.hold(replica, visits.seconds(slot, ARRIVAL) + visits.seconds(slot, WAITING), this.agenda.nowSeconds);
      if ((traits & BATCHES) !== 0) this.#leaveBatch(visits.word(slot, NEXT), isFailed);
      this.#giveServer(replica, this.network.batchSizeMax[traits >> STATION_SHIFT]!);
    }
    this.#leave(slot, isFailed);
  }

  #leaveBatch(first: number, isFailed: number): void {
    for (let slot = first; slot !== NONE; ) {
      const following = this.visits.word(slot, NEXT);
      this.#leave(slot, isFailed);
      slot = following;
    }
  }

  /** The end of a visit: it is reported and answered. */
  #leave(slot: number, isFailed: number): void {
    const { visits } = this;
    const parent = visits.word(slot, PARENT);
    const traits = visits.word(slot, TRAITS);
    if ((traits & COUNTS_PRESENT) !== 0) this.balancing.leave(visits.word(slot, REPLICA));
    if (this.#recordsAll || visits.word(slot, DEPTH) === 0) reportVisit(this.#log, this, slot, isFailed);
    visits.close(slot);
    if (parent === NONE) return;
    if (parent >= 0) this.#answer(parent, slot);
    else this.guardedCalls.answered(answerTo(parent), isFailed, this.#answeredSeconds(slot));
  }

  /** When the caller of a visit that departs now has its answer. */
  #answeredSeconds(slot: number): number {
    return this.agenda.nowSeconds + this.visits.seconds(slot, ANSWER_DELAY);
  }

  /** Notes the answer of the visit that was in `slot`; the last one of a group lets `caller` go on. */
  #answer(caller: number, slot: number): void {
    const { visits } = this;
    const answeredSeconds = Math.max(visits.seconds(caller, ANSWERED), this.#answeredSeconds(slot));
    const pending = visits.word(caller, PENDING) - 1;
    visits.setWord(caller, PENDING, pending);
    visits.setSeconds(caller, ANSWERED, answeredSeconds);
    if (pending > 0) return;
    visits.setSeconds(caller, SEGMENT_START, answeredSeconds);
    this.#beginAtStart(caller, visits.word(caller, SEGMENT) + 1);
  }

  /** A server falls free: the next visit gets it, and at a batch consumer as many as it takes at once. */
  #giveServer(replica: number, sizeMax: number): void {
    const slot = this.admission.release(replica);
    if (slot === NONE) return;
    if (sizeMax > 1) this.admission.joinBatch(this.visits, slot, sizeMax, this.agenda.nowSeconds);
    this.begin(slot);
  }

  begin(slot: number): void {
    this.visits.setSeconds(slot, WAITING, this.agenda.nowSeconds - this.visits.seconds(slot, ARRIVAL));
    this.beginSegment(slot, 0);
  }

  goOn(caller: number): void {
    this.beginSegment(caller, this.visits.word(caller, SEGMENT) + 1);
  }

  fail(caller: number): void {
    this.guardedCalls.abandonCalls(caller, this.agenda.nowSeconds);
    this.visits.setWord(caller, PENDING, 0);
    this.#depart(caller, 1);
  }

  stop(): void {
    this.isStopped = true;
  }
}
