import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import { openStore } from "../store/open-store.ts";
import { kafkaClientConfig } from "../telemetry/kafka/client-config.ts";
import type { KafkaTiming } from "../telemetry/kafka/kafka-options.ts";
import { KafkaWriter } from "../telemetry/kafka/kafka-writer.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import type { WindowListener } from "./line.ts";
import { startAssembleLeg } from "./workers/assemble-leg.ts";
import { startDetectLeg } from "./workers/detect-leg.ts";
import type { Leg, LegParts } from "./workers/leg.ts";
import { startRekeyLeg } from "./workers/rekey-leg.ts";
import { topicsOf } from "./workers/topics.ts";

export const WORKER_ROLES = ["assemble", "detect"] as const;
export type WorkerRole = (typeof WORKER_ROLES)[number];

/** How long a worker that stops waits for brokers that are away. Seconds. */
const STOP_SECONDS = 5;

export interface RunningWorker {
  readonly legs: readonly Leg[];
  stop(): Promise<void>;
}

/**
 * One of any number of processes that share the work through Kafka: `assemble` deals spans out by trace and makes windows of
 * them, `detect` judges the windows of the application.
 *
 * @throws {SettingsError} naming what is missing or wrong. Brokers that are away are waited for.
 */
export async function startWorker(parts: {
  settings: Settings;
  roles: readonly WorkerRole[];
  /** Password of `kafkaUser` where the settings name no file. */
  password: string | undefined;
  onWindow?: WindowListener;
  timing?: Partial<KafkaTiming>;
  say: (level: "info" | "warn", message: string) => void;
  onError: (error: unknown, what: string) => void;
}): Promise<RunningWorker> {
  const { settings, roles, say, onError } = parts;
  if (settings.kafkaBrokers.length === 0) {
    throw new SettingsError("kafkaBrokers", settings.kafkaBrokers, "must name a broker: workers meet in Kafka");
  }
  if (roles.includes("detect") && settings.storeUrl === null) {
    throw new SettingsError("storeUrl", "", "must name a PostgreSQL: workers share what they find");
  }
  const client = kafkaClientConfig(settings, parts.password);
  const giveUp = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const legs: Leg[] = [];
  const stop = async (): Promise<void> => {
    const patience = setTimeout(() => giveUp.abort(), STOP_SECONDS * 1000);
    await Promise.all(legs.map((leg) => leg.end()));
    clearTimeout(patience);
    giveUp.abort();
    for (const close of closers.reverse()) await close();
  };
  try {
    const store = roles.includes("detect") ? await openStore(settings, { onError }) : null;
    if (store !== null) closers.push(() => store.close());
    const writer = new KafkaWriter({ client, say, signal: giveUp.signal });
    closers.push(() => writer.close());
    await writer.open();
    const names = topicsOf(settings);
    const partitionCount = await writer.topic(names.keyed, settings.workerPartitions);
    await writer.topic(names.windows, 1);
    const ledger = new CountingLedger();
    const timing = parts.timing ?? {};
    const legParts: LegParts = { settings, client, writer, partitionCount, timing, say, onError };
    if (roles.includes("assemble")) {
      legs.push(await startRekeyLeg(legParts), startAssembleLeg({ ...legParts, ledger }));
    }
    if (store !== null) {
      const { onWindow } = parts;
      legs.push(await startDetectLeg({ ...legParts, ledger, store, ...(onWindow === undefined ? {} : { onWindow }) }));
    }
    return { legs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
