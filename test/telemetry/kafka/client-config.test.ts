import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../../src/contracts/errors.ts";
import { type KafkaConnectionSettings, kafkaClientConfig } from "../../../src/telemetry/kafka/client-config.ts";
import { matchesTopic, topicPatternOf } from "../../../src/telemetry/kafka/topic-patterns.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-kafka-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const BARE: KafkaConnectionSettings = {
  kafkaBrokers: ["a:9092", "b:9092"],
  kafkaSasl: "off",
  kafkaUser: "",
  kafkaPasswordFile: "",
  kafkaTls: "off",
  kafkaCaFile: "",
  kafkaCertFile: "",
  kafkaKeyFile: "",
};

function refusal(settings: Partial<KafkaConnectionSettings>, password?: string): SettingsError {
  try {
    kafkaClientConfig({ ...BARE, ...settings }, password);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return error as SettingsError;
  }
  throw new Error("was not refused");
}

describe("the connection", () => {
  test("is plain, to all brokers, where nothing else is asked for", () => {
    expect(kafkaClientConfig(BARE, "unused")).toEqual({ brokers: ["a:9092", "b:9092"], ssl: false });
  });

  test("logs in with the password of the file, which goes before the environment's", () => {
    const kafkaPasswordFile = fileWith("password", "from the file\n");
    const login = { ...BARE, kafkaSasl: "scram-sha-512", kafkaUser: "me" } as const;
    expect(kafkaClientConfig({ ...login, kafkaPasswordFile }, "from outside").sasl).toEqual({
      mechanism: "scram-sha-512",
      username: "me",
      password: "from the file",
    });
    expect(kafkaClientConfig(login, "from outside").sasl).toMatchObject({ password: "from outside" });
  });

  test("speaks TLS with what the files hold", () => {
    const files = {
      kafkaCaFile: fileWith("ca", "CA"),
      kafkaCertFile: fileWith("cert", "CERT"),
      kafkaKeyFile: fileWith("key", "KEY"),
    };
    expect(kafkaClientConfig({ ...BARE, kafkaTls: "on" }, undefined).ssl).toEqual({});
    expect(kafkaClientConfig({ ...BARE, ...files, kafkaTls: "on" }, undefined).ssl).toEqual({
      ca: "CA",
      cert: "CERT",
      key: "KEY",
    });
  });

  test.each([
    ["a user without a way to log in", { kafkaUser: "me" }, "kafkaUser"],
    ["a way to log in without a user", { kafkaSasl: "plain" }, "kafkaUser"],
    ["a user without a password", { kafkaSasl: "plain", kafkaUser: "me" }, "kafkaPasswordFile"],
    [
      "a password file that is not there",
      { kafkaSasl: "plain", kafkaUser: "me", kafkaPasswordFile: "/no/such" },
      "kafkaPasswordFile",
    ],
    ["certificates without TLS: nobody means that in the clear", { kafkaCaFile: "ca.pem" }, "kafkaCaFile"],
    ["a certificate without its key", { kafkaTls: "on", kafkaCertFile: "cert.pem" }, "kafkaKeyFile"],
    ["a key without its certificate", { kafkaTls: "on", kafkaKeyFile: "key.pem" }, "kafkaCertFile"],
    ["a file that is not there", { kafkaTls: "on", kafkaCaFile: "/no/such" }, "kafkaCaFile"],
  ] as const)("refuses %s, naming the setting", (_, settings, key) => {
    expect(refusal(settings).key).toBe(key);
  });

  test("never shows a password in what it refuses", () => {
    const kafkaPasswordFile = fileWith("secret", "hunter2");
    const login = { kafkaSasl: "plain", kafkaUser: "me", kafkaPasswordFile } as const;
    expect(refusal({ ...login, kafkaCaFile: "x" }, "hunter3").message).not.toMatch(/hunter/);
    expect(refusal({ kafkaSasl: "plain" }, "hunter3").message).not.toMatch(/hunter/);
  });
});

describe("a topic", () => {
  test("is a name, or an expression that never takes Kafka's own topics", () => {
    expect(matchesTopic(topicPatternOf("k", "otlp_spans"), "otlp_spans")).toBe(true);
    expect(matchesTopic(topicPatternOf("k", "otlp_spans"), "otlp_spans.2")).toBe(false);
    expect(matchesTopic(topicPatternOf("k", "/spans/"), "team-a.spans")).toBe(true);
    expect(matchesTopic(topicPatternOf("k", "/./"), "__consumer_offsets")).toBe(false);
  });

  test.each(["two words", "", "..", "/(/", "ünicode"])("is not %j", (text) => {
    expect(() => topicPatternOf("kafkaTraceTopics", text)).toThrow(SettingsError);
  });
});
