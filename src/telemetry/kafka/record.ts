import type { KafkaMessage } from "kafkajs";
import type { LogRecord } from "../log-source.ts";
import { reasonOfStandIn } from "./unreadable-batch.ts";

const NOTHING = Buffer.alloc(0);

/** A message of kafkajs as a record of the contract. Its offset is text of a 64-bit integer. */
export function recordOf(
  topic: string,
  partition: number,
  message: Pick<KafkaMessage, "offset" | "key" | "value" | "timestamp">,
): LogRecord {
  const value = message.value ?? NOTHING;
  const unreadableReason = reasonOfStandIn(value);
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    timestampSeconds: Number(message.timestamp) / 1000,
    bytes: unreadableReason === null ? value : NOTHING,
    unreadableReason,
  };
}
