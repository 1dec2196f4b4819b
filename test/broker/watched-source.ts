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

export function watchSource(
  options: Partial<KafkaSourceOptions> & Pick<KafkaSourceOptions, "client" | "topics" | "groupId">,
  take: (record: LogRecord, source: KafkaSource) => Promise<void> | void = (record, source) =>
    source.acknowledge(record),
): WatchedSource {
  const said: string[] = [];
  const records: LogRecord[] = [];
  const source = new KafkaSource({
    start: "earliest",
    maxBatchBytes: 64 << 20,
    say: (level, message) => said.push(`${level}: ${message}`),
    timing: QUICK,
    ...options,
  });
  const stopping = new AbortController();
  const reading = source.read(async (record) => {
    records.push(record);
    await take(record, source);
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

/** Looks again and again until it holds. @throws when it still does not after so long, with what `show` shows. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  seconds: number,
  show: () => unknown,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not after ${seconds} s: ${JSON.stringify(show(), asText)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
