/** A message of a topic: its body and the headers that carry trace context. */
export interface TopicMessage {
  readonly key: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
}

/** What a service needs of a broker. Two kinds: the embedded one, and a real Kafka. */
export interface TopicClient {
  /** `messaging.system` of its spans. */
  readonly system: string;
  /** Resolves when the broker has taken the message; answers its partition. */
  publish(
    topic: string,
    message: { readonly key: string; readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<number>;
  /** Delivers messages, at most `concurrency` at once; one partition's stay in order. */
  consume(
    topic: string,
    group: string,
    concurrency: number,
    deliver: (message: TopicMessage) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}
