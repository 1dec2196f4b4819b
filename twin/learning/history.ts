import type { Observation } from "../../src/contracts/observation.ts";
import { entryRateOf } from "./entries.ts";
import { NumberRing } from "./ring.ts";
import { type InstanceJobs, jobsByInstance } from "./window-jobs.ts";

/** Visits kept of one instance. */
const JOBS_PER_INSTANCE_MAX = 4000;
const SAMPLES_PER_EDGE_MAX = 2000;
const SAMPLES_PER_OPERATION_MAX = 2000;
/** After this many windows, counts of programs and visits weigh half. */
const RATE_HALF_LIFE_WINDOWS = 120;
/** Busier than this times the usual rate is not quiet. */
const QUIET_RATE_RATIO_MAX = 1.2;

/** One learned visit; `segments` are its self segments in seconds, waiting included, `groups` its calls between them. */
export interface LearnedVisit {
  readonly arrivalSeconds: number;
  readonly departureSeconds: number;
  readonly childSeconds: number;
  readonly operation: number;
  readonly program: number;
  readonly segments: Float64Array;
  readonly groups: Float64Array;
}

/** What the twin remembers of clean windows, bounded. */
export class History {
  readonly visitsByInstance = new Map<number, LearnedVisit[]>();
  readonly gapsByEdge = new Map<number, NumberRing>();
  readonly sojournByOperation = new Map<number, NumberRing>();
  readonly lagByNode = new Map<number, NumberRing>();
  /** Decayed counts: visits by program, and by (entry operation, operation). */
  readonly programCounts = new Map<number, number>();
  readonly visitCounts = new Map<number, Map<number, number>>();
  readonly entryCounts = new Map<number, number>();
  entryRatePerSecond = Number.NaN;
  windowCount = 0;

  learn(observation: Observation): void {
    this.windowCount++;
    // Only quiet windows tell what latency is without load; the rest is for the queueing law to predict.
    const isQuiet = !(entryRateOf(observation) > QUIET_RATE_RATIO_MAX * this.entryRatePerSecond);
    for (const jobs of jobsByInstance(observation)) {
      this.#learnVisits(observation, jobs, isQuiet);
    }
    this.#learnGaps(observation);
    this.#learnCounts(observation);
  }

  #learnVisits(observation: Observation, jobs: InstanceJobs, isQuiet: boolean): void {
    const { visits } = observation;
    let kept = this.visitsByInstance.get(jobs.instance);
    if (kept === undefined) {
      kept = [];
      this.visitsByInstance.set(jobs.instance, kept);
    }
    for (let i = 0; i < jobs.rows.length; i++) {
      const row = jobs.rows[i]!;
      const operation = jobs.operation[i]!;
      const lagSeconds = visits.lagSeconds[row]!;
      kept.push({
        arrivalSeconds: jobs.arrivalSeconds[i]!,
        departureSeconds: jobs.departureSeconds[i]!,
        childSeconds: jobs.childSeconds[i]!,
        operation,
        program: visits.program[row]!,
        segments: visits.segmentSeconds.slice(visits.segmentStart[row]!, visits.segmentStart[row + 1]!),
        groups: visits.groupSeconds.slice(visits.segmentStart[row]! - row, visits.segmentStart[row + 1]! - row - 1),
      });
      if (isQuiet) {
        ringOf(this.sojournByOperation, operation, SAMPLES_PER_OPERATION_MAX).push(visits.sojournSeconds[row]!);
      }
      if (lagSeconds > 0) {
        ringOf(this.lagByNode, jobs.node, SAMPLES_PER_OPERATION_MAX).push(lagSeconds);
      }
    }
    if (kept.length > JOBS_PER_INSTANCE_MAX) {
      kept.splice(0, kept.length - JOBS_PER_INSTANCE_MAX);
    }
  }

  #learnGaps(observation: Observation): void {
    const { calls } = observation;
    for (let row = 0; row < calls.count; row++) {
      const gap = calls.gapSeconds[row]!;
      if (!Number.isNaN(gap)) {
        ringOf(this.gapsByEdge, calls.edge[row]!, SAMPLES_PER_EDGE_MAX).push(Math.max(0, gap));
      }
    }
  }

  #learnCounts(observation: Observation): void {
    const keep = 0.5 ** (1 / RATE_HALF_LIFE_WINDOWS);
    decay(this.programCounts, keep);
    decay(this.entryCounts, keep);
    for (const byEntry of this.visitCounts.values()) {
      decay(byEntry, keep);
    }
    const { visits } = observation;
    const entryOfTrace = entryByTrace(observation);
    for (let row = 0; row < visits.count; row++) {
      const operation = visits.operation[row]!;
      addTo(this.programCounts, visits.program[row]!, 1);
      if (visits.isRoot[row] === 1) {
        addTo(this.entryCounts, operation, 1);
      }
      const entry = entryOfTrace[visits.trace[row]!]!;
      if (entry >= 0) {
        let byEntry = this.visitCounts.get(operation);
        if (byEntry === undefined) {
          byEntry = new Map();
          this.visitCounts.set(operation, byEntry);
        }
        addTo(byEntry, entry, 1);
      }
    }
    const rate = entryRateOf(observation);
    const weight = Math.max(1 / this.windowCount, 1 / RATE_HALF_LIFE_WINDOWS);
    this.entryRatePerSecond =
      this.windowCount === 1 ? rate : this.entryRatePerSecond + weight * (rate - this.entryRatePerSecond);
  }
}

/** Entry operation of each trace row of a window, −1 for message-driven fragments. */
export function entryByTrace(observation: Observation): Int32Array {
  const { visits, traceIds } = observation;
  const entry = new Int32Array(traceIds.length / 4).fill(-1);
  for (let row = 0; row < visits.count; row++) {
    if (visits.isRoot[row] === 1) {
      entry[visits.trace[row]!] = visits.operation[row]!;
    }
  }
  return entry;
}

export function addTo(counts: Map<number, number>, key: number, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}

function decay(counts: Map<number, number>, factor: number): void {
  for (const [key, count] of counts) {
    counts.set(key, count * factor);
  }
}

function ringOf(rings: Map<number, NumberRing>, key: number, capacity: number): NumberRing {
  let ring = rings.get(key);
  if (ring === undefined) {
    ring = new NumberRing(capacity);
    rings.set(key, ring);
  }
  return ring;
}
