import type { Status } from "../contracts/api.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Counters } from "../self/counters.ts";
import type { OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import { openKafka } from "./kafka-way-in.ts";
import { openScraping } from "./scrape-way-in.ts";
import { openZipkin } from "./zipkin-way-in.ts";

export interface OtherWaysIn {
  /** Where telemetry comes in, for people. */
  readonly listening: Status["listening"];
  /** Takes no more in. What was acknowledged is with the receiver, which must be closed after this. */
  end(): Promise<void>;
}

/**
 * Opens what the settings name besides OTLP: Zipkin's port, Kafka, targets to scrape. All of them hand what they get to the
 * door of the receiver, which must be started.
 *
 * @throws {SettingsError} naming what is wrong; nothing is left open then.
 */
export async function openOtherWaysIn(parts: {
  /** A demo has but its own sample application: nothing is opened. */
  readonly mode: Status["mode"];
  readonly settings: Settings;
  readonly receiver: OtlpReceiver;
  readonly counters: Counters;
  readonly kafkaPassword?: string | undefined;
  readonly onNotice?: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}): Promise<OtherWaysIn> {
  const { settings, receiver, counters, onError } = parts;
  if (parts.mode !== "attach") return { listening: [], end: async () => {} };
  const say = parts.onNotice ?? (() => {});
  const common = { settings, intake: receiver.intake, counters, say, onError };
  const zipkin = await openZipkin(settings, receiver);
  try {
    const scraping = openScraping(common);
    const kafka = openKafka({ ...common, password: parts.kafkaPassword });
    return {
      listening: [
        ...(zipkin === null ? [] : [{ protocol: "Zipkin", address: zipkin.url }]),
        ...(kafka === null ? [] : [{ protocol: "Kafka", address: kafka.address }]),
        ...(scraping === null ? [] : [{ protocol: "Prometheus scrape", address: scraping.address }]),
      ],
      async end() {
        await Promise.all([zipkin?.close(), scraping?.end(), kafka?.end()]);
      },
    };
  } catch (error) {
    await zipkin?.close();
    throw error;
  }
}
