import { describe } from "vitest";
import { testLogSource } from "../contract/log-source.ts";
import { MemoryLog } from "./memory-log.ts";

describe("the log in memory that other tests read from", () => {
  testLogSource(async () => {
    const log = new MemoryLog("spans", 2);
    return {
      topic: log.topic,
      append: async (partition, texts) =>
        log.append(
          partition,
          texts.map((text) => Buffer.from(text)),
        ),
      open: () => log.open(),
    };
  });
});
