// Goal: whoever balances load hears that the door is full before senders are turned away, and every limit is on /metrics.
// Method: a real receiver whose reader does not take anything, so that bodies pile up behind the door.
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { intakeHealth } from "../../src/pipeline/intake-health.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";

const span = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "work",
  startTimeUnixNano: "1700000000000000000",
  endTimeUnixNano: "1700000000100000000",
};
const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });

describe("a door with room for ten bodies", () => {
  let receiver: OtlpReceiver;
  let url: string;
  const waiting: Promise<Response>[] = [];
  const send = () => fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  beforeEach(async () => {
    receiver = new OtlpReceiver({
      ledger: new CountingLedger(),
      maxBodyBytes: 1 << 20,
      maxOperationsPerService: 10,
      maxInFlightBodies: 10,
    });
    const { httpPort } = await receiver.start({ grpcPort: null, httpPort: 0 });
    url = `http://127.0.0.1:${httpPort}/v1/traces`;
  });
  afterEach(async () => {
    await receiver.close();
    await Promise.all(waiting.splice(0));
  });

  test("is ready with eight waiting, not with nine, and again when they were taken", async () => {
    for (let count = 1; count <= 8; count++) waiting.push(send());
    await until(() => receiver.load.inFlightBodies === 8);
    expect(intakeHealth(receiver.load, "")).toMatchObject({ isAccepting: true, detail: "" });
    waiting.push(send());
    await until(() => receiver.load.inFlightBodies === 9);
    expect(intakeHealth(receiver.load, "")).toMatchObject({
      isAccepting: false,
      detail: "9 bodies are under way, of 10 at most",
    });
    expect(receiver.load).toMatchObject({ waitingBatches: 9, busyCount: 0 });

    waiting.push(send());
    await until(() => receiver.load.inFlightBodies === 10);
    expect((await send()).status).toBe(429);
    expect(receiver.load.busyCount).toBe(1);

    const stopping = new AbortController();
    const reading = receiver.read(() => undefined, stopping.signal);
    expect((await Promise.all(waiting.splice(0))).map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(receiver.load).toMatchObject({ inFlightBodies: 0, inFlightBytes: 0, waitingBatches: 0 });
    expect(intakeHealth(receiver.load, "").isAccepting).toBe(true);
    stopping.abort();
    await reading;
  });
});

test("bytes have a high-water mark of their own", () => {
  const load = {
    inFlightBodies: 0,
    maxInFlightBodies: 10,
    inFlightBytes: 899,
    maxInFlightBytes: 1000,
    waitingBatches: 0,
    queuedBytes: 0,
    maxQueueBytes: 1000,
    obstacle: null,
    busyCount: 0,
  };
  expect(intakeHealth(load, "on the disk")).toEqual({ isAccepting: true, detail: "", acknowledgement: "on the disk" });
  expect(intakeHealth({ ...load, inFlightBytes: 900 }, "")).toMatchObject({
    isAccepting: false,
    detail: "900 bytes are under way, of 1000 at most",
  });
  expect(intakeHealth({ ...load, queuedBytes: 900 }, "").detail).toBe("900 bytes wait for the twin, of 1000 at most");
  expect(intakeHealth({ ...load, obstacle: "the disk is full" }, "").detail).toBe("the disk is full");
});
