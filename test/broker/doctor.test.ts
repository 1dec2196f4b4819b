// Goal: the doctor asks a real cluster, and says what it lacks; a broker that went away is a failure.
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";

import { checkBrokers } from "../../src/pipeline/doctor/check-brokers.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { describeWithBroker } from "./with-broker.ts";

describeWithBroker("the doctor at a real Kafka", () => {
  let broker: KafkaBroker;
  let address: string;
  const check = () => {
    const flags = { kafkaBrokers: address, kafkaTraceTopics: "otlp_spans,/more-.*/" };
    return checkBrokers(loadSettings({ env: {}, flags, directory: tmpdir() }), undefined);
  };

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    address = broker.address;
    await broker.createTopic("otlp_spans", 3);
  }, 120_000);
  afterAll(() => broker?.stop());

  test("finds its brokers and the partitions of a topic, and warns of one that is not there, not of patterns", async () => {
    const findings = await check();
    expect(findings.map(({ state, found }) => [state, found])).toEqual([
      ["ok", `1 brokers answer: ${address}`],
      ["ok", "topic otlp_spans has 3 partitions: so many workers at most can share it"],
      ["warning", "topic otlp_metrics does not exist"],
    ]);
    // Asking made nothing.
    expect((await check())[2]?.found).toBe("topic otlp_metrics does not exist");
  });

  test("fails when it went away", async () => {
    await broker.stop();
    expect(await check()).toMatchObject([{ state: "failure", found: expect.stringContaining(address) }]);
  });
});
