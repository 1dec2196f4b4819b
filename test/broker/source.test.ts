import { fileURLToPath } from "node:url";
import kafkajs, { type Consumer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { KafkaSourceOptions } from "../../src/telemetry/kafka/kafka-options.ts";
import { testLogSource } from "../contract/log-source.ts";
import { until } from "../until.ts";
import { java, KafkaBroker } from "./kafka-broker.ts";
import { QUICK, quickSource, type WatchedSource, watchSource } from "./watched-source.ts";
import { describeWithBroker } from "./with-broker.ts";

// Goal: the source keeps the contract against a real broker, and waits out what goes wrong there.

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const SECONDS = 45;
const PRODUCER = fileURLToPath(new URL("CodecProducer.java", import.meta.url));

describeWithBroker("the source on a real Kafka", () => {
  let broker: KafkaBroker;
  const open: WatchedSource[] = [];
  let names = 0;
  const fresh = (prefix: string) => `${prefix}-${names++}`;
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);

  beforeAll(async () => {
    process.on("warning", onWarning);
    broker = await KafkaBroker.start();
  }, 120_000);

  afterAll(async () => {
    process.removeListener("warning", onWarning);
    for (const source of open) await source.end().catch(() => undefined);
    await broker?.stop();
  }, 60_000);

  const watch = (options: Partial<KafkaSourceOptions> & Pick<KafkaSourceOptions, "topics">) => {
    const source = watchSource({ client: { brokers: [broker.address] }, groupId: fresh("group"), ...options });
    open.push(source);
    return source;
  };
  const send = async (topic: string, messages: { value: string | Buffer; partition?: number }[], compression = 0) => {
    const producer = broker.client().producer();
    await producer.connect();
    await producer.send({ topic, messages, compression });
    await producer.disconnect();
  };
  const textsOf = ({ records }: WatchedSource) => records.map(({ bytes }) => Buffer.from(bytes).toString());

  describe("keeps the contract:", () => {
    testLogSource(async () => {
      const topic = fresh("contract");
      await broker.createTopic(topic, 2);
      const groupId = fresh("group");
      return {
        topic,
        append: (partition, texts) =>
          send(
            topic,
            texts.map((value) => ({ value, partition })),
          ),
        open: () => quickSource({ client: { brokers: [broker.address] }, topics: [topic], groupId }, () => undefined),
      };
    });
  });

  test("reads what the Java client compressed, in each of Kafka's ways, to the byte", async () => {
    const topic = fresh("codecs");
    await broker.createTopic(topic, CODECS.length);
    const bodies = [
      Buffer.from("one body"),
      Buffer.alloc(0),
      Buffer.alloc(300_000, "abcdefgh"),
      randomLooking(200_000),
    ];
    const lines = CODECS.flatMap((codec, partition) =>
      bodies.map((body) => `${topic} ${codec} ${partition} ${body.toString("base64")}`),
    );
    const sent = java([PRODUCER, broker.address], lines.join("\n"));
    expect(sent.status, sent.stderr).toBe(0);
    const source = watch({ topics: [topic] });
    await until(
      () => source.records.length >= lines.length,
      SECONDS,
      () => source.records.length,
    );
    for (const [partition, codec] of CODECS.entries()) {
      const read = source.records.filter((record) => record.partition === partition);
      expect(read.length, codec).toBe(bodies.length);
      for (const [index, { bytes, unreadableReason }] of read.entries()) {
        expect(unreadableReason, codec).toBeNull();
        expect(Buffer.compare(bytes, bodies[index]!), `${codec}, body ${index}`).toBe(0);
      }
    }
  }, 120_000);

  test("gives a batch that would become too large as unreadable, and what comes behind it", async () => {
    const topic = fresh("bomb");
    await broker.createTopic(topic, 1);
    const { ZSTD, LZ4, GZIP, Snappy } = kafkajs.CompressionTypes;
    const source = watch({ topics: [topic], maxBatchBytes: 1 << 20 });
    for (const compression of [ZSTD, LZ4, GZIP, Snappy]) {
      await send(topic, [{ value: Buffer.alloc(12 << 20) }, { value: "in the same batch" }], compression);
    }
    await send(topic, [{ value: "behind it" }]);
    await until(
      () => source.records.length >= 9,
      SECONDS,
      () => source.records.length,
    );
    const reasons = source.records.map(({ unreadableReason }) => unreadableReason);
    expect(reasons.slice(0, 8).every((reason) => reason?.startsWith("batch does not decompress"))).toBe(true);
    expect(source.records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
    expect(textsOf(source).at(-1)).toBe("behind it");
  }, 120_000);

  test("that began at the end misses nothing that comes while it is away", async () => {
    const topic = fresh("latest");
    await broker.createTopic(topic, 2);
    await send(topic, [{ value: "before", partition: 0 }]);
    const groupId = fresh("group");
    const first = watch({ topics: [topic], groupId, start: "latest" });
    const pinned = () => first.source.status().partitions.map(({ committedOffset }) => committedOffset);
    await until(() => pinned().length === 2 && !pinned().includes(null), SECONDS, pinned);
    await first.end();
    expect(first.records).toEqual([]);
    await send(topic, [{ value: "meanwhile", partition: 0 }]);
    const second = watch({ topics: [topic], groupId, start: "latest" });
    await until(
      () => second.records.length > 0,
      SECONDS,
      () => second.source.status(),
    );
    expect(textsOf(second)).toEqual(["meanwhile"]);
  }, 120_000);

  test("waits for topics that are not there yet, and reads a new one of its pattern from its beginning", async () => {
    const prefix = fresh("team");
    const source = watch({ topics: [new RegExp(`^${prefix}[.]`, "u")], start: "latest" });
    await until(
      () => source.said.length > 0,
      SECONDS,
      () => source.said,
    );
    expect(source.said[0]).toMatch(/^warn: Kafka at .*: no topic matches .*; trying again until it works$/);
    await broker.createTopic(`${prefix}.a`, 1);
    await until(
      () => source.source.status().partitions.length === 1,
      SECONDS,
      () => source.source.status(),
    );
    await broker.createTopic(`${prefix}.b`, 1);
    await send(`${prefix}.b`, [{ value: "in the new topic" }]);
    await until(
      () => source.records.length > 0,
      SECONDS,
      () => source.source.status(),
    );
    expect(textsOf(source)).toEqual(["in the new topic"]);
    expect(source.source.status()).toMatchObject({ isConnected: true, trouble: null });
  }, 120_000);

  test("does not give a record again while it is still being taken, though reading begins anew", async () => {
    const prefix = fresh("held");
    await broker.createTopic(`${prefix}.a`, 1);
    await send(`${prefix}.a`, [{ value: "held" }]);
    const client = { brokers: [broker.address] };
    const source = quickSource(
      { client, groupId: fresh("group"), topics: [new RegExp(`^${prefix}[.]`, "u")] },
      () => undefined,
    );
    const stopping = new AbortController();
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let givenCount = 0;
    const reading = source.read(async () => {
      givenCount += 1;
      await held;
    }, stopping.signal);
    await until(
      () => givenCount === 1,
      SECONDS,
      () => source.status(),
    );
    await broker.createTopic(`${prefix}.b`, 1);
    // The new topic makes it join the group anew, which it may do only when the record is done with.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(givenCount).toBe(1);
    release();
    await until(
      () => givenCount === 2,
      SECONDS,
      () => source.status(),
    );
    stopping.abort();
    await reading;
    await source.close();
  }, 120_000);

  test("takes up a partition anew that stands still", async () => {
    const topic = fresh("still");
    await broker.createTopic(topic, 1);
    const consumers = vi.spyOn(kafkajs.Kafka.prototype, "consumer");
    const source = watch({ topics: [topic], timing: { ...QUICK, stuckSeconds: 1 } });
    await until(
      () => source.source.status().partitions.length === 1,
      SECONDS,
      () => source.source.status(),
    );
    // Nothing fails and nothing comes, as was seen of consumers of several makes after a rebalance.
    for (const { value: consumer } of consumers.mock.results) (consumer as Consumer).pause([{ topic }]);
    consumers.mockRestore();
    await send(topic, [{ value: "waits" }]);
    await until(
      () => source.records.length > 0,
      SECONDS,
      () => source.source.status(),
    );
    expect(source.said.join()).toMatch(/still-\d+\/0 gave nothing for 1 s though records wait/);
    expect(source.source.status().reconnectCount).toBe(1);
    expect(textsOf(source)).toEqual(["waits"]);
  }, 120_000);

  test("counts what Kafka writes for its transactions as no lag, and gives what was committed only", async () => {
    const topic = fresh("transaction");
    await broker.createTopic(topic, 1);
    const producer = broker.client().producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const source = watch({ topics: [topic] });
    const given = await producer.transaction();
    await given.send({ topic, messages: [{ value: "one" }, { value: "two" }] });
    await given.commit();
    await send(topic, [{ value: "three" }]);
    await until(
      () => source.records.length === 3,
      SECONDS,
      () => textsOf(source),
    );
    const takenBack = await producer.transaction();
    await takenBack.send({ topic, messages: [{ value: "never" }] });
    await takenBack.abort();
    await producer.disconnect();
    // Three records, one that was taken back, and two marks.
    const partition = () => source.source.status().partitions[0];
    await until(() => partition()?.committedOffset === 6n && partition()?.lagRecords === 0, SECONDS, partition);
    expect(textsOf(source)).toEqual(["one", "two", "three"]);
  }, 120_000);

  test("left the timers of idle connections out, and no warning of Node's came", () => {
    expect(warnings).toEqual([]);
  });
});

describeWithBroker("a Kafka that is not there at first", () => {
  test("is waited for, which is said once, and then read", async () => {
    const broker = await KafkaBroker.prepare();
    const source = watchSource({ client: { brokers: [broker.address] }, topics: ["spans"], groupId: "late" });
    try {
      await until(
        () => source.source.status().reconnectCount > 2,
        SECONDS,
        () => source.source.status(),
      );
      expect(source.source.status()).toMatchObject({ isConnected: false });
      expect(source.source.status().trouble).toMatch(/ECONNREFUSED/);
      expect(source.said).toHaveLength(1);
      await broker.begin();
      await broker.createTopic("spans", 3);
      const isThere = () => source.source.status().partitions.length === 3 && source.source.status().isConnected;
      await until(isThere, SECONDS, () => source.source.status());
      expect(source.said.slice(1)).toEqual([
        "info: Kafka: works again",
        "info: Kafka: reading spans (3 partitions are ours)",
      ]);
    } finally {
      await source.end();
      await broker.stop();
    }
  }, 180_000);
});

/** Bytes that do not compress, the same in every run. */
function randomLooking(byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  let state = 1;
  for (let at = 0; at < byteCount; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
