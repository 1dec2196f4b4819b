import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Kafka, Producer } from "kafkajs";
import kafkajs from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerCodecs } from "../../src/telemetry/kafka/codecs.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { SAMPLE } from "../golden/recording.ts";
import { until } from "../until.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { describeWithBroker } from "./with-broker.ts";

// Goal: whatever dies, each record is taken in or left out by somebody, and the group catches up.
// Method: three processes share twelve partitions while a producer sends as the collector does, without a key and with each
// compression in turn, and among it records that are no telemetry. One process is killed, the broker is killed.

const TOPIC = "otlp_spans";
const GROUP = "spantwin";
const PARTITIONS = 12;
const CATCH_UP_SECONDS = 60;
const MEMBER = fileURLToPath(new URL("group-member.ts", import.meta.url));

interface Member {
  readonly process: ChildProcess;
  partitionCount: number;
}

const settled = { taken: new Set<string>(), leftOut: new Set<string>(), spans: 0 };

describeWithBroker("a group of three on a real Kafka", () => {
  let broker: KafkaBroker;
  let feed: Feed;
  const members: Member[] = [];

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    await broker.createTopic(TOPIC, PARTITIONS);
    feed = await Feed.start(broker.client());
  }, 120_000);

  afterAll(async () => {
    for (const member of members) member.process.kill("SIGKILL");
    await feed?.stop();
    await broker?.stop();
  });

  const live = () => members.filter(({ process }) => process.exitCode === null && process.signalCode === null);
  const shares = () => live().map(({ partitionCount }) => partitionCount);
  const dealtOut = (count: number) => () =>
    shares().length === count && shares().every((share) => share === PARTITIONS / count);

  test("shares out the partitions, and goes on when one of it is killed", async () => {
    for (let index = 0; index < 3; index += 1) members.push(startMember(broker.address));
    await until(dealtOut(3), CATCH_UP_SECONDS, shares);
    const before = settled.taken.size;
    members[0]!.process.kill("SIGKILL");
    await until(dealtOut(2), CATCH_UP_SECONDS, shares);
    await until(
      () => settled.taken.size > before + 50,
      CATCH_UP_SECONDS,
      () => settled.taken.size,
    );
  }, 150_000);

  test("goes on by itself when the broker was killed and is there again", async () => {
    await broker.kill();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await broker.begin();
    const before = settled.taken.size;
    await until(
      () => settled.taken.size > before + 50,
      CATCH_UP_SECONDS,
      () => settled.taken.size,
    );
  }, 150_000);

  test("leaves out what is no telemetry, and nothing else", async () => {
    await feed.sendPoison();
    await until(
      () => settled.leftOut.size >= feed.poison.size,
      CATCH_UP_SECONDS,
      () => [...settled.leftOut],
    );
    expect([...settled.leftOut].sort()).toEqual([...feed.poison].sort());
  }, 90_000);

  test("has dealt with every offset, and has no lag", async () => {
    await feed.stop();
    const ends = await endsOf(broker.client());
    const committed = () => committedOf(broker.client());
    await until(
      async () => same(await committed(), ends),
      CATCH_UP_SECONDS,
      () => ends,
    );
    const expected = ends.flatMap((end, partition) =>
      Array.from({ length: end }, (_, offset) => `${partition}/${offset}`),
    );
    expect(expected.length).toBeGreaterThan(300);
    expect(ends.every((end) => end > 0)).toBe(true);
    expect(expected.filter((each) => !settled.taken.has(each) && !settled.leftOut.has(each))).toEqual([]);
    expect(settled.spans).toBeGreaterThan(1000);
  }, 90_000);

  test("ends when it is asked to", async () => {
    for (const member of live()) member.process.kill("SIGTERM");
    await until(() => live().length === 0, 30, shares);
    expect(members.slice(1).map(({ process }) => process.exitCode)).toEqual([0, 0]);
  }, 60_000);
});

function startMember(address: string): Member {
  const child = spawn(process.execPath, [MEMBER, address, TOPIC, GROUP], { stdio: ["ignore", "pipe", "inherit"] });
  const member: Member = { process: child, partitionCount: 0 };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { taken, leftOut, partitions, spans } = JSON.parse(line) as Record<string, string & number>;
    if (taken !== undefined) settled.taken.add(taken);
    if (leftOut !== undefined) settled.leftOut.add(leftOut);
    if (partitions !== undefined) member.partitionCount = partitions;
    settled.spans += spans ?? 0;
  });
  return member;
}

/** Sends bodies of the sample without end, as the collector's exporter does: no key, one body a record. */
class Feed {
  readonly poison = new Set<string>();
  readonly #producer: Producer;
  readonly #bodies: readonly Buffer[];
  #isStopped = false;
  #sending: Promise<void> = Promise.resolve();

  private constructor(producer: Producer, bodies: readonly Buffer[]) {
    this.#producer = producer;
    this.#bodies = bodies;
  }

  static async start(kafka: Kafka): Promise<Feed> {
    registerCodecs(64 << 20);
    const producer = kafka.producer({ retry: { retries: 30, maxRetryTime: 1000 } });
    await producer.connect();
    const bodies: Buffer[] = [];
    for await (const body of replayBodies(SAMPLE, {})) {
      if (body.signal === "traces") bodies.push(Buffer.from(body.protobuf));
      if (bodies.length === 40) break;
    }
    const feed = new Feed(producer, bodies);
    feed.#sending = feed.#send();
    return feed;
  }

  async #send(): Promise<void> {
    const { None, GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;
    const codecs = [None, GZIP, Snappy, LZ4, ZSTD];
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const value = this.#bodies[turn % this.#bodies.length]!;
      const compression = codecs[turn % codecs.length]!;
      // While the broker is away a body is lost to the log; what counts is what got there.
      await this.#producer.send({ topic: TOPIC, compression, messages: [{ value }] }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** To every second partition something that is no telemetry. Retries of the producer could double it, so it is sent once. */
  async sendPoison(): Promise<void> {
    const values = ["no telemetry", '{"resourceSpans": 7}', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff])];
    for (let partition = 0; partition < PARTITIONS; partition += 2) {
      const messages = values.map((value) => ({ value, partition }));
      const [sent] = await this.#producer.send({ topic: TOPIC, messages });
      const base = Number(sent!.baseOffset);
      for (let index = 0; index < values.length; index += 1) this.poison.add(`${partition}/${base + index}`);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#sending;
    await this.#producer.disconnect();
  }
}

async function endsOf(kafka: Kafka): Promise<number[]> {
  const offsets = await asked(kafka, (admin) => admin.fetchTopicOffsets(TOPIC));
  return inOrder(offsets.map(({ partition, high }) => ({ partition, offset: high })));
}

async function committedOf(kafka: Kafka): Promise<number[]> {
  const [topic] = await asked(kafka, (admin) => admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] }));
  return inOrder(topic!.partitions);
}

async function asked<Answer>(
  kafka: Kafka,
  ask: (admin: ReturnType<Kafka["admin"]>) => Promise<Answer>,
): Promise<Answer> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

function inOrder(offsets: readonly { readonly partition: number; readonly offset: string }[]): number[] {
  return [...offsets].sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
}

function same(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
