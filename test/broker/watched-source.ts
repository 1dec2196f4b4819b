import type { KafkaSourceOptions, KafkaTiming } from "../../src/telemetry/kafka/kafka-options.ts";
import { KafkaSource } from "../../src/telemetry/kafka/kafka-source.ts";
import type { LogRecord } from "../../src/telemetry/log-source.ts";

/** Times short enough for a test; six seconds is the shortest session a broker allows. */
export const QUICK: Partial<KafkaTiming> = {
  sessionTimeoutSeconds: 6,
  heartbeatSeconds: 1,
  commitSeconds: 0.2,
  watchSeconds: 0.5,
  firstBackoffSeconds: 0.2,
  longestBackoffSeconds: 2,
};

/** A source that is being read, all of it acknowledged, and what it gave and said. */
export interface WatchedSource {
  readonly source: KafkaSource;
  readonly records: LogRecord[];
  readonly said: string[];
  end(): Promise<void>;
}

type Options = Partial<KafkaSourceOptions> & Pick<KafkaSourceOptions, "client" | "topics" | "groupId">;

/** A source with times for a test. */
export function quickSource(options: Options, say: KafkaSourceOptions["say"]): KafkaSource {
  return new KafkaSource({ start: "earliest", maxBatchBytes: 64 << 20, say, timing: QUICK, ...options });
}

export function watchSource(options: Options): WatchedSource {
  const said: string[] = [];
  const records: LogRecord[] = [];
  const source = quickSource(options, (level, message) => said.push(`${level}: ${message}`));
  const stopping = new AbortController();
  const reading = source.read(async (record) => {
    records.push(record);
    source.acknowledge(record);
  }, stopping.signal);
  return {
    source,
    records,
    said,
    async end() {
      stopping.abort();
      await reading;
      await source.close();
    },
  };
}
