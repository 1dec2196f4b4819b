import { SettingsError } from "../../src/contracts/errors.ts";

/** How the arrival rate goes over a phase, as a multiple of the base rate. Arrivals are Poisson at that rate, always. */
export type LoadShape =
  | { readonly shape: "poisson"; readonly factor: number }
  /** The same as poisson, held as a run of its own: labelled at any factor. */
  | { readonly shape: "plateau"; readonly factor: number }
  | { readonly shape: "surge"; readonly factor: number }
  | { readonly shape: "ramp"; readonly from: number; readonly to: number }
  | { readonly shape: "burst"; readonly factor: number; readonly onSeconds: number; readonly offSeconds: number }
  | DailyLoad;

/** A curve between two levels; all along it, now and then, `burstFactor` times what it says, for some seconds. */
export interface DailyLoad {
  readonly shape: "daily";
  readonly low: number;
  readonly high: number;
  readonly periodSeconds: number;
  /** 1 for none. */
  readonly burstFactor: number;
  readonly burstOnSeconds: number;
  readonly burstOffSeconds: number;
}

export const BASE_LOAD: LoadShape = { shape: "poisson", factor: 1 };

type Rules = Readonly<Record<string, { readonly fallback: number; readonly from: number; readonly to: number }>>;

const FACTOR_RULE = { fallback: 1, from: 0, to: 20 };
const SECONDS_RULE = { fallback: 5, from: 0.1, to: 86_400 };
const RULES: Readonly<Record<LoadShape["shape"], Rules>> = {
  poisson: { factor: FACTOR_RULE },
  plateau: { factor: FACTOR_RULE },
  surge: { factor: { ...FACTOR_RULE, fallback: 2 } },
  ramp: { from: FACTOR_RULE, to: { ...FACTOR_RULE, fallback: 2 } },
  burst: {
    factor: { ...FACTOR_RULE, fallback: 2 },
    onSeconds: SECONDS_RULE,
    offSeconds: { ...SECONDS_RULE, fallback: 10 },
  },
  daily: {
    low: { ...FACTOR_RULE, fallback: 0.5 },
    high: { ...FACTOR_RULE, fallback: 1.5 },
    periodSeconds: { ...SECONDS_RULE, fallback: 120 },
    burstFactor: FACTOR_RULE,
    burstOnSeconds: SECONDS_RULE,
    burstOffSeconds: { ...SECONDS_RULE, fallback: 55 },
  },
};

/** @throws {SettingsError} naming the key, the value and the rule. */
export function parseLoad(raw: unknown, path = "load", extraKeys: readonly string[] = []): LoadShape {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new SettingsError(path, raw, "must be an object with shape");
  const fields = raw as Readonly<Record<string, unknown>>;
  const shape = fields["shape"] ?? "poisson";
  if (typeof shape !== "string" || !Object.hasOwn(RULES, shape)) {
    throw new SettingsError(`${path}.shape`, shape, `must be one of ${Object.keys(RULES).join(", ")}`);
  }
  const rules = RULES[shape as LoadShape["shape"]];
  for (const key of Object.keys(fields)) {
    if (key !== "shape" && !(key in rules) && !extraKeys.includes(key)) {
      throw new SettingsError(
        `${path}.${key}`,
        fields[key],
        `is not a parameter of ${shape} (${Object.keys(rules).join(", ")})`,
      );
    }
  }
  const load: Record<string, unknown> = { shape };
  for (const [key, rule] of Object.entries(rules)) {
    const value = fields[key] ?? rule.fallback;
    const isGood = typeof value === "number" && value >= rule.from && value <= rule.to;
    if (!isGood) throw new SettingsError(`${path}.${key}`, value, `must be a number from ${rule.from} to ${rule.to}`);
    load[key] = value;
  }
  return load as unknown as LoadShape;
}

/** The multiple of the base rate `atSeconds` into a phase that lasts `lengthSeconds`. */
export function factorAt(load: LoadShape, atSeconds: number, lengthSeconds: number): number {
  switch (load.shape) {
    case "poisson":
    case "plateau":
    case "surge":
      return load.factor;
    case "ramp":
      return load.from + (load.to - load.from) * Math.min(1, Math.max(0, atSeconds / lengthSeconds));
    case "burst":
      return burstAt(atSeconds, load.factor, load.onSeconds, load.offSeconds);
    case "daily": {
      // Starts at its lowest, as a day does at night.
      const curve = (1 - Math.cos((2 * Math.PI * atSeconds) / load.periodSeconds)) / 2;
      const burst = burstAt(atSeconds, load.burstFactor, load.burstOnSeconds, load.burstOffSeconds);
      return (load.low + (load.high - load.low) * curve) * burst;
    }
  }
}

function burstAt(atSeconds: number, factor: number, onSeconds: number, offSeconds: number): number {
  return atSeconds % (onSeconds + offSeconds) < onSeconds ? factor : 1;
}

/** The largest factor the shape reaches; what labels show. */
export function peakFactor(load: LoadShape): number {
  switch (load.shape) {
    case "poisson":
    case "plateau":
    case "surge":
      return load.factor;
    case "ramp":
      return Math.max(load.from, load.to);
    case "burst":
      return Math.max(1, load.factor);
    case "daily":
      return load.high * Math.max(1, load.burstFactor);
  }
}

/** True for the plain base load, which labels do not mention. */
export function isBaseLoad(load: LoadShape): boolean {
  return load.shape === "poisson" && load.factor === 1;
}
