// Goal: what a worker cannot do without is asked for before anything starts, and a record that is no window is refused.
import { expect, test } from "vitest";

import { MalformedError } from "../../../src/contracts/errors.ts";
import { startWorker, type WorkerRole } from "../../../src/pipeline/worker.ts";
import { decodeWindow, encodeWindow } from "../../../src/pipeline/workers/partial-window.ts";
import { PartitionAssembler } from "../../../src/pipeline/workers/partition-assembler.ts";
import { Rekeyer } from "../../../src/pipeline/workers/rekeyer.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { CountingLedger } from "../../../src/telemetry/ledger.ts";

const start = (flags: Record<string, string>, roles: readonly WorkerRole[]) =>
  startWorker({
    settings: loadSettings({ env: {}, flags, directory: "/nonexistent" }),
    roles,
    password: undefined,
    say: () => undefined,
    onError: (error) => expect.fail(String(error)),
  });

test("a worker without a broker is refused", async () => {
  await expect(start({}, ["assemble"])).rejects.toThrow(/^kafkaBrokers: \[\] must name a broker/);
});

test("one that judges without a database is refused: others could not see what it finds", async () => {
  const flags = { kafkaBrokers: "127.0.0.1:9" };
  await expect(start(flags, ["assemble", "detect"])).rejects.toThrow(/^storeUrl: "" must name a PostgreSQL/);
});

test("a body in another encoding is refused by name", async () => {
  const rekeyer = new Rekeyer({ partitionCount: 1, sourceCount: () => 1, append: async () => undefined });
  const position = { topic: "raw", partition: 0, offset: 0n };
  const body = {
    signal: "traces",
    encoding: "zipkin_json",
    bytes: new Uint8Array(0),
    position,
    writtenSeconds: 0,
  } as const;
  await expect(rekeyer.accept(body)).rejects.toThrow("workers take otlp_proto only: zipkin_json");
});

test("bodies that are accepted while others are being written are written together, in their order", async () => {
  const written: number[] = [];
  const gates: (() => void)[] = [];
  const rekeyer = new Rekeyer({
    partitionCount: 1,
    sourceCount: () => 1,
    append: (records) => {
      written.push(records.length);
      return new Promise((resolve) => gates.push(resolve));
    },
  });
  const raw = { topic: "raw", partition: 0 };
  const tells = [0, 1, 2].map((lastOffset) => rekeyer.tell(raw, { lastOffset, isAtEnd: false, asOfSeconds: 0 }));
  await expect.poll(() => gates.length).toBe(1);
  tells.push(rekeyer.tell(raw, { lastOffset: 3, isAtEnd: true, asOfSeconds: 0 }));
  gates[0]!();
  await expect.poll(() => gates.length).toBe(2);
  gates[1]!();
  await Promise.all(tells);
  expect(written).toEqual([1, 1]);
});

test("a record of the keyed topic that is none is refused, and is behind us", () => {
  const settings = loadSettings({ env: {}, flags: {}, directory: "/nonexistent" });
  const assembler = new PartitionAssembler({ partition: 0, partitionCount: 1, settings, ledger: new CountingLedger() });
  const take = () => assembler.take({ bytes: Uint8Array.of(1), offset: 4n, timestampSeconds: 0 });
  expect(take).toThrow(MalformedError);
  expect(assembler.lastOffset).toBe(4n);
});

test("a record without a window comes back as it was; other bytes are refused", () => {
  const record = { partition: 1, partitionCount: 3, completeBefore: Number.NEGATIVE_INFINITY, window: null };
  expect(decodeWindow(encodeWindow(record))).toEqual(record);
  expect(() => decodeWindow(Buffer.from("no window"))).toThrow();
  expect(() => decodeWindow(new Uint8Array(0))).toThrow();
});
