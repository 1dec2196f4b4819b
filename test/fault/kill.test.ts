// Goal: a server that is killed, at whatever moment, loses nothing that it acknowledged and tells nothing twice: its incidents
// are those of a run that nothing interrupted.
// Method: the real process, the sample recording sent as a collector sends it (again, until acknowledged), SIGKILL at seeded
// random moments, during recovery too. The reference is a line in this process that takes the same bodies.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { randomStream } from "../../datasets/testbed/random.ts";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { fingerprintKey, fingerprintOf } from "../../src/telemetry/journal/fingerprint.ts";
import { journalRecords } from "../../src/telemetry/journal/journal-reader.ts";
import { sampleBodies, uninterrupted } from "./sample-part.ts";
import { Sender } from "./sender.ts";
import { freePorts, QUICK_LINE, ServerProcess } from "./server-process.ts";

/** Up to a traffic verdict that is over and a fault that is open. */
const BODIES = 2_900;

let folder: string;
let bodies: RecordedBody[];
let reference: Awaited<ReturnType<typeof uninterrupted>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spantwin-kill-"));
  bodies = await sampleBodies(BODIES);
  reference = await uninterrupted(bodies, { replicates: 2, scorer: "n-sigma" });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function journaled(dataDirectory: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { fingerprint } of journalRecords(join(dataDirectory, "journal")))
    keys.push(fingerprintKey(fingerprint));
  return keys;
}

describe.each([
  { name: "with checkpoints", args: ["--checkpoint-seconds", "0.5"], kills: 5, seed: 1 },
  { name: "from the journal alone", args: ["--checkpoint-seconds", "3600"], kills: 2, seed: 2 },
])("killed and started again, $name", ({ args, kills, seed }) => {
  test("loses nothing, doubles nothing and finds the same", async () => {
    const random = randomStream(seed, "kills");
    const data = join(folder, `kill-${seed}`);
    const ports = await freePorts();
    const server = new ServerProcess(ports, data, [...QUICK_LINE, ...args]);
    onTestFinished(() => server.abandon());
    server.start();
    await server.ready();
    const moments = Array.from({ length: kills }, () => Math.floor(random() * BODIES)).sort((a, b) => a - b);
    const sender = new Sender(ports.http);
    let restarting: Promise<void> | null = null;
    const killAndStart = async (): Promise<void> => {
      // In the middle of whatever it does with the bodies that are on their way.
      await new Promise((resolve) => setTimeout(resolve, random() * 30));
      await server.kill();
      server.start();
      if (random() < 0.5) {
        await server.listening();
        await server.kill();
        server.start();
      }
    };
    for (const [index, body] of bodies.entries()) {
      while (moments[0] === index) {
        moments.shift();
        await restarting;
        restarting = killAndStart();
      }
      await sender.deliver(body);
    }
    await restarting;
    await server.ready();
    expect(sender.resent).toBeGreaterThan(0);
    await expect.poll(() => server.metric("spantwin_intake_queue_batches"), { timeout: 20_000 }).toBe(0);
    expect(await server.incidents()).toEqual(reference.incidents);
    expect(reference.incidents.map(({ verdict }) => verdict)).toEqual(["traffic", "fault"]);
    expect((await server.spans()).received).toBe(reference.spans);
    expect(await server.terminate()).toBe(0);
    sender.close();
    expect(await journaled(data)).toEqual(bodies.map(({ bytes }) => fingerprintKey(fingerprintOf(bytes))));
    const told = server.output.match(/fault opened|traffic, not fault opened/g) ?? [];
    expect(told.sort()).toEqual(["fault opened", "traffic, not fault opened"]);
  }, 180_000);
});
