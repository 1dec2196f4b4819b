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
  /** −1 leaves it closed. */
  readonly zipkinPort: number;
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
  /** When a sender is told OK: when the twin, the journal or the disk has its batch. */
  readonly ack: "memory" | "journal" | "fsync";
  readonly journalMaxBytes: number;
  readonly journalMaxHours: number;
  /** How often the state of the line is taken down. */
  readonly checkpointSeconds: number;
  /** Bytes of bodies that may be kept and not taken by the twin yet. */
  readonly maxQueueBytes: number;
  readonly maxInFlightBodies: number;
  readonly maxInFlightBytes: number;
  readonly maxConnections: number;
  /** Origins (`https://shop.example`) whose pages may send OTLP/HTTP. */
  readonly otlpCorsOrigins: readonly string[];
  /** PEM files; "" for none. */
  readonly otlpTlsCert: string;
  readonly otlpTlsKey: string;
  readonly otlpTlsClientCa: string;
  readonly maxOpenTraces: number;
  readonly maxOperationsPerService: number;
  readonly retentionHours: number;
  /** `host:port` of brokers to begin with; empty leaves Kafka alone. */
  readonly kafkaBrokers: readonly string[];
  /** Names, or `/regular expressions/`. */
  readonly kafkaTraceTopics: readonly string[];
  readonly kafkaMetricTopics: readonly string[];
  readonly kafkaGroup: string;
  /** What the records hold; auto looks at each. */
  readonly kafkaEncoding: "auto" | "otlp_proto" | "otlp_json" | "jaeger_proto" | "jaeger_json" | "zipkin_json";
  readonly kafkaStart: "earliest" | "latest";
  readonly kafkaSasl: "off" | "plain" | "scram-sha-256" | "scram-sha-512";
  readonly kafkaUser: string;
  /** File that holds the password; SPANTWIN_KAFKA_PASSWORD otherwise. "" for none, as for the files below. */
  readonly kafkaPasswordFile: string;
  readonly kafkaTls: "off" | "on";
  readonly kafkaCaFile: string;
  readonly kafkaCertFile: string;
  readonly kafkaKeyFile: string;
  /** `[service[@instance]=][http(s)://]host:port[/path]`; empty asks nobody. */
  readonly scrapeTargets: readonly string[];
  readonly scrapeIntervalSeconds: number;
  readonly scrapeTimeoutSeconds: number;
  readonly scrapeMaxBytes: number;
  readonly scrapeMaxSeries: number;
  readonly logLevel: "auto" | "debug" | "info" | "warn" | "error";
  readonly logFormat: "human" | "json";
  /** Where our own traces and metrics go, OTLP/gRPC; "" sends none. */
  readonly selfOtlpEndpoint: string;
  /** Names the topics and groups of the workers of one application. */
  readonly workerPrefix: string;
  /** Partitions of the topic keyed by trace, where it has to be made. */
  readonly workerPartitions: number;
}
