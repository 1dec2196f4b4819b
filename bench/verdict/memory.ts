import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests, type LoadPhase, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { Tensorflow } from "../../models/backend.ts";
import type { Scorer } from "../../src/contracts/score.ts";
import { Line } from "../../src/pipeline/line.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Twin } from "../../twin/twin.ts";

const HOUR_SECONDS = 3600;
/** The load goes up and down as a day does, in so many steps an hour. */
const STEPS_AN_HOUR = 12;

export interface MemoryCourse {
  /** Heap in use at the end of each hour, after a collection, MiB. */
  readonly heapMiB: readonly number[];
  /** Tensors alive at the end of each hour. */
  readonly tensors: readonly number[];
  readonly spans: number;
  readonly windows: number;
  /** Faults told; nothing is wrong. */
  readonly falseIncidents: number;
}

/** Replays so many hours of a small application through the whole line, at full speed. */
export function replayHours(hours: number, seed: number, tf: Tensorflow, scorer: Scorer): MemoryCourse {
  const application = drawApplication(seed, { serviceCount: 6, saturationPerSecond: 6 });
  const capacity = measureCapacity(application, seed, 1500);
  const steps = Array.from({ length: hours * STEPS_AN_HOUR }, (_, k): LoadPhase => {
    const load = 0.4 + 0.3 * Math.sin((2 * Math.PI * k) / STEPS_AN_HOUR);
    return steady(capacity.rateAt(load), HOUR_SECONDS / STEPS_AN_HOUR);
  });
  const requests = drawRequests(application, steps, seed);
  const settings = loadSettings({ env: {}, flags: { seed } });
  const line = new Line({ settings, twin: new Twin(settings), scorer, ledger: new CountingLedger() });
  const collect = collector();
  const heapMiB: number[] = [];
  const tensors: number[] = [];
  let origin = Number.NaN;
  let spans = 0;
  let windows = 0;
  let falseIncidents = 0;
  line.onWindow(({ scored, events }) => {
    const { startSeconds, endSeconds } = scored.forecast.observation;
    windows += 1;
    falseIncidents += events.filter(({ type, incident }) => type === "opened" && incident.verdict === "fault").length;
    if (Number.isNaN(origin)) origin = startSeconds;
    if (endSeconds - origin < (heapMiB.length + 1) * HOUR_SECONDS) return;
    collect();
    heapMiB.push(process.memoryUsage().heapUsed / 2 ** 20);
    tensors.push(tf.memory().numTensors);
  });
  const take = (batch: Parameters<Line["take"]>[0]): void => {
    spans += batch.spans.spanCount;
    line.take(batch);
  };
  recordApplication(application, requests, { seed, take });
  line.finish();
  return { heapMiB, tensors, spans, windows, falseIncidents };
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
