import type { Status } from "../contracts/api.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Counters } from "../self/counters.ts";
import type { OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import type { TakenPosition } from "./kafka-intake.ts";
import { openKafka } from "./kafka-way-in.ts";
import { openScraping } from "./scrape-way-in.ts";
import { openZipkin } from "./zipkin-way-in.ts";

export interface OtherWaysIn {
  /** Where telemetry comes in, for people. */
  readonly listening: Status["listening"];
  /** Takes no more in. The door must be closed after this. */
  end(): Promise<void>;
}

/**
 * Opens what the settings name besides OTLP: Zipkin's port, Kafka, targets to scrape. All of them hand what they get to the
 * one door.
 *
 * @throws {SettingsError} naming what is wrong; nothing is left open then.
 */
export async function openOtherWaysIn(parts: {
  /** A demo has but its own sample application: nothing is opened. */
  readonly mode: Status["mode"];
  readonly settings: Settings;
  /** The receiver of OTLP, started. */
  readonly door: Pick<OtlpReceiver, "intake" | "serverOf">;
  readonly counters: Counters;
  readonly kafkaPassword?: string | undefined;
  /** Kafka's records up to here were taken in before we started, as the journal knows. */
  readonly takenThrough: Promise<readonly TakenPosition[]>;
  readonly onNotice?: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}): Promise<OtherWaysIn> {
  const { settings, door, counters, onError, takenThrough } = parts;
  if (parts.mode !== "attach") return { listening: [], end: async () => {} };
  const say = parts.onNotice ?? (() => {});
  const common = { settings, intake: door.intake, counters, say, onError };
  const zipkin = await openZipkin(settings, door);
  try {
    const scraping = openScraping(common);
    const password = parts.kafkaPassword;
    const kafka = openKafka({ ...common, password, takenThrough });
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
