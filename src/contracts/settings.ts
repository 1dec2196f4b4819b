import type { Secret } from "./secret.ts";

/** Event time from `fromSeconds` until before `toSeconds`, unix seconds. */
export interface TimeRange {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** A database of PostgreSQL. `user` and `password` may be null: the client then reads PGUSER, PGPASSWORD and its password file. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | null;
  readonly password: Secret | null;
  /** disable: plain text; require: encrypted, whoever answers; verify-full: encrypted, and the certificate must fit the host. */
  readonly tls: "disable" | "require" | "verify-full";
  /** File of the authority that signed the certificate, for verify-full; null trusts the authorities that Node trusts. */
  readonly tlsAuthority: string | null;
}

/** All settings the line obeys; defaults, units and limits stand in `src/settings/schema.ts`. */
export interface Settings {
  readonly host: string;
  readonly apiPort: number;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  readonly dataDirectory: string;
  /** Null keeps everything in the data directory. */
  readonly storeUrl: PostgresAddress | null;
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
  /** Windows that touch one of these are forecast and judged, but never learned from. */
  readonly exclude: readonly TimeRange[];
  /** Movement of a service's mean service time that is learned without a deployment, as a share of it. */
  readonly driftBudget: number;
  readonly replicates: number;
  /** Incidents that may open, on average, in a week in which nothing is wrong. */
  readonly falseAlarmsPerWeek: number;
  readonly scorer: "model" | "twin-residual" | "n-sigma" | "robust" | "ewma" | "slo-burn" | "crude" | "dummy";
  /** Artifact that the scorer "model" uses: a file, or "shipped". */
  readonly model: string;
  readonly backend: "auto" | "wasm" | "cpu" | "node";
  readonly maxBodyBytes: number;
  readonly maxOpenTraces: number;
  readonly maxOperationsPerService: number;
  readonly retentionHours: number;
}
