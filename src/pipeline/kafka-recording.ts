import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetryBatch, TelemetrySource } from "../contracts/telemetry.ts";
import { secondsOf } from "../settings/time-range.ts";
import type { RecordedBody } from "../telemetry/files/recorded-body.ts";
import { playBodies } from "../telemetry/files/recording-source.ts";
import { kafkaClientConfig } from "../telemetry/kafka/client-config.ts";
import { type KafkaRangeOptions, kafkaRange } from "../telemetry/kafka/kafka-range.ts";
import { UNKNOWN_SERVICE } from "../telemetry/semconv.ts";
import { sniffEncoding } from "../telemetry/sniff-encoding.ts";

const SCHEME = "kafka:";
const OPEN_BRACKETS = Buffer.from("{[");
const RULE =
  "must be of the form kafka://broker:port[,broker:port]/topic[?from=<time>][&to=<time>], times in ISO 8601 with a zone or unix seconds";

export function isKafkaAddress(path: string): boolean {
  return path.startsWith(`${SCHEME}//`);
}

/**
 * A part of a topic as a recording: `kafka://broker:9092/otlp_spans?from=2026-03-01T10:00Z&to=2026-03-01T11:00Z`. How to log
 * in and whether to speak TLS is in the settings of Kafka.
 *
 * @throws {SettingsError} naming the address when it is none.
 */
export function openKafkaRecording(
  address: string,
  settings: Settings,
  password: string | undefined,
  ledger: Ledger,
): TelemetrySource {
  const { brokers, topic, fromSeconds, toSeconds } = partsOf(address);
  const client = kafkaClientConfig({ ...settings, kafkaBrokers: brokers }, password);
  const options: KafkaRangeOptions = { client, topic, fromSeconds, toSeconds, maxBatchBytes: settings.maxBodyBytes };
  return {
    name: address,
    read: (take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal) =>
      playBodies(bodiesOf(options, settings.kafkaEncoding, ledger, signal), { ...settings, ledger }, take, signal),
  };
}

async function* bodiesOf(
  options: KafkaRangeOptions,
  told: Settings["kafkaEncoding"],
  ledger: Ledger,
  signal: AbortSignal,
): AsyncGenerator<RecordedBody> {
  for await (const { bytes, unreadableReason } of kafkaRange(options, signal)) {
    if (unreadableReason !== null) {
      ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
      continue;
    }
    const sniffed = sniffEncoding(bytes);
    const guess = OPEN_BRACKETS.includes(bytes[0] ?? 0) ? "otlp_json" : "otlp_proto";
    const encoding = told === "auto" ? (sniffed?.encoding ?? guess) : told;
    // A record is as a sender made it, and comes in the order of the log.
    yield { encoding, signal: sniffed?.signal ?? "traces", bytes, isDocument: false, timeNanos: 0 };
  }
}

interface Parts extends Pick<KafkaRangeOptions, "topic" | "fromSeconds" | "toSeconds"> {
  readonly brokers: readonly string[];
}

function partsOf(address: string): Parts {
  // Several brokers are no host to a URL.
  const found = /^kafka:\/\/([^/?#\s]+)\/([\w.-]+)(?:\?([^#\s]*))?$/.exec(address);
  const brokers = found?.[1]?.split(",") ?? [];
  if (found === null || !brokers.every((broker) => /^(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/.test(broker))) {
    throw new SettingsError("recording", address, RULE);
  }
  const times: Record<string, number> = {};
  // A "+" is part of a time's zone here, not a blank as in forms.
  for (const pair of (found[3] ?? "").split("&").filter(Boolean)) {
    const [key, value] = pair.split("=", 2).map(decoded);
    const seconds = secondsOf(value ?? "");
    if ((key !== "from" && key !== "to") || key in times || Number.isNaN(seconds)) {
      throw new SettingsError("recording", address, RULE);
    }
    times[key] = seconds;
  }
  const { from: fromSeconds = null, to: toSeconds = null } = times;
  if (fromSeconds !== null && toSeconds !== null && fromSeconds >= toSeconds) {
    throw new SettingsError("recording", address, "must have its from before its to");
  }
  return { brokers, topic: found[2]!, fromSeconds, toSeconds };
}

/** As it is when it is no good percent encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
