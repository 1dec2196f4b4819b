import type { Appointment, Clock } from "./clock.ts";

/** A fixed number of workers (or threads) and the queue in front of them. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  #count: number;
  #busy = 0;
  #busySeconds = 0;
  #asOfSeconds = 0;

  constructor(clock: Clock, count: number) {
    this.#clock = clock;
    this.#count = count;
  }

  /** Calls back when a worker is free, in order of asking. */
  acquire(begin: () => void): void {
    if (this.#busy < this.#count) {
      this.#account();
      this.#busy++;
      begin();
    } else {
      this.#queue.push(begin);
    }
  }

  release(): void {
    this.#account();
    this.#busy--;
    this.#admit();
  }

  resize(count: number): void {
    this.#count = count;
    this.#admit();
  }

  /** Time so far × workers busy at it. */
  get busySeconds(): number {
    this.#account();
    return this.#busySeconds;
  }

  #admit(): void {
    while (this.#busy < this.#count && this.#queue.length > 0) {
      this.#account();
      this.#busy++;
      this.#queue.shift()!();
    }
  }

  #account(): void {
    const { nowSeconds } = this.#clock;
    this.#busySeconds += this.#busy * (nowSeconds - this.#asOfSeconds);
    this.#asOfSeconds = nowSeconds;
  }
}

interface Job {
  leftSeconds: number;
  readonly done: () => void;
}

/** What rounding may leave of a job. */
const NOTHING_SECONDS = 1e-9;

/**
 * Processors that all present jobs share equally, none getting more than one. Each job's remaining work is kept and
 * counted down: slow for thousands of jobs, obvious for tens.
 */
export class Processor {
  readonly #clock: Clock;
  readonly #jobs = new Set<Job>();
  #count: number;
  #isPaused = false;
  #rate = 1;
  #asOfSeconds = 0;
  #busySeconds = 0;
  #next: Appointment | null = null;

  /** @param count may be a fraction; Infinity gives every job one of its own. */
  constructor(clock: Clock, count: number) {
    this.#clock = clock;
    this.#count = count;
  }

  work(seconds: number, done: () => void): void {
    this.#countDown();
    this.#jobs.add({ leftSeconds: seconds, done });
    this.#expectNext();
  }

  resize(count: number): void {
    this.#countDown();
    this.#count = count;
    this.#expectNext();
  }

  /** While paused nothing moves. */
  setPaused(isPaused: boolean): void {
    this.#countDown();
    this.#isPaused = isPaused;
    this.#expectNext();
  }

  /** Work done so far. */
  get busySeconds(): number {
    this.#countDown();
    return this.#busySeconds;
  }

  #countDown(): void {
    const { nowSeconds } = this.#clock;
    const workedSeconds = (nowSeconds - this.#asOfSeconds) * this.#rate;
    this.#asOfSeconds = nowSeconds;
    if (workedSeconds > 0) {
      for (const job of this.#jobs) job.leftSeconds -= workedSeconds;
      this.#busySeconds += workedSeconds * this.#jobs.size;
    }
  }

  #expectNext(): void {
    this.#rate = this.#isPaused ? 0 : Math.min(1, this.#count / this.#jobs.size);
    let leastSeconds = Number.POSITIVE_INFINITY;
    for (const job of this.#jobs) leastSeconds = Math.min(leastSeconds, job.leftSeconds);
    const atSeconds = this.#clock.nowSeconds + Math.max(0, leastSeconds) / this.#rate;
    if (this.#next?.atSeconds === atSeconds) return;
    this.#next?.cancel();
    this.#next = atSeconds < Number.POSITIVE_INFINITY ? this.#clock.at(atSeconds, () => this.#finish()) : null;
  }

  #finish(): void {
    this.#next = null;
    this.#countDown();
    const finished = [...this.#jobs].filter((job) => job.leftSeconds <= NOTHING_SECONDS);
    for (const job of finished) this.#jobs.delete(job);
    this.#expectNext();
    for (const job of finished) job.done();
  }
}
