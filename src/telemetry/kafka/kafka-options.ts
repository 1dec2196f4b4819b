import type { KafkaConfig } from "kafkajs";
import type { TopicPattern } from "./topic-patterns.ts";

export interface KafkaSourceOptions {
  /** Brokers, TLS and SASL. */
  readonly client: Pick<KafkaConfig, "brokers" | "ssl" | "sasl">;
  readonly topics: readonly TopicPattern[];
  readonly groupId: string;
  /** Where a partition is begun of which the group committed nothing. Topics that appear later are begun at their beginning. */
  readonly start: "earliest" | "latest";
  /** Largest batch of records after decompression. */
  readonly maxBatchBytes: number;
  /** Told once when something begins, and once when it ends. */
  readonly say: (level: "info" | "warn", message: string) => void;
  readonly timing?: Partial<KafkaTiming>;
}

export interface KafkaTiming {
  /** After so long without a sign of life our partitions go to others. */
  readonly sessionTimeoutSeconds: number;
  readonly heartbeatSeconds: number;
  /** What is read again at most after a crash. */
  readonly commitSeconds: number;
  /** How often lag and new topics are looked for. */
  readonly watchSeconds: number;
  /** A partition that has records and gives none for so long is taken up anew. */
  readonly stuckSeconds: number;
  readonly firstBackoffSeconds: number;
  readonly longestBackoffSeconds: number;
  /** Longest time leaving the group may take. */
  readonly leaveSeconds: number;
}

export const DEFAULT_TIMING: KafkaTiming = {
  sessionTimeoutSeconds: 30,
  heartbeatSeconds: 3,
  commitSeconds: 1,
  watchSeconds: 5,
  stuckSeconds: 30,
  firstBackoffSeconds: 1,
  longestBackoffSeconds: 30,
  leaveSeconds: 5,
};

/** Bytes of one fetch, compressed: of a partition, so that many get their turn while catching up, and in all. */
export const FETCH_BYTES = { partition: 256 << 10, all: 8 << 20 };

/** Partitions whose records may be under way at once. */
export const CONCURRENT_PARTITIONS = 4;
