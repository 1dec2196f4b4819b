import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../contracts/telemetry.ts";
import { NezhaSource } from "../telemetry/files/nezha-source.ts";
import { namesIn } from "../telemetry/files/open-file.ts";
import { BODY_FORMATS, checkRecording } from "../telemetry/files/recording-bodies.ts";
import { RecordingSource } from "../telemetry/files/recording-source.ts";
import { PacedSource } from "../telemetry/paced-source.ts";
import { isKafkaAddress, openKafkaRecording } from "./kafka-recording.ts";

export const RECORDING_FORMATS = [...BODY_FORMATS, "nezha"] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

export interface RecordingPlay {
  /** Times event time; default: as fast as it goes. */
  readonly speed?: number;
  /** Where the settings name no file that holds it. */
  readonly kafkaPassword?: string | undefined;
}

/** A source over recorded files, or a part of a Kafka topic. @throws {SettingsError} naming the path when it is not there. */
export async function openRecording(
  paths: string | readonly string[],
  format: RecordingFormat,
  settings: Settings,
  ledger: Ledger,
  { speed = Number.POSITIVE_INFINITY, kafkaPassword }: RecordingPlay = {},
): Promise<TelemetrySource> {
  const list = typeof paths === "string" ? [paths] : paths;
  const [address] = list.filter(isKafkaAddress);
  if (address !== undefined && list.length > 1) {
    throw new SettingsError("recording", address, "must be the only one: a topic has no order with others");
  }
  const source =
    address === undefined
      ? await openFiles(list, format, settings, ledger)
      : openKafkaRecording(address, settings, kafkaPassword, ledger);
  return Number.isFinite(speed) ? new PacedSource(source, speed) : source;
}

async function openFiles(
  paths: readonly string[],
  format: RecordingFormat,
  settings: Settings,
  ledger: Ledger,
): Promise<TelemetrySource> {
  const { maxOperationsPerService, maxBodyBytes } = settings;
  if (format === "nezha") {
    const [folder, second] = paths;
    if (folder === undefined || second !== undefined) {
      throw new SettingsError("recording", paths.join(" "), "must be one folder of the format nezha");
    }
    await namesIn(folder);
    return new NezhaSource(folder, { ledger, maxOperationsPerService });
  }
  // Looked for here, so that a mistake is told before anything starts.
  await checkRecording(paths);
  return new RecordingSource(paths, { ledger, maxOperationsPerService, maxBodyBytes, format });
}
