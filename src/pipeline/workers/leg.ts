import type { Settings } from "../../contracts/settings.ts";
import type { kafkaClientConfig } from "../../telemetry/kafka/client-config.ts";
import type { KafkaTiming } from "../../telemetry/kafka/kafka-options.ts";
import type { KafkaWriter } from "../../telemetry/kafka/kafka-writer.ts";
import type { LogStatus } from "../../telemetry/log-source.ts";

/** A consumer group's member with what it does. */
export interface Leg {
  /** Its share of the group's partitions, and the records it took. */
  status(): LogStatus & { readonly records: number };
  /** Finishes what is under way, commits it and leaves the group. */
  end(): Promise<void>;
}

export interface LegParts {
  readonly settings: Settings;
  readonly client: ReturnType<typeof kafkaClientConfig>;
  readonly writer: KafkaWriter;
  /** Partitions of the keyed topic. */
  readonly partitionCount: number;
  readonly timing?: Partial<KafkaTiming>;
  readonly say: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}
