// Goal: a server that is asked to stop hands on all that it acknowledged and begins again where it was; one that is asked for
// the same body again, after a restart too, takes it once; one that was killed by a body does not die of it for ever.
// Method: the real process, bodies of the sample recording sent from many connections at one time.
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { journalRecords } from "../../src/telemetry/journal/journal-reader.ts";
import { run } from "../cli/run.ts";
import { sampleBodies } from "./sample-part.ts";
import { Sender } from "./sender.ts";
import { freePorts, QUICK_LINE, ServerProcess } from "./server-process.ts";

let folder: string;
let bodies: RecordedBody[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-stop-"));
  bodies = await sampleBodies(600);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function started(name: string, args: readonly string[] = []) {
  const data = join(folder, name);
  const ports = await freePorts();
  const server = new ServerProcess(ports, data, [...QUICK_LINE, ...args]);
  onTestFinished(() => server.abandon());
  server.start();
  await server.ready();
  return { server, data, ports, sender: new Sender(ports.http) };
}

describe("SIGTERM under load", () => {
  test("ends well, and the next start has everything and nothing to read again", async () => {
    const { server, data, sender } = await started("term");
    const acknowledged = new Set<RecordedBody>();
    const refused: number[] = [];
    const queue = [...bodies];
    const worker = async (): Promise<void> => {
      for (let body = queue.shift(); body !== undefined; body = queue.shift()) {
        const { status } = await sender.post(body);
        if (status === 200) acknowledged.add(body);
        else refused.push(status);
        if (status === 0) return;
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(100);
    const code = server.terminate();
    await Promise.all(workers);
    expect(await code).toBe(0);
    expect(acknowledged.size).toBeLessThan(bodies.length);
    expect(refused.filter((status) => status !== 0 && status !== 503)).toEqual([]);
    const kept = new Set<string>();
    for await (const { bytes } of journalRecords(join(data, "journal")))
      kept.add(Buffer.from(bytes).toString("base64"));
    const lost = [...acknowledged].filter(({ bytes }) => !kept.has(Buffer.from(bytes).toString("base64")));
    expect(lost).toEqual([]);

    server.start();
    await server.ready();
    expect(server.output).toMatch(/goes on from the checkpoint at record \d+/);
    expect(server.output).not.toMatch(/read again in/);
    sender.resent = 0;
    for (const body of bodies) await sender.deliver(body);
    expect(await server.metric("spantwin_duplicate_bodies_total")).toBe(kept.size);
    expect(await server.terminate()).toBe(0);
    let records = 0;
    for await (const _ of journalRecords(join(data, "journal"))) records += 1;
    expect(records).toBe(bodies.length);
    sender.close();
  }, 120_000);
});

describe("a data directory", () => {
  test("is not shared by two processes", async () => {
    const { server, data, sender } = await started("shared");
    const second = await run(["attach", "--data-directory", data, "--api-port", "0"]);
    expect([second.code, second.stderr]).toEqual([
      2,
      `spantwin: dataDirectory: ${JSON.stringify(data)} is in use by process ${server.pid}\n`,
    ]);
    await server.kill();
    server.start();
    await server.ready();
    expect(await server.terminate()).toBe(0);
    expect(await readdir(data)).not.toContain("spantwin.lock");
    sender.close();
  }, 60_000);
});

describe("--ack memory", () => {
  test("promises no more than it does, writes no journal, and still goes on from its checkpoint", async () => {
    const { server, data, sender } = await started("memory", ["--ack", "memory", "--checkpoint-seconds", "0.5"]);
    expect((await server.readiness()).acknowledgement).toMatch(/in memory: a killed process loses it/);
    for (const body of bodies) await sender.deliver(body);
    const { received } = await server.spans();
    expect(await server.terminate()).toBe(0);
    await mkdir(join(data, "journal"), { recursive: true });
    expect(await readdir(join(data, "journal"))).toEqual([]);
    server.start();
    await server.ready();
    expect((await server.spans()).received).toBe(received);
    expect(await server.terminate()).toBe(0);
    sender.close();
  }, 60_000);
});
