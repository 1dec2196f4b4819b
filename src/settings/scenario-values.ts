import { z } from "zod";
import type { BalancingPolicy, DurationDistribution } from "../contracts/what-if.ts";

// How the values of a scenario are written, in flags and in YAML alike. Every reader says its rule, to follow "must be".

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const DURATION = `(${NUMBER})\\s*(us|ms|s)`;
const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1 };
/** Longer than anything a caller waits for. */
const SECONDS_MAX = 3600;
/** CFS hands out its quota anew so often, when nobody says otherwise. */
const DEFAULT_PERIOD_SECONDS = 0.1;
/** Least time before a lost TCP segment is sent again (Linux). */
const DEFAULT_RETRANSMIT_SECONDS = 0.2;
const DEFAULT_BACKOFF_FACTOR = 2;

/** A value as a text that fits the pattern; what its groups say is made of it. Throwing `null` refuses it. */
function written<Value>(pattern: string, rule: string, read: (groups: readonly string[]) => Value | null) {
  const exact = new RegExp(`^\\s*(?:${pattern})\\s*$`);
  return z
    .union([z.string(rule), z.number(rule)], rule)
    .transform(String)
    .transform((text, context): Value => {
      const groups = exact.exec(text);
      const value = groups === null ? null : read(groups.slice(1).map((group) => group ?? ""));
      if (value === null) {
        context.addIssue({ code: "custom", message: rule });
        return z.NEVER;
      }
      return value;
    });
}

const within = (value: number, min: number, max: number): number | null =>
  value >= min && value <= max ? value : null;

export function count(max: number) {
  return written(String.raw`(\d+)`, `a whole number from 1 to ${max}`, ([text]) => within(Number(text), 1, max));
}

export function positive(max: number) {
  const rule = `a number above 0, up to ${max}`;
  return written(`(${NUMBER})`, rule, ([text]) => within(Number(text), Number.MIN_VALUE, max));
}

export const share = written(
  `(${NUMBER})(\\s*%)?`,
  'a share from 0 to 1, or a percentage such as "90%"',
  ([text, unit]) => within(Number(text) / (unit === "" ? 1 : 100), 0, 1),
);

export const duration = written(
  DURATION,
  `a duration above 0, up to an hour, such as "200ms" or "1.5s"`,
  ([amount, unit]) => within(seconds(amount, unit), Number.MIN_VALUE, SECONDS_MAX),
);

export const addedDuration = written(
  `([+-]?)${DURATION}`,
  'a duration to add, such as "+5ms", or with "-" to take away',
  ([sign, amount, unit]) => {
    const size = within(seconds(amount, unit), 0, SECONDS_MAX);
    return size === null ? null : sign === "-" ? -size : size;
  },
);

export const factorOrRate = written(
  `(${NUMBER})\\s*(x|/s)?`,
  'a factor above 0, up to 100, such as "2", or a rate such as "40/s"',
  ([amount, unit]) => {
    const value = Number(amount);
    if (unit === "/s") {
      return value > 0 ? { ratePerSecond: value } : null;
    }
    return value > 0 && value <= 100 ? { factor: value } : null;
  },
);

export const factorOrMean = written(
  `(${NUMBER})\\s*x|${DURATION}`,
  'a factor up to 1000 such as "0.5x", or a mean such as "12ms"',
  ([factor, amount, unit]) => {
    if (factor !== "") {
      return Number(factor) > 0 && Number(factor) <= 1000 ? { factor: Number(factor) } : null;
    }
    const meanSeconds = within(seconds(amount, unit), 0, SECONDS_MAX);
    return meanSeconds === null ? null : { meanSeconds };
  },
);

export const quota = written(
  `${DURATION}\\s*/\\s*${DURATION}|(${NUMBER})`,
  'CPU time per period such as "20ms/100ms", or a number of CPUs such as "0.2"',
  ([amount, unit, period, periodUnit, cpus]) => {
    const periodSeconds = cpus === "" ? seconds(period, periodUnit) : DEFAULT_PERIOD_SECONDS;
    const quotaSeconds = cpus === "" ? seconds(amount, unit) : Number(cpus) * periodSeconds;
    return quotaSeconds > 0 && periodSeconds > 0 && periodSeconds <= 1 ? { quotaSeconds, periodSeconds } : null;
  },
);

export const pause = written(
  `${DURATION}\\s*/\\s*${DURATION}`,
  'how long and how often, such as "50ms/2s", the first the shorter',
  ([amount, unit, interval, intervalUnit]) => {
    const durationSeconds = seconds(amount, unit);
    const intervalSeconds = seconds(interval, intervalUnit);
    const isPossible = durationSeconds > 0 && durationSeconds < intervalSeconds && intervalSeconds <= SECONDS_MAX;
    return isPossible ? { durationSeconds, intervalSeconds } : null;
  },
);

export const retry = written(
  `(\\d+)(?:\\s*,\\s*${DURATION})?(?:\\s*,\\s*(${NUMBER}))?`,
  'attempts from 1 to 20, the time before the second and what it grows by, such as "3,50ms,2"',
  ([attempts, amount, unit, factor]) => {
    const attemptsMax = within(Number(attempts), 1, 20);
    const backoffFactor = factor === "" ? DEFAULT_BACKOFF_FACTOR : Number(factor);
    const backoffSeconds = amount === "" ? 0 : within(seconds(amount, unit), 0, SECONDS_MAX);
    const isPossible = attemptsMax !== null && backoffSeconds !== null && backoffFactor >= 1 && backoffFactor <= 10;
    return isPossible ? { attemptsMax, backoffSeconds, backoffFactor } : null;
  },
);

export const loss = written(
  `(${NUMBER})(\\s*%)?(?:\\s*,\\s*${DURATION})?`,
  'a chance below 0.5 that a message is lost, and the time until it is sent again, such as "1%,200ms"',
  ([amount, isPercent, again, unit]) => {
    const probability = Number(amount) / (isPercent === "" ? 1 : 100);
    const retransmitSeconds = again === "" ? DEFAULT_RETRANSMIT_SECONDS : seconds(again, unit);
    return probability < 0.5 && retransmitSeconds <= SECONDS_MAX ? { probability, retransmitSeconds } : null;
  },
);

const POLICIES = [
  "random",
  "round-robin",
  "least-outstanding",
  "power-of-two",
] as const satisfies readonly BalancingPolicy[];
export const policy = z.enum(POLICIES, `one of ${POLICIES.join(", ")}`);

export const distribution = written(
  `(constant|exponential)\\(\\s*${DURATION}\\s*\\)|(lognormal|gamma)\\(\\s*${DURATION}\\s*,\\s*(${NUMBER})\\s*\\)|(uniform)\\(\\s*${DURATION}\\s*,\\s*${DURATION}\\s*\\)`,
  "constant(5ms), exponential(5ms), lognormal(5ms,0.5), gamma(5ms,0.5) with mean and variation from 0.05 to 10, or uniform(2ms,8ms)",
  (groups) => distributionOf(groups),
);

function distributionOf(groups: readonly string[]): DurationDistribution | null {
  const [plain, mean, unit, shaped, shapedMean, shapedUnit, variation, , from, fromUnit, to, toUnit] = groups;
  if (plain === "constant" || plain === "exponential") {
    return { family: plain, meanSeconds: seconds(mean, unit) };
  }
  if (shaped === "lognormal" || shaped === "gamma") {
    const spread = within(Number(variation), 0.05, 10);
    return spread === null ? null : { family: shaped, meanSeconds: seconds(shapedMean, shapedUnit), variation: spread };
  }
  const fromSeconds = seconds(from, fromUnit);
  const toSeconds = seconds(to, toUnit);
  return fromSeconds <= toSeconds ? { family: "uniform", fromSeconds, toSeconds } : null;
}

function seconds(amount: string | undefined, unit: string | undefined): number {
  return Number(amount) * (SECONDS_PER_UNIT[unit ?? ""] ?? Number.NaN);
}
