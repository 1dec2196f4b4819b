import { type Command, Option } from "commander";
import type { Settings } from "../contracts/settings.ts";
import { describeSettings } from "../settings/describe.ts";
import { type LoadedSettings, loadSettingsWithOrigins } from "../settings/load.ts";
import { SETTING_KEYS } from "../settings/schema.ts";

/** Adds `--config` and one flag for each of the given settings. */
export function withSettings(command: Command, keys: readonly (keyof Settings)[]): Command {
  command.option("--config <file>", "settings file (YAML); default spantwin.yaml when it is there");
  for (const row of describeSettings()) {
    if (keys.includes(row.key)) {
      const option = new Option(`${row.flag} <value>`, `${row.description} (default ${row.defaultText})`);
      if (row.isRepeatable) {
        option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
      }
      command.addOption(option);
    }
  }
  return command;
}

/** Settings from defaults, file, environment and the flags of this command. */
export function settingsOf(options: Record<string, unknown>, keys: readonly (keyof Settings)[]): Settings {
  return settingsWithOrigins(options, keys).settings;
}

/** The same, with where each value came from. */
export function settingsWithOrigins(
  options: Record<string, unknown>,
  keys: readonly (keyof Settings)[],
): LoadedSettings {
  const flags: Record<string, unknown> = {};
  for (const key of keys) {
    if (options[key] !== undefined) {
      flags[key] = options[key];
    }
  }
  const file = options["config"];
  return loadSettingsWithOrigins({ env: process.env, flags, ...(typeof file === "string" ? { file } : {}) });
}

export const LINE_SETTINGS = [
  "seed",
  "windowSeconds",
  "latenessSeconds",
  "samplingProbability",
  "learningWindows",
  "learningDelaySeconds",
  "driftBudget",
  "replicates",
  "scorer",
  "model",
  "backend",
  "maxOpenTraces",
  "maxOperationsPerService",
] as const satisfies readonly (keyof Settings)[];

/** What a command that learns as it goes obeys besides. */
export const LEARNING_SETTINGS = [...LINE_SETTINGS, "exclude"] as const satisfies readonly (keyof Settings)[];

export const REPLAY_SETTINGS = [
  ...LEARNING_SETTINGS,
  "maxBodyBytes",
  "kafkaEncoding",
  "kafkaSasl",
  "kafkaUser",
  "kafkaPasswordFile",
  "kafkaTls",
  "kafkaCaFile",
  "kafkaCertFile",
  "kafkaKeyFile",
] as const satisfies readonly (keyof Settings)[];

export const SERVER_SETTINGS = [
  ...LEARNING_SETTINGS,
  "host",
  "apiPort",
  "otlpGrpcPort",
  "otlpHttpPort",
  "dataDirectory",
  "storeUrl",
  "maxBodyBytes",
  "maxInFlightBodies",
  "maxInFlightBytes",
  "maxConnections",
  "retentionHours",
  "ack",
  "journalMaxBytes",
  "journalMaxHours",
  "checkpointSeconds",
  "maxQueueBytes",
  "logLevel",
  "logFormat",
  "selfOtlpEndpoint",
] as const satisfies readonly (keyof Settings)[];

export const KAFKA_KEYS: readonly (keyof Settings)[] = SETTING_KEYS.filter((key) => key.startsWith("kafka"));

/** What a server obeys besides that others than its own sample application send to, and the other ways in. */
export const ATTACH_SETTINGS: readonly (keyof Settings)[] = [
  ...SERVER_SETTINGS,
  "otlpCorsOrigins",
  "otlpTlsCert",
  "otlpTlsKey",
  "otlpTlsClientCa",
  "zipkinPort",
  ...KAFKA_KEYS,
  ...SETTING_KEYS.filter((key) => key.startsWith("scrape")),
];

/** An abort signal that fires on Ctrl-C or a polite kill. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}
