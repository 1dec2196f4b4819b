import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { KafkaConfig, SASLOptions } from "kafkajs";
import { SettingsError } from "../../contracts/errors.ts";
import type { Settings } from "../../contracts/settings.ts";

/** The settings a connection to the brokers is made of. */
export type KafkaConnectionSettings = Pick<
  Settings,
  | "kafkaBrokers"
  | "kafkaSasl"
  | "kafkaUser"
  | "kafkaPasswordFile"
  | "kafkaTls"
  | "kafkaCaFile"
  | "kafkaCertFile"
  | "kafkaKeyFile"
>;

/**
 * How kafkajs reaches the brokers. Reads the files now, so that a mistake shows before anything starts.
 *
 * @param password from the environment; the password file goes before it.
 * @throws {SettingsError} naming the setting that is missing, too many, or a file that cannot be read. Never shows a password.
 */
export function kafkaClientConfig(
  settings: KafkaConnectionSettings,
  password: string | undefined,
): Pick<KafkaConfig, "brokers" | "ssl" | "sasl"> {
  const sasl = saslOf(settings, password);
  return { brokers: [...settings.kafkaBrokers], ssl: tlsOf(settings), ...(sasl === null ? {} : { sasl }) };
}

function saslOf(settings: KafkaConnectionSettings, fromEnvironment: string | undefined): SASLOptions | null {
  const { kafkaSasl: mechanism, kafkaUser: username, kafkaPasswordFile } = settings;
  if (mechanism === "off") {
    if (username !== "") throw new SettingsError("kafkaUser", username, "needs kafkaSasl: how to log in");
    return null;
  }
  if (username === "") throw new SettingsError("kafkaUser", username, `must be given with kafkaSasl ${mechanism}`);
  const password =
    kafkaPasswordFile === "" ? fromEnvironment : readText("kafkaPasswordFile", kafkaPasswordFile).replace(/\r?\n$/, "");
  if (password === undefined || password === "") {
    throw new SettingsError(
      "kafkaPasswordFile",
      kafkaPasswordFile,
      `must hold a password, or SPANTWIN_KAFKA_PASSWORD, with kafkaSasl ${mechanism}`,
    );
  }
  return { mechanism, username, password } as SASLOptions;
}

function tlsOf(settings: KafkaConnectionSettings): ConnectionOptions | boolean {
  const { kafkaTls, kafkaCaFile, kafkaCertFile, kafkaKeyFile } = settings;
  const files = { kafkaCaFile, kafkaCertFile, kafkaKeyFile };
  if (kafkaTls === "off") {
    // Somebody who names certificates must not be connected in the clear.
    for (const [key, path] of Object.entries(files)) {
      if (path !== "") throw new SettingsError(key, path, "needs kafkaTls on");
    }
    return false;
  }
  if ((kafkaCertFile === "") !== (kafkaKeyFile === "")) {
    const [key, path] = kafkaCertFile === "" ? ["kafkaCertFile", kafkaCertFile] : ["kafkaKeyFile", kafkaKeyFile];
    throw new SettingsError(key, path, "must be given: a certificate and its key belong together");
  }
  return {
    ...(kafkaCaFile === "" ? {} : { ca: readText("kafkaCaFile", kafkaCaFile) }),
    ...(kafkaCertFile === "" ? {} : { cert: readText("kafkaCertFile", kafkaCertFile) }),
    ...(kafkaKeyFile === "" ? {} : { key: readText("kafkaKeyFile", kafkaKeyFile) }),
  };
}

function readText(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingsError(key, path, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
  }
}
