import { type Admin, type Consumer, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { type ClientLogListener, clientLog } from "./client-log.ts";
import { FETCH_BYTES, type KafkaSourceOptions, type KafkaTiming } from "./kafka-options.ts";
import type { TrackedSockets } from "./tracked-sockets.ts";

/** A client that reads as a member of the group, and one that asks the brokers about it; neither is connected yet. */
export function createClients(
  options: KafkaSourceOptions,
  timing: KafkaTiming,
  sockets: TrackedSockets,
  listener: ClientLogListener,
): { readonly admin: Admin; readonly consumer: Consumer } {
  const common: KafkaConfig = {
    ...options.client,
    clientId: "spantwin",
    connectionTimeout: 5000,
    socketFactory: sockets.factory,
    logLevel: logLevel.ERROR,
    logCreator: () => clientLog(listener),
  };
  // Asked first of all and every few seconds: it gives up soon, and whoever asked asks again.
  const admin = new Kafka({ ...common, retry: { initialRetryTime: 300, maxRetryTime: 2000, retries: 3 } }).admin();
  // About 25 s of its own, in which it keeps its membership; then a new session begins.
  const patience = { initialRetryTime: 300, maxRetryTime: 5000, retries: 8, restartOnFailure: async () => false };
  const kafka = new Kafka({ ...common, retry: patience });
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: timing.sessionTimeoutSeconds * 1000,
    heartbeatInterval: timing.heartbeatSeconds * 1000,
    metadataMaxAge: 60_000,
    allowAutoTopicCreation: false,
    maxBytesPerPartition: FETCH_BYTES.partition,
    maxBytes: FETCH_BYTES.all,
    maxWaitTimeInMs: 500,
  });
  return { admin, consumer };
}
