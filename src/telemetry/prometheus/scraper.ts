import { MalformedError } from "../../contracts/errors.ts";
import { BusyError } from "../otlp/busy-error.ts";
import type { ScrapeTarget } from "./scrape-target.ts";
import { scrapedMetrics } from "./scraped-metrics.ts";

export interface ScraperOptions {
  readonly targets: readonly ScrapeTarget[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Of one answer, unpacked. */
  readonly maxBytes: number;
  /** Of one answer. */
  readonly maxSeries: number;
  /** Takes in an OTLP JSON body of metrics. @throws {BusyError} when it cannot now. */
  readonly accept: (body: Uint8Array) => Promise<unknown>;
  readonly say: (level: "info" | "warn", message: string) => void;
}

/** One target as it stands. */
export interface TargetStatus {
  readonly url: string;
  readonly isUp: boolean;
  readonly scrapes: number;
  readonly failures: number;
  /** Times the answer was good but could not be taken in. */
  readonly waits: number;
  /** Samples in the last good answer, and series kept of them. */
  readonly samples: number;
  readonly kept: number;
  /** Why the last scrape failed; null when it did not. */
  readonly trouble: string | null;
}

const ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.8";
/** A target that stays away is asked less and less often, down to once in so many intervals. */
const BACKOFF_INTERVALS_MAX = 16;

type MutableStatus = { -readonly [Key in keyof TargetStatus]: TargetStatus[Key] };

/** Asks targets for their metrics, each at its own moment of the interval, and hands on what the twin has a use for. */
export class Scraper {
  readonly #options: ScraperOptions;
  readonly #statuses: readonly MutableStatus[];

  constructor(options: ScraperOptions) {
    this.#options = options;
    this.#statuses = options.targets.map(({ url }) => ({
      url,
      isUp: false,
      scrapes: 0,
      failures: 0,
      waits: 0,
      samples: 0,
      kept: 0,
      trouble: null,
    }));
  }

  status(): readonly TargetStatus[] {
    return this.#statuses.map((status) => ({ ...status }));
  }

  /** Scrapes until the signal aborts. Trouble with a target is counted, said once and waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const { targets } = this.#options;
    await Promise.all(targets.map((target, at) => this.#follow(target, this.#statuses[at]!, at, signal)));
  }

  async #follow(target: ScrapeTarget, status: MutableStatus, at: number, signal: AbortSignal): Promise<void> {
    const { intervalSeconds, targets } = this.#options;
    // Spread over the interval, so that they do not all come at once.
    await pause((intervalSeconds * at) / targets.length, signal);
    let failuresInARow = 0;
    while (!signal.aborted) {
      const begun = performance.now();
      const isGood = await this.#scrape(target, status, signal);
      failuresInARow = isGood ? 0 : failuresInARow + 1;
      const intervals = Math.min(BACKOFF_INTERVALS_MAX, 2 ** Math.max(0, failuresInARow - 1));
      await pause(intervalSeconds * intervals - (performance.now() - begun) / 1000, signal);
    }
  }

  async #scrape(target: ScrapeTarget, status: MutableStatus, stop: AbortSignal): Promise<boolean> {
    const { maxSeries, accept, say } = this.#options;
    try {
      const scrapedSeconds = Date.now() / 1000;
      const { text, type } = await this.#ask(target, stop);
      const format = type.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
      const { body, sampleCount, keptCount } = scrapedMetrics(text, format, target, scrapedSeconds, maxSeries);
      if (!status.isUp && status.trouble !== null) say("info", `${target.url} answers again`);
      Object.assign(status, { isUp: true, trouble: null, samples: sampleCount, kept: keptCount });
      status.scrapes += 1;
      if (body !== null) await accept(body);
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      if (error instanceof BusyError) {
        status.waits += 1;
        return true;
      }
      const trouble = reasonOf(error);
      // Said when it begins, not each time.
      if (status.trouble === null) say("warn", `${target.url} cannot be scraped: ${trouble}`);
      Object.assign(status, { isUp: false, trouble });
      status.failures += 1;
      return false;
    }
  }

  async #ask(target: ScrapeTarget, stop: AbortSignal): Promise<{ text: string; type: string }> {
    const { timeoutSeconds, maxBytes } = this.#options;
    const response = await fetch(target.url, {
      headers: { accept: ACCEPT, "user-agent": "spantwin" },
      redirect: "error",
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new MalformedError(`it answered ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let byteCount = 0;
    for await (const chunk of response.body ?? []) {
      byteCount += chunk.length;
      if (byteCount > maxBytes) throw new MalformedError(`its answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return { text: Buffer.concat(chunks).toString("utf8"), type: response.headers.get("content-type") ?? "" };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  const { cause } = error;
  return cause instanceof Error
    ? cause.message || (cause as NodeJS.ErrnoException).code || error.message
    : error.message;
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || seconds <= 0) {
      // Never without giving others their turn.
      setImmediate(resolve);
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", done);
  });
}
