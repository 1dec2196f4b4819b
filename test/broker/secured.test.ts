import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KafkaConnectionSettings, kafkaClientConfig } from "../../src/telemetry/kafka/client-config.ts";
import { until } from "../until.ts";
import { missingForBroker } from "./broker-files.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { watchSource } from "./watched-source.ts";

// Goal: brokers that ask for TLS and a login are read, and a login that is refused shows no password.

const USER = "reader";
const PASSWORD = "a-good-password";
const TOPIC = "otlp_spans";
const SECONDS = 45;
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;
const missing = missingForBroker();

describe.skipIf(missing !== null)(
  `a real Kafka behind TLS and a login${missing === null ? "" : `: ${missing}`}`,
  () => {
    let broker: KafkaBroker;
    const folder = mkdtempSync(join(tmpdir(), "spantwin-tls-"));
    const caFile = join(folder, "ca.pem");

    beforeAll(async () => {
      const store = join(folder, "broker.p12");
      const keytool = (...args: string[]) => {
        const done = spawnSync("keytool", [
          ...args,
          "-keystore",
          store,
          "-storepass",
          "for-a-test",
          "-alias",
          "broker",
        ]);
        expect(done.status, String(done.stderr)).toBe(0);
      };
      keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-dname",
        "CN=broker",
        "-ext",
        "san=ip:127.0.0.1",
        "-storetype",
        "PKCS12",
      );
      keytool("-exportcert", "-rfc", "-file", caFile);
      const module = "org.apache.kafka.common.security";
      broker = await KafkaBroker.start({
        protocol: "SASL_SSL",
        scram: ["SCRAM-SHA-256", "SCRAM-SHA-512"].map((name) => `${name}=[name=${USER},password=${PASSWORD}]`),
        properties: [
          "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
          `ssl.keystore.location=${store}`,
          "ssl.keystore.type=PKCS12",
          "ssl.keystore.password=for-a-test",
          `listener.name.clients.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
          `listener.name.clients.scram-sha-256.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
          `listener.name.clients.scram-sha-512.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
        ],
      });
      await broker.createTopic(TOPIC, 1);
      const producer = broker.client().producer();
      await producer.connect();
      await producer.send({ topic: TOPIC, messages: [{ value: "behind a login" }] });
      await producer.disconnect();
    }, 120_000);

    afterAll(async () => {
      await broker?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const open = (settings: Partial<KafkaConnectionSettings>, password: string) => {
      const connection: KafkaConnectionSettings = {
        kafkaBrokers: [broker.address],
        kafkaSasl: "scram-sha-512",
        kafkaUser: USER,
        kafkaPasswordFile: "",
        kafkaTls: "on",
        kafkaCaFile: caFile,
        kafkaCertFile: "",
        kafkaKeyFile: "",
        ...settings,
      };
      const client = kafkaClientConfig(connection, password);
      return watchSource({ client, topics: [TOPIC], groupId: `group-${connection.kafkaSasl}-${password.length}` });
    };

    test.each(MECHANISMS)(
      "is read with %s",
      async (kafkaSasl) => {
        const source = open({ kafkaSasl }, PASSWORD);
        await until(
          () => source.records.length > 0,
          SECONDS,
          () => source.source.status(),
        );
        expect(source.records.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["behind a login"]);
        await source.end();
      },
      60_000,
    );

    test("refuses a wrong password, which is said once and never shown", async () => {
      const source = open({}, "a-wrong-password");
      await until(
        () => source.source.status().reconnectCount > 1,
        SECONDS,
        () => source.source.status(),
      );
      const { trouble, isConnected } = source.source.status();
      expect(isConnected).toBe(false);
      expect(trouble).toMatch(/[Aa]uthentication/);
      expect(source.said).toHaveLength(1);
      expect(source.said[0]).not.toMatch(/a-wrong-password/);
      await source.end();
    }, 60_000);

    test("is not trusted when its certificate is signed by nobody we know", async () => {
      const source = open({ kafkaCaFile: "" }, PASSWORD);
      await until(
        () => source.source.status().trouble !== null,
        SECONDS,
        () => source.source.status(),
      );
      expect(source.source.status().trouble).toMatch(/self-signed|self signed|unable to verify/);
      expect(source.records).toEqual([]);
      await source.end();
    }, 60_000);
  },
);
