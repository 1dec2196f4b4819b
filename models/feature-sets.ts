import type { Forecast } from "../src/contracts/forecast.ts";
import { FEATURE_COUNT, FEATURES, type FeatureName, featureRows } from "./features.ts";

/** What a network is let see, and whether the twin's largest residual has a say in its score. */
export interface FeatureSet {
  readonly features: readonly FeatureName[];
  /** See `scoreOf`. */
  readonly isPooled: boolean;
}

const isPlain = (name: FeatureName): boolean => name.includes("plain.");
const isOfNeighbours = (name: FeatureName): boolean => /^(callees|callers|others)\./.test(name);

const RESIDUALS = FEATURES.filter((name) => !isPlain(name));

/** What a monitoring system knows that counts, times and remembers usual means, but has no model of queues. */
const WITHOUT_TWIN: ReadonlySet<FeatureName> = new Set([
  "gapIn.ratio",
  "gapIn.present",
  "gapOut.several",
  "lag.ratio",
  "lag.present",
  "instances.several",
  "errorExcess",
  "missingExcess",
  "resendExcess",
  "programShift",
  "cpuExcess",
  "cpu.present",
  "visits.log",
  "kind.service",
  "kind.leaf",
  "callees.missing",
  "callees.programShift",
  "callers.programShift",
]);

/** Sets that a model can be trained on, by name. */
export const FEATURE_SETS = {
  full: { features: RESIDUALS, isPooled: true },
  "no-edges": { features: RESIDUALS.filter((name) => !isOfNeighbours(name)), isPooled: true },
  "no-twin": { features: FEATURES.filter((name) => isPlain(name) || WITHOUT_TWIN.has(name)), isPooled: false },
} as const satisfies Readonly<Record<string, FeatureSet>>;
export type FeatureSetName = keyof typeof FEATURE_SETS;

/** Of a window, [nodes, names] row-major: what a network with these features sees. */
export function rowsOf(forecast: Forecast, names: readonly FeatureName[]): Float32Array {
  return selectFeatures(featureRows(forecast), names);
}

/** The same from rows with all features. */
export function selectFeatures(rows: Float32Array, names: readonly FeatureName[]): Float32Array {
  const columns = names.map((name) => FEATURES.indexOf(name));
  const nodeCount = rows.length / FEATURE_COUNT;
  const selected = new Float32Array(nodeCount * columns.length);
  for (let node = 0; node < nodeCount; node++) {
    columns.forEach((column, k) => {
      selected[node * columns.length + k] = rows[node * FEATURE_COUNT + column]!;
    });
  }
  return selected;
}

export function isFeatureName(name: unknown): name is FeatureName {
  return (FEATURES as readonly unknown[]).includes(name);
}
