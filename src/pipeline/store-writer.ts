import { SourceError } from "../contracts/errors.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Store } from "../contracts/store.ts";
import { type QueueLimits, sizeOf, type Waiting, type Write, WriteQueue } from "./write-queue.ts";

export interface WriterLimits extends QueueLimits {
  /** Pause before the first repetition; each further one is twice as long, up to the longest. Seconds. */
  readonly firstPauseSeconds: number;
  readonly longestPauseSeconds: number;
  /** How long a writer that closes waits for its store. Seconds. */
  readonly closeSeconds: number;
}

/** An hour of windows of a system with 70 nodes and entry operations, and the evidence of some hundred incidents. */
const DEFAULT_LIMITS: WriterLimits = {
  series: 50_000,
  trace: 50_000,
  deployment: 1000,
  firstPauseSeconds: 0.25,
  longestPauseSeconds: 15,
  closeSeconds: 10,
};

/**
 * Takes at once what is to be kept, and writes it in that order: the line never waits for its store.
 *
 * A store that fails is asked again, with growing pauses, until it takes the write; the queue grows to its limits
 * meanwhile. A write that no repetition can help is dropped. All that is dropped is counted, and said once an outage.
 */
export class StoreWriter {
  readonly #store: Store;
  readonly #limits: WriterLimits;
  readonly #onError: (error: unknown, what: string) => void;
  readonly #queue: WriteQueue;
  readonly #dropped: Record<Write["kind"], number> = { series: 0, incident: 0, trace: 0, deployment: 0, retention: 0 };
  /** The write under way. */
  #current: Waiting | null = null;
  #draining: Promise<void> | null = null;
  #waiters: { readonly turn: number; readonly done: () => void }[] = [];
  #endPause: () => void = () => undefined;
  #isOutOfPatience = false;
  #isFailing = false;
  #isOverflowTold = false;
  #retries = 0;

  /** @param parts.onError hears of every outage once, and once in it that results are dropped */
  constructor(parts: {
    store: Store;
    onError: (error: unknown, what: string) => void;
    limits?: Partial<WriterLimits>;
  }) {
    this.#store = parts.store;
    this.#onError = parts.onError;
    this.#limits = { ...DEFAULT_LIMITS, ...parts.limits };
    this.#queue = new WriteQueue(this.#limits);
  }

  /** Writes that wait, the one under way among them. */
  get waitingCount(): number {
    return this.#queue.count + (this.#current === null ? 0 : 1);
  }

  /** True from a failed attempt until one succeeds. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  get retryCount(): number {
    return this.#retries;
  }

  /** What was given up: series rows, spans of traces, and whole incidents, deployments and retentions. */
  get dropped(): Readonly<Record<Write["kind"], number>> {
    return this.#dropped;
  }

  /** The state of an incident that the store does not have yet. */
  waitingIncident(id: string): Incident | null {
    const current = this.#current?.write;
    const underWay = current?.kind === "incident" && current.incident.id === id ? current.incident : null;
    return this.#queue.incident(id) ?? underWay;
  }

  /** All that waits, in order: what a checkpoint must hold, so that nothing that was found dies with the process. */
  waiting(): readonly Write[] {
    const queued = this.#queue.writes();
    return this.#current === null ? queued : [this.#current.write, ...queued];
  }

  put(write: Write): void {
    const dropped = this.#queue.put(write);
    for (const each of dropped) this.#drop(each);
    if (dropped.length > 0 && !this.#isOverflowTold) {
      this.#isOverflowTold = true;
      const { series, trace } = this.#limits;
      this.#onError(
        new Error(`${series} series rows and ${trace} spans may wait for the store: the oldest are dropped`),
        "keeping results",
      );
    }
    this.#draining ??= this.#drain();
  }

  /** Fulfilled when all that was put until now is written or dropped. */
  settled(): Promise<void> {
    const turn = this.#queue.lastTurn;
    if (turn < this.#oldestTurn()) return Promise.resolve();
    return new Promise((done) => {
      this.#waiters.push({ turn, done });
    });
  }

  /** Writes what waits, within the time that the limits give; the rest is dropped. */
  async close(): Promise<void> {
    const patience = setTimeout(() => {
      this.#isOutOfPatience = true;
      this.#endPause();
    }, this.#limits.closeSeconds * 1000);
    // The store is asked once more, now.
    this.#endPause();
    await this.#draining;
    clearTimeout(patience);
  }

  async #drain(): Promise<void> {
    // The line goes on before the store is asked: a synchronous one would work inside `put`.
    await Promise.resolve();
    for (let next = this.#queue.take(); next !== null; next = this.#queue.take()) {
      this.#current = next;
      await this.#write(next.write);
      this.#current = null;
      this.#release();
    }
    this.#draining = null;
  }

  async #write(write: Write): Promise<void> {
    let pauseSeconds = this.#limits.firstPauseSeconds;
    for (;;) {
      try {
        await this.#attempt(write);
        this.#isFailing = false;
        this.#isOverflowTold = false;
        return;
      } catch (error) {
        const isRepeated = error instanceof SourceError && error.retriable && !this.#isOutOfPatience;
        if (!this.#isFailing) {
          this.#onError(error, `keeping results: ${isRepeated ? "the store is asked again" : `${write.kind} dropped`}`);
        }
        this.#isFailing = true;
        if (!isRepeated) {
          this.#drop(write);
          return;
        }
      }
      this.#retries++;
      await this.#pause(pauseSeconds);
      pauseSeconds = Math.min(2 * pauseSeconds, this.#limits.longestPauseSeconds);
    }
  }

  async #attempt(write: Write): Promise<void> {
    switch (write.kind) {
      case "series":
        return this.#store.putSeries(write.rows);
      case "incident":
        return this.#store.putIncident(write.incident);
      case "trace":
        return this.#store.putTrace(write.trace);
      case "deployment":
        return this.#store.putDeployment(write.marker);
      case "retention":
        await this.#store.retain(write.olderThanSeconds);
    }
  }

  #pause(seconds: number): Promise<void> {
    if (this.#isOutOfPatience) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #drop(write: Write): void {
    this.#dropped[write.kind] += sizeOf(write);
  }

  #oldestTurn(): number {
    return this.#current?.turn ?? this.#queue.first()?.turn ?? Number.POSITIVE_INFINITY;
  }

  #release(): void {
    const oldest = this.#oldestTurn();
    const done = this.#waiters.filter(({ turn }) => turn < oldest);
    this.#waiters = this.#waiters.filter(({ turn }) => turn >= oldest);
    for (const waiter of done) waiter.done();
  }
}
