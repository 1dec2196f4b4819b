import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { stopIdleTimers } from "../../src/telemetry/kafka/request-queue-timer.ts";
import { brokerClassPath } from "./broker-files.ts";

const START_SECONDS = 90;
const LEADER_SECONDS = 60;
const CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw";
/** Fast to start and small: no second compiler, one collector thread. */
const JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx384m"];

/**
 * Runs a command until our end of its standard input closes: by us, or because we are no more, however we ended. A test run
 * that is cut off must not leave a broker behind.
 */
const DIE_WITH_US = '"$@" </dev/null & child=$!; cat >/dev/null; kill -9 "$child"; wait "$child"; exit 0';

export interface BrokerOptions {
  /** Lines of server.properties besides the usual. */
  readonly properties?: readonly string[];
  /** Records that the storage is formatted with, e.g. `SCRAM-SHA-512=[name=a,password=b]`. */
  readonly scram?: readonly string[];
  /** Security protocol of the listener for clients. */
  readonly protocol?: "PLAINTEXT" | "SASL_SSL";
}

/** A real Apache Kafka of one node in KRaft mode, in a process and a temporary folder of its own. */
export class KafkaBroker {
  /** Where clients of the protocol asked for connect. */
  readonly address: string;
  /** Where anybody connects, in the clear. */
  readonly plainAddress: string;
  readonly folder: string;
  #process: ChildProcess | null = null;

  private constructor(folder: string, port: number, plainPort: number) {
    this.folder = folder;
    this.address = `127.0.0.1:${port}`;
    this.plainAddress = `127.0.0.1:${plainPort}`;
  }

  static async start(options: BrokerOptions = {}): Promise<KafkaBroker> {
    const broker = await KafkaBroker.prepare(options);
    await broker.begin();
    return broker;
  }

  /** Ports and storage, but no process yet. */
  static async prepare({
    properties = [],
    scram = [],
    protocol = "PLAINTEXT",
  }: BrokerOptions = {}): Promise<KafkaBroker> {
    const folder = mkdtempSync(join(tmpdir(), "spantwin-kafka-"));
    const [port, plainPort, controllerPort] = await freePorts();
    const broker = new KafkaBroker(folder, port, plainPort);
    const lines = [
      "process.roles=broker,controller",
      "node.id=1",
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      `listeners=CLIENTS://127.0.0.1:${port},PLAIN://127.0.0.1:${plainPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      `advertised.listeners=CLIENTS://127.0.0.1:${port},PLAIN://127.0.0.1:${plainPort}`,
      `listener.security.protocol.map=CLIENTS:${protocol},PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT`,
      "controller.listener.names=CONTROLLER",
      "inter.broker.listener.name=PLAIN",
      `log.dirs=${join(folder, "log")}`,
      "offsets.topic.replication.factor=1",
      "offsets.topic.num.partitions=1",
      "transaction.state.log.replication.factor=1",
      "transaction.state.log.min.isr=1",
      "transaction.state.log.num.partitions=1",
      "group.initial.rebalance.delay.ms=0",
      "auto.create.topics.enable=false",
      "num.network.threads=1",
      "num.io.threads=2",
      "log.cleaner.enable=false",
      ...properties,
    ];
    writeFileSync(broker.#properties, `${lines.join("\n")}\n`);
    const users = scram.flatMap((user) => ["--add-scram", user]);
    const formatted = java(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", broker.#properties, ...users]);
    if (formatted.status !== 0) throw new Error(`the broker's storage could not be made: ${formatted.stderr}`);
    return broker;
  }

  /** Starts the process, again after `kill` with what it had, and waits until it serves. */
  async begin(): Promise<void> {
    const log = openSync(this.#log, "a");
    const startedBefore = timesStarted(this.#log);
    const command = ["java", ...JVM, "-cp", brokerClassPath(), "kafka.Kafka", this.#properties];
    const started = spawn("sh", ["-c", DIE_WITH_US, "sh", ...command], { stdio: ["pipe", log, log] });
    closeSync(log);
    this.#process = started;
    const deadline = Date.now() + START_SECONDS * 1000;
    while (timesStarted(this.#log) === startedBefore) {
      if (started.exitCode !== null || Date.now() > deadline) {
        const tail = readFileSync(this.#log, "utf8").split("\n").slice(-40).join("\n");
        throw new Error(`the broker does not start:\n${tail}`);
      }
      await wait(100);
    }
  }

  /** Gone at once, as in a power cut. */
  async kill(): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.stdin?.end();
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A client for the test's own needs; it says nothing. */
  client(): Kafka {
    stopIdleTimers();
    return new Kafka({ brokers: [this.plainAddress], clientId: "test", logLevel: logLevel.NOTHING });
  }

  async createTopic(topic: string, partitionCount: number): Promise<void> {
    const admin = this.client().admin();
    await admin.connect();
    try {
      await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }], waitForLeaders: false });
      await untilLed(admin, topic, partitionCount);
    } finally {
      await admin.disconnect();
    }
  }

  get #properties(): string {
    return join(this.folder, "server.properties");
  }

  get #log(): string {
    return join(this.folder, "broker.log");
  }
}

/** A broker that has just made a topic may say for a while that it knows none of that name, which kafkajs takes for final. */
async function untilLed(admin: Admin, topic: string, partitionCount: number): Promise<void> {
  for (const deadline = performance.now() + LEADER_SECONDS * 1000; ; await wait(100)) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const led = topics[0]!.partitions.filter(({ leader }) => leader >= 0);
      if (led.length === partitionCount) return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error(`${topic} has no leaders after ${LEADER_SECONDS} s`);
  }
}

/** Runs a class of the broker's files to its end. */
export function java(args: readonly string[], input = ""): { status: number | null; stderr: string; stdout: string } {
  return spawnSync("java", [...JVM, "-cp", brokerClassPath(), ...args], { encoding: "utf8", input });
}

function timesStarted(log: string): number {
  return readFileSync(log, "utf8").split("Kafka Server started").length;
}

async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()];
  const listening = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
      }),
  );
  const ports = await Promise.all(listening);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0]!, ports[1]!, ports[2]!];
}
