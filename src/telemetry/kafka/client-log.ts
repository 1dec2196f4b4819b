import { type LogEntry, logLevel } from "kafkajs";

/** What the log of kafkajs tells that nothing else of it does. */
export interface ClientLogListener {
  /** A broker cannot be reached, or closed the connection. */
  onConnectionTrouble(reason: string): void;
  /** The position of a partition is no longer in the log; kafkajs goes on from where its settings say. */
  onOffsetReset(topic: string, partition: number): void;
}

/**
 * The log of kafkajs, which says the same for ever while a broker is away: nothing of it is printed, and the two things
 * that only stand there are told.
 */
export function clientLog(listener: ClientLogListener): (entry: LogEntry) => void {
  return ({ namespace, level, log }) => {
    if (level !== logLevel.ERROR) return;
    const broker = typeof log["broker"] === "string" ? `${log["broker"]}: ` : "";
    if (namespace === "Connection" && /^Connection (error|timeout)/.test(log.message)) {
      listener.onConnectionTrouble(broker + log.message.replace(/^Connection error: /, ""));
    } else if (namespace === "ConsumerGroup" && log.message.startsWith("Offset out of range, resetting")) {
      listener.onOffsetReset(String(log["topic"]), Number(log["partition"]));
    }
  };
}
