/** All settings the line obeys; defaults, units and limits stand in `src/settings/schema.ts`. */
export interface Settings {
  readonly host: string;
  readonly apiPort: number;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  readonly dataDirectory: string;
  readonly seed: number;
  readonly windowSeconds: number;
  /** How long after event time a span may arrive and still be counted in its window. */
  readonly latenessSeconds: number;
  /** Probability with which traces that do not say it themselves were kept, in (0, 1]. */
  readonly samplingProbability: number;
  /** Clean windows learned from before verdicts are given. */
  readonly learningWindows: number;
  /** How long a window waits before it may be learned from: an incident that opens in between takes it out. */
  readonly learningDelaySeconds: number;
  readonly replicates: number;
  readonly scorer: "model" | "twin-residual" | "n-sigma" | "robust" | "ewma" | "slo-burn" | "crude" | "dummy";
  readonly backend: "auto" | "wasm" | "cpu" | "node";
  readonly maxBodyBytes: number;
  readonly maxOpenTraces: number;
  readonly maxOperationsPerService: number;
  readonly retentionHours: number;
}
