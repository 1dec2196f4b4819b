import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Status } from "../../src/contracts/api.ts";
import { type KafkaConnectionSettings, kafkaClientConfig } from "../../src/telemetry/kafka/client-config.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { until as seen, start } from "../cli/run.ts";
import { SAMPLE } from "../golden/recording.ts";
import { until } from "../until.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { watchSource } from "./watched-source.ts";
import { describeWithBroker } from "./with-broker.ts";

// Goal: brokers that ask for TLS and a login are read, and a login that is refused shows no password.

const USER = "reader";
const PASSWORD = "a-good-password";
const TOPIC = "otlp_spans";
const SECONDS = 45;
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

describeWithBroker("a real Kafka behind TLS and a login", () => {
  let broker: KafkaBroker;
  const folder = mkdtempSync(join(tmpdir(), "spantwin-tls-"));
  const caFile = join(folder, "ca.pem");

  beforeAll(async () => {
    const store = join(folder, "broker.p12");
    const keytool = (...args: string[]) => {
      const done = spawnSync("keytool", [...args, "-keystore", store, "-storepass", "for-a-test", "-alias", "broker"]);
      expect(done.status, String(done.stderr)).toBe(0);
    };
    keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12");
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

  test("is read by `spantwin attach`, which shows it, lists what it left out, and commits before it ends", async () => {
    const topic = "live.spans";
    await broker.createTopic(topic, 3);
    const sent = await sendSample(broker, topic, 12);
    const data = join(folder, "data");
    const free = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0", "--data-directory", data];
    const env = {
      SPANTWIN_KAFKA_BROKERS: broker.address,
      SPANTWIN_KAFKA_SASL: "scram-sha-512",
      SPANTWIN_KAFKA_USER: USER,
      SPANTWIN_KAFKA_PASSWORD: PASSWORD,
      SPANTWIN_KAFKA_TLS: "on",
      SPANTWIN_KAFKA_CA_FILE: caFile,
    };
    const attach = start(["attach", ...free, "--kafka-trace-topics", "/^live[.]/", "--kafka-start", "earliest"], env);
    try {
      const [, page] = await seen(attach.output, /page: (http:\S+)/);
      const metrics = async () => (await fetch(new URL("/metrics", page!))).text();
      const isDone = async () => {
        const text = await metrics();
        return numberOf(text, "records_total") === sent && lagsOf(text).join() === "0,0,0";
      };
      await until(isDone, SECONDS, attach.output);
      const text = await metrics();
      expect(numberOf(text, "left_out_records_total")).toBe(1);
      expect(numberOf(text, "connected")).toBe(1);
      expect(numberOf(text, "bytes_total")).toBeGreaterThan(10_000);
      const status = (await (await fetch(new URL("/api/v1/status", page!))).json()) as Status;
      expect(status.spansReceived).toBeGreaterThan(100);
      const address = `${broker.address} (/^live[.]/, otlp_metrics)`;
      expect(status.listening.at(-1)).toEqual({ protocol: "Kafka", address });
      expect(readFileSync(join(data, "kafka-left-out.jsonl"), "utf8")).toMatch(/"topic":"live.spans","partition":0/);
    } finally {
      attach.child.kill("SIGTERM");
    }
    const { code, stdout, stderr } = await attach.finished;
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(PASSWORD);
    const admin = broker.client().admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: "spantwin", topics: [topic] });
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    expect(inOrder(committed!.partitions)).toEqual(inOrder(ends));
  }, 120_000);
});

/** So many bodies of spans, without a key, and one record that is no telemetry. */
async function sendSample(broker: KafkaBroker, topic: string, count: number): Promise<number> {
  const producer = broker.client().producer();
  await producer.connect();
  let sent = 0;
  for await (const { signal, protobuf } of replayBodies(SAMPLE, {})) {
    if (signal !== "traces") continue;
    await producer.send({ topic, messages: [{ value: Buffer.from(protobuf) }] });
    sent += 1;
    if (sent === count) break;
  }
  await producer.send({ topic, messages: [{ value: "no telemetry", partition: 0 }] });
  await producer.disconnect();
  return sent;
}

function numberOf(metrics: string, name: string): number {
  return Number(new RegExp(`^spantwin_kafka_${name} (\\S+)$`, "mu").exec(metrics)?.[1]);
}

function lagsOf(metrics: string): number[] {
  return [...metrics.matchAll(/^spantwin_kafka_lag_records\{[^}]*\} (\d+)$/gmu)].map(([, lag]) => Number(lag));
}

function inOrder(rows: readonly { readonly partition: number; readonly offset: string }[]): string[] {
  return [...rows].sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
}
