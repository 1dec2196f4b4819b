import type { Admin } from "kafkajs";
import type { BrokerOffsets } from "./assignment.ts";

/** What the broker knows of the topics' partitions. @throws what kafkajs throws when it cannot be asked. */
export async function brokerOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<readonly BrokerOffsets[]> {
  if (topics.length === 0) return [];
  const [committed, ...ends] = await Promise.all([
    admin.fetchOffsets({ groupId, topics: [...topics] }),
    ...topics.map((topic) => admin.fetchTopicOffsets(topic)),
  ]);
  return topics.flatMap((topic, index) => {
    const known = committed.find((each) => each.topic === topic)?.partitions ?? [];
    return (ends[index] ?? []).map(({ partition, low, high }) => ({
      topic,
      partition,
      committed: BigInt(known.find((each) => each.partition === partition)?.offset ?? -1),
      beginning: BigInt(low),
      end: BigInt(high),
    }));
  });
}
