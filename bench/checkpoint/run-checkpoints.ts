import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { SpanBatch, StringLookup } from "../../src/contracts/telemetry.ts";
import { Checkpointer, type CheckpointReport, type Stateful } from "../../src/pipeline/checkpoint/checkpointer.ts";
import { VALUE_CLASSES } from "../../src/pipeline/checkpoint/value-classes.ts";
import type { Line } from "../../src/pipeline/line.ts";
import { createLine } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { largeApplication } from "../verdict/large-application.ts";

const SEED = 7;

/** Beside wall time, which others on the machine make longer, the processor time of the line's thread. */
export interface TimedReport extends CheckpointReport {
  /** To take the state, at once. */
  readonly pauseCpuMs: number;
  /** Of the whole checkpoint. */
  readonly cpuMs: number;
}

export interface CheckpointCourse {
  readonly operations: number;
  readonly spansPerSecond: number;
  /** In order. */
  readonly reports: readonly TimedReport[];
  /** Of a checkpoint of the same state into an empty folder, at the end. */
  readonly fullBytes: number;
  /** Processor time of the line without them. */
  readonly lineCpuMs: number;
  readonly restoreCpuMs: number;
}

/** Plays an application through a line and writes checkpoints of it in a folder, and one below it. */
export async function runCheckpoints(options: {
  readonly directory: string;
  readonly services: number;
  readonly spansPerSecond: number;
  readonly seconds: number;
  readonly everySeconds: number;
}): Promise<CheckpointCourse> {
  const { application, ratePerSecond } = largeApplication(SEED, options.services, options.spansPerSecond);
  const batches: SpanBatch[] = [];
  const requests = drawRequests(application, [steady(ratePerSecond, options.seconds)], SEED);
  recordApplication(application, requests, { seed: SEED, take: ({ spans }) => batches.push(spans) });
  const settings = loadSettings({ env: {}, flags: { seed: SEED } });
  const { scorer } = await loadScorer(settings);
  const ledger = new CountingLedger();
  const line = createLine(settings, scorer, ledger);
  const strings = batches[0]!.strings;
  let pauseCpuMs = 0;
  const timed: Stateful = {
    snapshot: () => {
      const began = threadCpuMs();
      const state = line.snapshot();
      pauseCpuMs = threadCpuMs() - began;
      return state;
    },
    restore: () => undefined,
  };
  const checkpointer = checkpointerOf(options.directory, timed, line, ledger, strings);
  const reports: TimedReport[] = [];
  let lineCpuMs = 0;
  let dueSeconds = Number.NEGATIVE_INFINITY;
  for (const [position, spans] of batches.entries()) {
    const began = threadCpuMs();
    line.take({ spans, metrics: [] });
    lineCpuMs += threadCpuMs() - began;
    const nowSeconds = line.observer.eventTimeSeconds ?? 0;
    if (nowSeconds < dueSeconds) continue;
    dueSeconds = nowSeconds + options.everySeconds;
    const captured = threadCpuMs();
    const report = await checkpointer.capture({ position });
    if (report !== null) reports.push({ ...report, pauseCpuMs, cpuMs: threadCpuMs() - captured });
  }
  const again = `${options.directory}/full`;
  const full = await checkpointerOf(again, line, line, ledger, strings).capture({});
  const restoredLedger = new CountingLedger();
  const restored = createLine(settings, scorer, restoredLedger);
  const began = threadCpuMs();
  checkpointerOf(again, restored, restored, restoredLedger, strings).restore();
  return {
    operations: line.topology?.operations.length ?? 0,
    spansPerSecond: batches.reduce((sum, { spanCount }) => sum + spanCount, 0) / options.seconds,
    reports,
    fullBytes: full?.bytes ?? 0,
    lineCpuMs,
    restoreCpuMs: threadCpuMs() - began,
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** @param state of the line, which may be watched */
function checkpointerOf(
  directory: string,
  state: Stateful,
  line: Line,
  ledger: CountingLedger,
  strings: StringLookup,
): Checkpointer {
  return new Checkpointer({
    directory,
    identity: {},
    state: { ledger, line: state },
    anchors: { strings, topology: line.observer.topology },
    classes: VALUE_CLASSES,
    onNotice: (text) => {
      throw new Error(text);
    },
  });
}
