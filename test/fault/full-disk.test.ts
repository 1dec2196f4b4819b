// Goal: a disk that takes no more makes the server refuse, as unavailable and with a time to come again, and nothing else; when
// there is room it goes on by itself, and nothing it acknowledged is lost.
// Method: the real process under a limit of the size of its files, which the kernel enforces as it does a full disk, put on and
// taken off from outside (prlimit of util-linux).
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { journalRecords } from "../../src/telemetry/journal/journal-reader.ts";
import { sampleBodies } from "./sample-part.ts";
import { Sender } from "./sender.ts";
import { freePorts, QUICK_LINE, ServerProcess } from "./server-process.ts";

const hasLimits = spawnSync("prlimit", ["--version"]).status === 0;
/** Less than any body of the sample. */
const NO_ROOM = "100:unlimited";
const ROOM = "unlimited:unlimited";

describe.skipIf(!hasLimits)("a full disk (needs prlimit of util-linux)", () => {
  let folder: string;
  let bodies: RecordedBody[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spantwin-full-"));
    bodies = await sampleBodies(60);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(["journal", "fsync"])(
    "is refused, and is no matter once it is freed (--ack %s)",
    async (ack) => {
      const data = join(folder, ack);
      const ports = await freePorts();
      const server = new ServerProcess(ports, data, [...QUICK_LINE, "--ack", ack, "--checkpoint-seconds", "0.5"]);
      onTestFinished(() => server.abandon());
      server.start();
      await server.ready();
      const sender = new Sender(ports.http);
      for (const body of bodies.slice(0, 20)) await sender.deliver(body);
      execFileSync("prlimit", ["--pid", String(server.pid), `--fsize=${NO_ROOM}`]);
      for (const body of bodies.slice(20, 25))
        expect(await sender.post(body)).toEqual({ status: 503, retryAfter: "1" });
      expect(await server.readiness()).toMatchObject({ isReady: false, detail: expect.stringContaining("disk") });
      expect(await server.metric("spantwin_journal_refused_bodies_total")).toBeGreaterThan(0);
      execFileSync("prlimit", ["--pid", String(server.pid), `--fsize=${ROOM}`]);
      for (const body of bodies.slice(20, 40)) await sender.deliver(body);
      expect((await server.readiness()).isReady).toBe(true);
      await server.kill();
      server.start();
      await server.ready();
      for (const body of bodies.slice(40)) await sender.deliver(body);
      expect(await server.terminate()).toBe(0);
      sender.close();
      const kept: Uint8Array[] = [];
      for await (const { bytes } of journalRecords(join(data, "journal"))) kept.push(Uint8Array.from(bytes));
      expect(kept).toEqual(bodies.map(({ bytes }) => bytes));
      expect(server.output.match(/the journal cannot be written/g)?.length).toBe(1);
    },
    120_000,
  );
});
