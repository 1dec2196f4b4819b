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

  constructor(network: CompiledNetwork, arrivals: Arrivals, options: SimulationOptions) {
    const maxOpenVisits = options.maxOpenVisits ?? 131_072;
    this.#network = network;
    this.#arrivals = arrivals;
    this.#options = options;
    // A visit and a guarded call await one event each at most, an edge those of its deadlines.
    this.#agenda = new Agenda(2 * (maxOpenVisits + network.edgeCallee.length));
    this.#log = new VisitLog();
    this.#steps = new VisitSteps(network, this.#agenda, this.#log, maxOpenVisits, options);
  }

  run(): SimulatedVisits {
    const times = this.#arrivals.timeSeconds;
    const agenda = this.#agenda;
    const steps = this.#steps;
    const untilSeconds = this.#options.untilSeconds ?? Number.POSITIVE_INFINITY;
    const maxEvents = this.#options.maxEvents ?? 50_000_000;
    this.#start();
    let arrival = 0;
    for (let eventCount = 0; ; eventCount++) {
      const arrivalSeconds = arrival < times.length ? times[arrival]! : Number.POSITIVE_INFINITY;
      const event = agenda.takeBefore(arrivalSeconds);
      const nowSeconds = event === NO_EVENT ? arrivalSeconds : agenda.nowSeconds;
      if (nowSeconds === Number.POSITIVE_INFINITY) break;
      if (nowSeconds > untilSeconds) return this.#finish(untilSeconds, steps.isTruncated);
      if (steps.isStopped || agenda.isOverfull || eventCount === maxEvents)
        return this.#finish(agenda.nowSeconds, true);
      if (event === NO_EVENT) this.#enter(arrival++, nowSeconds);
      else this.#happen(event, nowSeconds);
    }
    if (arrival < times.length)
      throw new RangeError(`arrivals.timeSeconds[${arrival}]: ${times[arrival]} is not a time`);
    return this.#finish(agenda.nowSeconds, steps.isTruncated || steps.visits.openCount > 0);
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
    else this.#steps.arrive(slot, nowSeconds);
  }

  #happen(event: number, nowSeconds: number): void {
    const steps = this.#steps;
    const subject = event >> KIND_BITS;
    const kind = event & KIND_MASK;
    if (kind === END_SEGMENT) steps.endSegment(subject, nowSeconds);
    else if (kind === ARRIVE) steps.arrive(subject, nowSeconds);
    else if (kind === END_SHARE) steps.endShare(subject, nowSeconds);
    else if (kind === BEGIN_SHARE) steps.shareWork(subject, nowSeconds);
    else if (kind === END_DELAY) steps.endDelay(subject, nowSeconds);
    else if (kind === ANSWER) steps.guardedCalls.answer(subject, nowSeconds);
    else if (kind === RETRY) steps.guardedCalls.retry(subject, nowSeconds);
    else steps.guardedCalls.timeout(subject, nowSeconds);
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
