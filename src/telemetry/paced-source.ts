import type { TelemetryBatch, TelemetrySource } from "../contracts/telemetry.ts";

/** Time as the pace sees it; another one in tests. */
export interface PaceClock {
  nowSeconds(): number;
  /** Resolves after that time, or at once when the signal aborts. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}

const SLEEP_SECONDS_MAX = 3600;

const SYSTEM_CLOCK: PaceClock = {
  nowSeconds: () => performance.now() / 1000,
  sleep: (seconds, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      signal.addEventListener("abort", done);
    }),
};

/** Hands on the batches of a source at `speed` times event time: what happened a minute apart comes 60 / speed s apart. */
export class PacedSource implements TelemetrySource {
  readonly name: string;
  readonly #source: TelemetrySource;
  readonly #speed: number;
  readonly #clock: PaceClock;

  constructor(source: TelemetrySource, speed: number, clock: PaceClock = SYSTEM_CLOCK) {
    if (!(speed > 0)) throw new RangeError(`speed ${speed} must be above 0`);
    this.name = source.name;
    this.#source = source;
    this.#speed = speed;
    this.#clock = clock;
  }

  async read(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    let firstEventSeconds = Number.NaN;
    let begunSeconds = 0;
    await this.#source.read(async (batch) => {
      const eventSeconds = eventTimeOf(batch);
      if (Number.isNaN(firstEventSeconds)) {
        firstEventSeconds = eventSeconds;
        begunSeconds = this.#clock.nowSeconds();
      }
      await this.#until(begunSeconds + (eventSeconds - firstEventSeconds) / this.#speed, signal);
      if (!signal.aborted) await take(batch);
    }, signal);
  }

  async #until(dueSeconds: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const waitSeconds = dueSeconds - this.#clock.nowSeconds();
      // A batch without a time is due at once.
      if (!(waitSeconds > 0) || signal.aborted) return;
      // A timer holds 24 days at most.
      await this.#clock.sleep(Math.min(waitSeconds, SLEEP_SECONDS_MAX), signal);
    }
  }
}

/** The middle one of the times at which its spans ended or its points were read: a broken clock does not move it. */
function eventTimeOf({ spans, metrics }: TelemetryBatch): number {
  const times =
    spans.spanCount > 0
      ? spans.startSeconds.map((start, row) => start + Math.max(0, spans.durationSeconds[row]!))
      : Float64Array.from(metrics, ({ timeSeconds }) => timeSeconds);
  return times.sort()[times.length >> 1] ?? Number.NaN;
}
