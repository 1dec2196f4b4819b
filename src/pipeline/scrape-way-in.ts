import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Counters, Reading } from "../self/counters.ts";
import type { Intake } from "../telemetry/otlp/intake.ts";
import { SCRAPE_TARGET_RULE, type ScrapeTarget, scrapeTargetOf } from "../telemetry/prometheus/scrape-target.ts";
import { Scraper, type TargetStatus } from "../telemetry/prometheus/scraper.ts";

export interface ScrapeWayIn {
  /** For people: how many targets. */
  readonly address: string;
  /** Asks no more, and waits for what is being taken in. */
  end(): Promise<void>;
}

/**
 * Scrapes the targets of the settings into the intake, until stopped; null when the settings name none.
 *
 * @throws {SettingsError} naming the target that is none. Targets that do not answer are none: they are waited for.
 */
export function openScraping(parts: {
  readonly settings: Settings;
  readonly intake: Intake;
  readonly counters: Counters;
  readonly say: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}): ScrapeWayIn | null {
  const { settings, intake, counters, say, onError } = parts;
  const targets = settings.scrapeTargets.map(checkedTarget);
  if (targets.length === 0) return null;
  const scraper = new Scraper({
    targets,
    intervalSeconds: settings.scrapeIntervalSeconds,
    timeoutSeconds: settings.scrapeTimeoutSeconds,
    maxBytes: settings.scrapeMaxBytes,
    maxSeries: settings.scrapeMaxSeries,
    accept: (body) => intake.accept("metrics", "otlp_json", body),
    say,
  });
  countScrapes(counters, () => scraper.status());
  const stopping = new AbortController();
  const running = scraper.run(stopping.signal).catch((error: unknown) => onError(error, "scraping"));
  return {
    address: targets.map(({ url }) => url).join(", "),
    async end() {
      stopping.abort();
      await running;
    },
  };
}

function checkedTarget(text: string): ScrapeTarget {
  const target = scrapeTargetOf(text);
  if (target === null) throw new SettingsError("scrapeTargets", text, `must be ${SCRAPE_TARGET_RULE}`);
  return target;
}

function countScrapes(counters: Counters, statuses: () => readonly TargetStatus[]): void {
  const add = (type: "counter" | "gauge", name: string, help: string, value: (status: TargetStatus) => number) =>
    counters.read(
      type,
      `spantwin_scrape_${name}`,
      help,
      (): Reading => statuses().map((status) => ({ labels: { target: status.url }, value: value(status) })),
    );
  add("gauge", "up", "1 when the last scrape of the target was good.", ({ isUp }) => Number(isUp));
  add("gauge", "samples", "Samples in the last good answer.", ({ samples }) => samples);
  add("gauge", "kept_series", "Series of the last good answer that were kept.", ({ kept }) => kept);
  add("counter", "answers_total", "Good answers.", ({ scrapes }) => scrapes);
  add("counter", "failures_total", "Scrapes that failed.", ({ failures }) => failures);
  add("counter", "waits_total", "Good answers that could not be taken in, there being too much.", ({ waits }) => waits);
}
