import { Agenda } from "./agenda.ts";
import { type CompiledNetwork, PS } from "./compiled-network.ts";
import { NO_EVENT } from "./event-calendar.ts";
import {
  ANSWER,
  ARRIVE,
  BEGIN_SHARE,
  END_DELAY,
  END_SEGMENT,
  END_SHARE,
  KIND_BITS,
  KIND_MASK,
  RETRY,
} from "./event-kinds.ts";
import { startInFlight } from "./in-flight-start.ts";
import { NONE } from "./open-visits.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { Arrivals, SimulatedVisits } from "./spec.ts";
import { VisitLog } from "./visit-log.ts";
import { VisitSteps } from "./visit-steps.ts";

/** One run; see `simulate`. */
export class Simulation {
  readonly #network: CompiledNetwork;
  readonly #arrivals: Arrivals;
  readonly #options: SimulationOptions;
  readonly #agenda: Agenda;
  readonly #log: VisitLog;
  readonly #steps: VisitSteps;
  readonly #untilSeconds: number;
  #eventsLeft: number;
  /** A limit ends the run before its time. */
  #isCut = false;

  constructor(network: CompiledNetwork, arrivals: Arrivals, options: SimulationOptions) {
    const maxOpenVisits = options.maxOpenVisits ?? 131_072;
    this.#network = network;
    this.#arrivals = arrivals;
    this.#options = options;
    this.#untilSeconds = options.untilSeconds ?? Number.POSITIVE_INFINITY;
    this.#eventsLeft = options.maxEvents ?? 50_000_000;
    // A visit and a guarded call await one event each at most, an edge those of its deadlines.
    this.#agenda = new Agenda(2 * (maxOpenVisits + network.edgeCallee.length));
    this.#log = new VisitLog();
    this.#steps = new VisitSteps(network, this.#agenda, this.#log, maxOpenVisits, options);
  }

  run(): SimulatedVisits {
    const times = this.#arrivals.timeSeconds;
    const agenda = this.#agenda;
    const steps = this.#steps;
    this.#start();
    let arrival = 0;
    for (;;) {
      const arrivalSeconds = timeAt(times, arrival);
      agenda.stopBefore(arrivalSeconds);
      if (this.#happenBeforeArrival()) {
        if (arrivalSeconds === Number.POSITIVE_INFINITY) break;
        if (this.#mayGoOn(arrivalSeconds)) {
          this.#enter(arrival++, arrivalSeconds);
          continue;
        }
      }
      return this.#isCut ? this.#finish(agenda.nowSeconds, true) : this.#finish(this.#untilSeconds, steps.isTruncated);
    }
    if (arrival < times.length)
      throw new RangeError(`arrivals.timeSeconds[${arrival}]: ${times[arrival]} is not a time`);
    return this.#finish(agenda.nowSeconds, steps.isTruncated || steps.visits.openCount > 0);
  }

  /**
   * All events before the next arrival; false when the run must end. A function of its own, because one that is called
   * often is compiled for good, but a loop that is entered once a run is compiled anew each time.
   */
  #happenBeforeArrival(): boolean {
    const agenda = this.#agenda;
    for (;;) {
      const event = agenda.takeBeforeLimit();
      if (event === NO_EVENT) return true;
      if (!this.#mayGoOn(agenda.nowSeconds)) return false;
      this.#happen(event);
    }
  }

  /** Counts what happens at `seconds`; false when it is too late or too much for this run. */
  #mayGoOn(seconds: number): boolean {
    if (seconds > this.#untilSeconds) return false;
    this.#isCut = this.#steps.isStopped || this.#agenda.isOverfull || this.#eventsLeft === 0;
    this.#eventsLeft--;
    return !this.#isCut;
  }

  #start(): void {
    const { initial, seed } = this.#options;
    if (initial === undefined) return;
    const startSeconds = this.#options.startSeconds ?? this.#arrivals.timeSeconds[0];
    if (startSeconds === undefined || !Number.isFinite(startSeconds))
      throw new RangeError(`startSeconds: ${startSeconds} is not a time for visits under way to go on`);
    this.#agenda.advanceTo(startSeconds);
    startInFlight(this.#steps, initial, { seed, startSeconds, firstRoot: this.#arrivals.timeSeconds.length });
  }

  #enter(arrival: number, nowSeconds: number): void {
    this.#agenda.advanceTo(nowSeconds);
    const operation = this.#arrivals.operation[arrival];
    if (operation === undefined || operation >= this.#network.operationStation.length) {
      throw new RangeError(`arrivals.operation[${arrival}]: ${operation} is not an operation of the network`);
    }
    const slot = this.#steps.visits.open(operation, arrival, NONE, 0);
    if (slot === NONE) this.#steps.stop();
    else this.#steps.arrive(slot);
  }

  #happen(event: number): void {
    const steps = this.#steps;
    const subject = event >> KIND_BITS;
    const kind = event & KIND_MASK;
    if (kind === END_SEGMENT) steps.endSegment(subject);
    else if (kind === ARRIVE) steps.arrive(subject);
    else if (kind === END_SHARE) steps.endShare(subject);
    else if (kind === BEGIN_SHARE) steps.beginShare(subject);
    else if (kind === END_DELAY) steps.endDelay(subject);
    else if (kind === ANSWER) steps.guardedCalls.answer(subject, this.#agenda.nowSeconds);
    else if (kind === RETRY) steps.guardedCalls.retry(subject, this.#agenda.nowSeconds);
    else steps.guardedCalls.timeout(subject, this.#agenda.nowSeconds);
  }

  #finish(endSeconds: number, isTruncated: boolean): SimulatedVisits {
    const { visits, busy, sharedServers, guardedCalls, edgeAttempts } = this.#steps;
    if (visits.openCount > 0) busy.addOpen(visits, endSeconds);
    const { replicaStation, discipline } = this.#network;
    replicaStation.forEach((station, replica) => {
      if (discipline[station] === PS) busy.work(replica, sharedServers.workedSeconds(replica, endSeconds));
    });
    return this.#log.finish({
      busySeconds: busy.seconds,
      edgeAttempts,
      edgeTimeouts: guardedCalls.edgeTimeouts,
      edgeFailures: guardedCalls.edgeFailures,
      edgeLosses: guardedCalls.edgeLosses,
      // A run in which nothing happens reaches no time.
      endSeconds: endSeconds === Number.NEGATIVE_INFINITY ? 0 : endSeconds,
      isTruncated,
    });
  }
}

/** Infinity after the last arrival, and for what is not a time. */
function timeAt(times: Float64Array, arrival: number): number {
  return arrival < times.length && times[arrival]! < Number.POSITIVE_INFINITY
    ? times[arrival]!
    : Number.POSITIVE_INFINITY;
}
