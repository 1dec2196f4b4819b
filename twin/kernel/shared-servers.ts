import type { Agenda } from "./agenda.ts";
import type { CompiledNetwork } from "./compiled-network.ts";
import { END_SHARE, KIND_BITS } from "./event-kinds.ts";
import { IS_AWAITED, NONE, type OpenVisits, REPLICA, SEGMENT_START, WAITING } from "./open-visits.ts";
import { PsShares } from "./ps-shares.ts";

export interface SchedulingRun {
  readonly network: CompiledNetwork;
  readonly visits: OpenVisits;
  readonly agenda: Agenda;
}

/** Segments at PS stations, and the events that look for their end. */
export class SharedServers {
  readonly #run: SchedulingRun;
  readonly #shares: PsShares;

  constructor(run: SchedulingRun, seed: number) {
    this.#run = run;
    this.#shares = new PsShares(run.network, run.visits, seed);
  }

  /** A visit has `workSeconds` left of a segment it started at its `segmentStartSeconds`. */
  share(slot: number, workSeconds: number, nowSeconds: number): void {
    const replica = this.#run.visits.word(slot, REPLICA);
    this.#shares.add(replica, slot, workSeconds, nowSeconds);
    this.#await(replica, nowSeconds);
  }

  /**
   * The event END_SHARE: gives whether the visit has finished its segment, of `workSeconds` in all. If so, what sharing
   * added is waiting.
   */
  end(slot: number, workSeconds: number, nowSeconds: number): boolean {
    const { visits } = this.#run;
    const shares = this.#shares;
    const replica = visits.word(slot, REPLICA);
    visits.setWord(slot, IS_AWAITED, 0);
    if (shares.next(replica) !== slot) return false;
    if (shares.nextEndSeconds(replica, nowSeconds) > nowSeconds) {
      this.#await(replica, nowSeconds);
      return false;
    }
    shares.removeNext(replica);
    const sharedSeconds = nowSeconds - visits.seconds(slot, SEGMENT_START) - workSeconds;
    if (sharedSeconds > 0) visits.setSeconds(slot, WAITING, visits.seconds(slot, WAITING) + sharedSeconds);
    this.#await(replica, nowSeconds);
    return true;
  }

  /** Seconds of work done at `replica` until now. */
  workedSeconds(replica: number, nowSeconds: number): number {
    return this.#shares.workedSeconds(replica, nowSeconds);
  }

  /**
   * Sets an event for the next end at `replica`. An event set when that job was next before still stands: jobs that came
   * since only moved its end back, so it comes too early at worst, and looks again.
   */
  #await(replica: number, nowSeconds: number): void {
    const { visits } = this.#run;
    const slot = this.#shares.next(replica);
    if (slot === NONE || visits.word(slot, IS_AWAITED) === 1) return;
    visits.setWord(slot, IS_AWAITED, 1);
    this.#run.agenda.schedule(this.#shares.nextEndSeconds(replica, nowSeconds), (slot << KIND_BITS) | END_SHARE);
  }
}
