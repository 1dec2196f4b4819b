// Goal: the checks whose trouble cannot be made in every test environment judge rightly what they are given.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { checkBrokers } from "../../src/pipeline/doctor/check-brokers.ts";
import { checkClock, spanClock } from "../../src/pipeline/doctor/check-clock.ts";
import { checkDisk } from "../../src/pipeline/doctor/check-disk.ts";
import { checkRuntime } from "../../src/pipeline/doctor/check-runtime.ts";
import { checkTls, validity } from "../../src/pipeline/doctor/check-tls.ts";
import { bytesText } from "../../src/pipeline/doctor/finding.ts";
import { clockOffsetSeconds } from "../../src/pipeline/doctor/time-server.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { Authority } from "../telemetry/certificates.ts";

const MEBIBYTE = 1024 ** 2;

describe("memory", () => {
  const stateAt = (limitMebibytes: number, heapMebibytes = 384) => {
    const limits = { limitBytes: limitMebibytes * MEBIBYTE, heapBytes: heapMebibytes * MEBIBYTE };
    return checkRuntime({ maxInFlightBytes: 256 * MEBIBYTE, maxQueueBytes: 64 * MEBIBYTE }, limits, "24.1.0").map(
      ({ state }) => state,
    );
  };
  test("400 MiB and what may be under way and wait are enough, less is not", () => {
    expect(stateAt(720)).toEqual(["ok", "ok", "ok"]);
    expect(stateAt(719)).toEqual(["ok", "warning", "ok"]);
    expect(stateAt(399)).toEqual(["ok", "failure", "ok"]);
  });
  test("a heap beyond the limit is killed before it is collected", () => {
    expect(stateAt(1000, 1001)).toEqual(["ok", "ok", "warning"]);
  });
});

test("an old Node is a failure", () => {
  const limits = { limitBytes: Number.POSITIVE_INFINITY, heapBytes: 1024 * MEBIBYTE };
  expect(checkRuntime({ maxInFlightBytes: 1024, maxQueueBytes: 1024 }, limits, "22.9.0")[0]).toMatchObject({
    subject: "node",
    state: "failure",
  });
});

describe("the clock of the spans", () => {
  test.each([
    [1000.5, "ok"],
    [1001.5, "warning"],
    [880.5, "ok"],
    [879.5, "warning"],
  ])("an event time of %d at 1000 is %s", (eventTimeSeconds, state) => {
    expect(spanClock({ eventTimeSeconds }, 1000).state).toBe(state);
  });
  test("without any span there is nothing to compare", () => {
    expect(spanClock({ eventTimeSeconds: null }, 1000).state).toBe("ok");
  });
});

describe("a time server", () => {
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  /** Answers as RFC 5905 says, with its clock ahead of ours. */
  async function timeServer(aheadSeconds: number, change: (answer: Buffer) => void = () => undefined): Promise<string> {
    const socket = createSocket("udp4");
    sockets.push(socket);
    socket.on("message", (request, from) => {
      const answer = Buffer.alloc(48);
      answer[0] = 0x24;
      answer[1] = 2;
      request.copy(answer, 24, 40, 48);
      const seconds = Date.now() / 1000 + 2_208_988_800 + aheadSeconds;
      for (const at of [32, 40]) {
        answer.writeUInt32BE(Math.floor(seconds) % 2 ** 32, at);
        answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
      }
      change(answer);
      socket.send(answer, from.port, from.address);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return `127.0.0.1:${socket.address().port}`;
  }

  test.each([3600, 0, -42.5])("that is %d s ahead is read as that, to within the round trip", async (ahead) => {
    const { offsetSeconds, roundTripSeconds } = await clockOffsetSeconds(await timeServer(ahead));
    expect(Math.abs(offsetSeconds - ahead)).toBeLessThanOrEqual(Math.abs(roundTripSeconds) / 2 + 0.002);
  });

  test("that differs by more than a second is a warning with what to do", async () => {
    const server = await timeServer(30);
    const findings = await checkClock({ server: null, timeServer: server });
    expect(findings[1]).toMatchObject({
      state: "warning",
      found: expect.stringMatching(/^(30\.\d+|29\.9\d+) s behind /),
    });
    expect(findings[1]?.advice).toContain("time daemon");
  });

  test.each<[string, (answer: Buffer) => void, string]>([
    ["without a time of its own", (answer) => answer.writeUInt8(16, 1), "no time of its own"],
    ["to another question", (answer) => answer.writeUInt8(answer[24]! ^ 1, 24), "no NTP answer"],
    ["as a client", (answer) => answer.writeUInt8(0x23, 0), "no NTP answer"],
  ])("that answers %s is not believed", async (_what, change, message) => {
    await expect(clockOffsetSeconds(await timeServer(0, change))).rejects.toThrow(message);
  });
});

const settingsWith = (flags: Readonly<Record<string, unknown>>) =>
  loadSettings({ env: {}, flags, directory: tmpdir() });

describe("kafka", () => {
  test("brokers that are down are a failure that says where it was knocked", async () => {
    const findings = await checkBrokers(settingsWith({ kafkaBrokers: "127.0.0.1:1" }), undefined);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      subject: "kafka",
      state: "failure",
      found: expect.stringContaining("127.0.0.1:1"),
    });
  });
  test("settings that attach would refuse are a failure before anything is asked", async () => {
    const findings = await checkBrokers(settingsWith({ kafkaBrokers: "127.0.0.1:1", kafkaSasl: "plain" }), undefined);
    expect(findings[0]).toMatchObject({ state: "failure", found: expect.stringContaining("kafkaUser") });
  });
  test("without brokers there is nothing to ask", async () => {
    expect(await checkBrokers(settingsWith({}), undefined)).toMatchObject([{ state: "ok" }]);
  });
});

describe("the certificate of the OTLP ports", () => {
  const folder = mkdtempSync(join(tmpdir(), "spantwin-tls-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const authority = new Authority("an authority");
  const pem = (name: string) => join(folder, name);
  for (const name of ["one", "other"]) {
    const { cert, key } = authority.issue(name);
    writeFileSync(pem(`${name}.crt`), cert);
    writeFileSync(pem(`${name}.key`), key);
  }
  const files = { otlpTlsCert: pem("one.crt"), otlpTlsKey: pem("one.key"), otlpTlsClientCa: "" };
  const inDays = (days: number) => Date.now() / 1000 + days * 86_400;

  test("that is not there is a failure that names the file", () => {
    const none = { ...files, otlpTlsCert: pem("none.crt") };
    expect(checkTls(none)).toMatchObject({ state: "failure", found: expect.stringContaining(pem("none.crt")) });
  });

  test("that belongs to another key is a failure", () => {
    expect(checkTls({ ...files, otlpTlsKey: pem("other.key") })).toMatchObject({
      state: "failure",
      found: expect.stringContaining("is not the key of the certificate"),
    });
  });

  test("that is not valid yet or no more is a failure, and one that soon will not be a warning", () => {
    expect(checkTls(files)).toMatchObject({ state: "warning", found: expect.stringContaining("for 0 more days") });
    expect(checkTls(files, inDays(3))).toMatchObject({ state: "failure", found: expect.stringContaining("expired") });
    expect(checkTls(files, inDays(-3))).toMatchObject({ state: "failure", advice: "check the clock" });
  });

  test("with three weeks and more before it is fine", () => {
    const certificate = {
      subject: "CN=one",
      validFrom: "Jan  1 00:00:00 2026 GMT",
      validTo: "Mar  1 00:00:00 2026 GMT",
    };
    const at = (day: string) => Date.parse(`${day}T00:00:00Z`) / 1000;
    expect(validity(certificate, at("2026-02-08")).state).toBe("ok");
    expect(validity(certificate, at("2026-02-09")).state).toBe("warning");
  });
});

test("a disk with less room than the journal may take is a warning", () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "spantwin-disk-"));
  const settings = { dataDirectory, journalMaxBytes: Number.MAX_SAFE_INTEGER } as const;
  const states = (ack: "memory" | "journal") =>
    checkDisk({ ...settings, ack })
      .map(({ found }) => found)
      .join();
  expect(states("journal")).toContain("may be wanted, with the journal");
  expect(states("memory")).not.toContain("with the journal");
  rmSync(dataDirectory, { recursive: true });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [64 * MEBIBYTE, "64.0 MiB"],
  [2 ** 60, "1048576 TiB"],
])("%d bytes are written as %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
