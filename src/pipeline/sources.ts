import { stat } from "node:fs/promises";
import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../contracts/telemetry.ts";
import { NezhaSource } from "../telemetry/files/nezha-source.ts";
import { RecordingSource } from "../telemetry/files/recording-source.ts";

export const RECORDING_FORMATS = ["otlp", "nezha"] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

/** A source over recorded files. @throws {SettingsError} naming the path when it is not there. */
export async function openRecording(
  path: string,
  format: RecordingFormat,
  settings: Settings,
  ledger: Ledger,
): Promise<TelemetrySource> {
  try {
    await stat(path);
  } catch {
    throw new SettingsError("recording", path, "must be a file or folder that can be read");
  }
  const { maxOperationsPerService, maxBodyBytes } = settings;
  return format === "nezha"
    ? new NezhaSource(path, { ledger, maxOperationsPerService })
    : new RecordingSource(path, { ledger, maxOperationsPerService, maxBodyBytes });
}
