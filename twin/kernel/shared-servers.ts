import { END_SHARE, KIND_BITS } from "./event-kinds.ts";
import { IS_AWAITED, NONE, REPLICA, SEGMENT_START, SHARE_END, WAITING } from "./open-visits.ts";
import { PsShares, type SharingRun } from "./ps-shares.ts";

/** Segments at PS stations, and the events that look for their end. */
export class SharedServers {
  readonly #run: SharingRun;
  readonly #shares: PsShares;

  constructor(run: SharingRun, seed: number) {
    this.#run = run;
    this.#shares = new PsShares(run, seed);
  }

  /** A visit has `workSeconds` left of a segment it started at its `segmentStartSeconds`. */
  share(slot: number, workSeconds: number): void {
    const { visits } = this.#run;
    const replica = visits.word(slot, REPLICA);
    visits.setSeconds(slot, SHARE_END, workSeconds);
    this.#shares.add(replica, slot);
    this.#await(replica);
  }

  /**
   * The event END_SHARE: gives whether the visit has finished its segment, of `workSeconds` in all. If so, what sharing
   * added is waiting.
   */
  end(slot: number, workSeconds: number): boolean {
    const { visits } = this.#run;
    const { nowSeconds } = this.#run.agenda;
    const shares = this.#shares;
    const replica = visits.word(slot, REPLICA);
    visits.setWord(slot, IS_AWAITED, 0);
    if (shares.next(replica) !== slot) return false;
    if (shares.nextEndSeconds(replica) > nowSeconds) {
      this.#await(replica);
      return false;
    }
    shares.removeNext(replica);
    const sharedSeconds = nowSeconds - visits.seconds(slot, SEGMENT_START) - workSeconds;
    if (sharedSeconds > 0) visits.setSeconds(slot, WAITING, visits.seconds(slot, WAITING) + sharedSeconds);
    this.#await(replica);
    return true;
  }

  /** Seconds of work done at `replica` until `nowSeconds`. */
  workedSeconds(replica: number, nowSeconds: number): number {
    return this.#shares.workedSeconds(replica, nowSeconds);
  }

  /**
   * Sets an event for the next end at `replica`. An event set when that job was next before still stands: jobs that came
   * since only moved its end back, so it comes too early at worst, and looks again.
   */
  #await(replica: number): void {
    const { visits } = this.#run;
    const slot = this.#shares.next(replica);
    if (slot === NONE || visits.word(slot, IS_AWAITED) === 1) return;
    visits.setWord(slot, IS_AWAITED, 1);
    this.#run.agenda.schedule(this.#shares.nextEndSeconds(replica), (slot << KIND_BITS) | END_SHARE);
  }
}
