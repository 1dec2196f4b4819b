/** Thrown when a pool's queue is full: the request is refused instead of waiting for ever. */
export class PoolFullError extends Error {
  constructor(name: string, waitingLimit: number) {
    super(`${name}: more than ${waitingLimit} waiting`);
    this.name = "PoolFullError";
  }
}

/** What a pool did since the process started. */
export interface PoolCounters {
  readonly name: string;
  readonly serverCount: number;
  /** Slots held × time, seconds. */
  readonly busySeconds: number;
  /** Slots there were × time, seconds. */
  readonly offeredSeconds: number;
  readonly served: number;
  readonly refused: number;
  readonly held: number;
  readonly waiting: number;
}

/** A limited number of slots, given out first come, first served. */
export class FifoPool {
  readonly #name: string;
  readonly #waitingLimit: number;
  #serverCount: number;
  #held = 0;
  #served = 0;
  #refused = 0;
  #busySeconds = 0;
  #offeredSeconds = 0;
  #countedUntilSeconds: number;
  #waiters: (() => void)[] = [];
  #firstWaiter = 0;

  constructor(name: string, serverCount: number, waitingLimit = 2000) {
    this.#name = name;
    this.#serverCount = serverCount;
    this.#waitingLimit = waitingLimit;
    this.#countedUntilSeconds = performance.now() / 1000;
  }

  get serverCount(): number {
    return this.#serverCount;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiters.length - this.#firstWaiter;
  }

  /**
   * Waits for a slot; give it back with `release`.
   *
   * @throws {PoolFullError} when too many wait already.
   */
  acquire(): Promise<void> | undefined {
    if (this.#held < this.#serverCount && this.waiting === 0) {
      this.#take();
      return undefined;
    }
    if (this.waiting >= this.#waitingLimit) {
      this.#refused++;
      throw new PoolFullError(this.#name, this.#waitingLimit);
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  release(): void {
    this.#count();
    this.#held--;
    this.#served++;
    this.#admit();
  }

  /** Changes the limit. Slots held above a lower limit are not torn away: they end first. */
  resize(serverCount: number): void {
    this.#count();
    this.#serverCount = serverCount;
    this.#admit();
  }

  counters(): PoolCounters {
    this.#count();
    return {
      name: this.#name,
      serverCount: this.#serverCount,
      busySeconds: this.#busySeconds,
      offeredSeconds: this.#offeredSeconds,
      served: this.#served,
      refused: this.#refused,
      held: this.#held,
      waiting: this.waiting,
    };
  }

  #take(): void {
    this.#count();
    this.#held++;
  }

  #admit(): void {
    while (this.#held < this.#serverCount && this.waiting > 0) {
      const next = this.#waiters[this.#firstWaiter++]!;
      if (this.#firstWaiter > 64 && this.#firstWaiter * 2 > this.#waiters.length) {
        this.#waiters = this.#waiters.slice(this.#firstWaiter);
        this.#firstWaiter = 0;
      }
      this.#held++;
      next();
    }
  }

  #count(): void {
    const nowSeconds = performance.now() / 1000;
    const elapsedSeconds = nowSeconds - this.#countedUntilSeconds;
    this.#countedUntilSeconds = nowSeconds;
    this.#busySeconds += this.#held * elapsedSeconds;
    this.#offeredSeconds += this.#serverCount * elapsedSeconds;
  }
}
