import type { LearnedVisit } from "./learned-visit.ts";

/** Visits that are kept together. */
const RUN_LENGTH = 100;

/** What was learned of one instance, oldest first. */
export class VisitLog {
  readonly visits: LearnedVisit[];
  /** The same visits in lists that never change, so that a checkpoint keeps each once: of `visits` all but the last few. */
  #runs: (readonly LearnedVisit[])[] = [];
  /** Visits at the beginning of the first run that are given up. */
  #skipped = 0;

  constructor(visits: LearnedVisit[] = []) {
    this.visits = visits;
  }

  /** Gives up all but the latest. */
  keepLast(count: number): void {
    const excess = this.visits.length - count;
    if (excess <= 0) return;
    this.visits.splice(0, excess);
    this.#skipped += excess;
    while (this.#runs.length > 0 && this.#skipped >= this.#runs[0]!.length) this.#skipped -= this.#runs.shift()!.length;
    if (this.#runs.length === 0) this.#skipped = 0;
  }

  snapshot() {
    let end = this.#runs.reduce((sum, run) => sum + run.length, -this.#skipped);
    for (; end + RUN_LENGTH <= this.visits.length; end += RUN_LENGTH)
      this.#runs.push(Object.freeze(this.visits.slice(end, end + RUN_LENGTH)));
    return { runs: [...this.#runs], skipped: this.#skipped, latest: this.visits.slice(end) };
  }

  static restored({ runs, skipped, latest }: ReturnType<VisitLog["snapshot"]>): VisitLog {
    const visits = [...runs.flat().slice(skipped), ...latest];
    const log = new VisitLog(visits);
    log.#runs = runs;
    log.#skipped = skipped;
    return log;
  }
}
