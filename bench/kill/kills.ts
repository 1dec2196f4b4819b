import { rm } from "node:fs/promises";
import { join } from "node:path";
import { randomStream } from "../../datasets/testbed/random.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { uninterrupted } from "../../test/fault/sample-part.ts";
import { Sender } from "../../test/fault/sender.ts";
import { freePorts, ServerProcess } from "../../test/fault/server-process.ts";
import { SentLedger, type Verdict } from "./ledger-of-sent.ts";
import { bodiesOf, traffic } from "./traffic.ts";

export interface KillReport extends Verdict {
  readonly kills: number;
  readonly spansPerSecondSent: number;
  readonly readySecondsMedian: number;
  readonly readySecondsMax: number;
  readonly checkpointPauseSecondsMax: number;
  readonly journalBytes: number;
  readonly incidents: number;
  readonly areIncidentsEqual: boolean;
  /** From the start of the process, with the whole journal there and a checkpoint a few seconds old. */
  readonly restartSeconds: number;
  /** The same with no checkpoint: all of the journal goes through the line. */
  readonly restartWithoutCheckpointSeconds: number;
}

const RUN_SECONDS_MAX = 3;
const CYCLE_SECONDS = 10;
/** Of event time: the twin is ready by then, with what it is told to wait for. */
const ILL_FROM_SECONDS = 70;
const LEARNING_DELAY_SECONDS = 10;
/** So much traffic that there is an incident to compare. */
const EVENT_SECONDS_MIN = 110;

/** Kills the server at seeded random moments of steady traffic and holds what is left against what was promised. */
export async function runKills(
  data: string,
  options: { readonly kills: number; readonly spansPerSecond: number; readonly minJournalBytes: number },
): Promise<KillReport> {
  const random = randomStream(7, "kills");
  const server = new ServerProcess(await freePorts(), data, [
    ...["--journal-max-bytes", String(1e11)],
    ...["--learning-delay-seconds", String(LEARNING_DELAY_SECONDS)],
  ]);
  const ledger = new SentLedger();
  const sent: RecordedBody[] = [];
  const ready: number[] = [];
  let pauseMax = 0;
  let spans = 0;
  let sendingSeconds = 0;
  let journalBytes = 0;
  const bodies = bodiesOf(traffic(options.spansPerSecond, CYCLE_SECONDS), ILL_FROM_SECONDS);
  const sender = new Sender(server.ports.http);
  const start = async (): Promise<number> => {
    const begun = performance.now();
    server.start();
    await server.ready();
    return (performance.now() - begun) / 1000;
  };
  await start();
  const minSpans = options.spansPerSecond * EVENT_SECONDS_MIN;
  for (let kill = 0; kill < options.kills || journalBytes < options.minJournalBytes || spans < minSpans; kill += 1) {
    const begun = performance.now();
    const runSeconds = 0.5 + random() * RUN_SECONDS_MAX;
    let dying: Promise<void> | null = null;
    const first = spans;
    // The one body that is on its way when the server dies comes again.
    while (dying === null) {
      const elapsedSeconds = (performance.now() - begun) / 1000;
      const behind = (spans - first) / options.spansPerSecond - elapsedSeconds;
      if (behind > 0) await new Promise((resolve) => setTimeout(resolve, behind * 1000));
      const body = bodies.next().value;
      const delivering = sender.deliver(body);
      if (elapsedSeconds >= runSeconds) {
        pauseMax = Math.max(pauseMax, await largestPause(server));
        journalBytes = await server.metric("spantwin_journal_bytes");
        sendingSeconds += (performance.now() - begun) / 1000;
        await new Promise((resolve) => setTimeout(resolve, random() * 20));
        dying = server.kill().then(async () => {
          ready.push(await start());
        });
      }
      await delivering;
      ledger.acknowledge(body.bytes);
      sent.push({ ...body });
      spans += body.spanCount;
      await dying;
    }
  }
  await drained(server);
  const found = await server.incidents();
  await server.kill();
  const restartSeconds = await start();
  await server.kill();
  await rm(join(data, "checkpoint"), { recursive: true });
  const restartWithoutCheckpointSeconds = await start();
  const again = await server.incidents();
  await server.terminate();
  sender.close();
  const { incidents } = await uninterrupted(sent, { learningDelaySeconds: LEARNING_DELAY_SECONDS });
  return {
    kills: ready.length,
    spansPerSecondSent: Math.round(spans / sendingSeconds),
    readySecondsMedian: ready.toSorted((a, b) => a - b)[Math.floor(ready.length / 2)]!,
    readySecondsMax: Math.max(...ready),
    checkpointPauseSecondsMax: pauseMax,
    journalBytes,
    incidents: incidents.length,
    areIncidentsEqual: isSame(found, incidents) && isSame(again, incidents),
    restartSeconds,
    restartWithoutCheckpointSeconds,
    ...(await ledger.holdAgainst(data)),
  };
}

/** All that was acknowledged is in the twin. */
async function drained(server: ServerProcess): Promise<void> {
  while ((await server.metric("spantwin_intake_queue_batches")) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Upper bound of the highest bucket that a pause fell into. */
async function largestPause(server: ServerProcess): Promise<number> {
  const buckets = await server.buckets("spantwin_checkpoint_pause_seconds");
  let before = 0;
  let largest = 0;
  for (const { bound, count } of buckets) {
    if (count > before) largest = bound;
    before = count;
  }
  return largest;
}

function isSame(a: readonly Incident[], b: readonly Incident[]): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
