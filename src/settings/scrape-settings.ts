import type { Settings } from "../contracts/settings.ts";
import { integer, number, type Setting, texts } from "./setting.ts";

type ScrapeKey = Extract<keyof Settings, `scrape${string}`>;

/** Settings of the way in through scraping, in the order in which they are shown. */
export const SCRAPE_SETTINGS: { readonly [Key in ScrapeKey]: Setting<Settings[Key]> } = {
  scrapeTargets: texts({
    defaultValue: [],
    rule: "a target of the form [service[@instance]=][http(s)://]host:port[/path]",
    pattern:
      /^(?:[^=@\s:]+(?:@[^=\s]+)?=)?(?:https?:\/\/[^\s/@]+|[^\s/:@=]+:\d{1,5}|\[[\da-fA-F:.]+\]:\d{1,5})(?:\/\S*)?$/,
    description:
      "Programs to ask for their metrics in Prometheus' text format: request counts and durations, CPU, pools; without any, none is asked.",
  }),
  scrapeIntervalSeconds: number({
    defaultValue: 15,
    unit: "s",
    min: 1,
    max: 3600,
    description: "Time from one scrape of a target to the next.",
  }),
  scrapeTimeoutSeconds: number({
    defaultValue: 10,
    unit: "s",
    min: 0.1,
    max: 600,
    description: "How long a scrape may take.",
  }),
  scrapeMaxBytes: integer({
    defaultValue: 16 * 1024 * 1024,
    unit: "bytes",
    min: 1024,
    max: 1024 * 1024 * 1024,
    description: "Largest answer of a target, unpacked; a larger one is not taken.",
  }),
  scrapeMaxSeries: integer({
    defaultValue: 50_000,
    unit: "series",
    min: 1,
    max: 10_000_000,
    description: "Most series in the answer of a target; an answer with more is not taken.",
  }),
};
