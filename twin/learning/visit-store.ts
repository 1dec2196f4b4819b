import type { Observation } from "../../src/contracts/observation.ts";
import type { LearnedVisit } from "./learned-visit.ts";
import { NumberRing } from "./ring.ts";
import { VisitLog } from "./visit-log.ts";
import type { InstanceJobs } from "./window-jobs.ts";

/** How much is kept of what was learned. */
export interface StoreLimits {
  readonly visitsPerInstance: number;
  /** Shared by the instances of a node, but never less than `VISITS_PER_INSTANCE_MIN` each. */
  readonly visitsPerNode: number;
  /** Beyond, the copy that was learned from longest ago is forgotten. */
  readonly instancesPerNode: number;
  /** Operations, edges and nodes whose times are kept; what is new beyond that is not learned, and counted. */
  readonly rings: number;
}

export const STORE_LIMITS: StoreLimits = {
  visitsPerInstance: 4000,
  visitsPerNode: 16_000,
  instancesPerNode: 64,
  rings: 5000,
};
const VISITS_PER_INSTANCE_MIN = 250;
const SAMPLES_PER_RING_MAX = 2000;

/** Rings by key, no more than so many. */
export class Rings {
  readonly byKey = new Map<number, NumberRing>();
  readonly #max: number;
  /** Values that were not kept because there were too many keys. */
  refusedCount = 0;

  constructor(max: number) {
    this.#max = max;
  }

  push(key: number, value: number): void {
    let ring = this.byKey.get(key);
    if (ring === undefined) {
      if (this.byKey.size >= this.#max) {
        this.refusedCount++;
        return;
      }
      ring = new NumberRing(SAMPLES_PER_RING_MAX);
      this.byKey.set(key, ring);
    }
    ring.push(value);
  }

  snapshot() {
    return {
      byKey: new Map([...this.byKey].map(([key, ring]) => [key, ring.snapshot()])),
      refusedCount: this.refusedCount,
    };
  }

  restore({ byKey, refusedCount }: ReturnType<Rings["snapshot"]>): void {
    for (const [key, state] of byKey) {
      const ring = new NumberRing(SAMPLES_PER_RING_MAX);
      ring.restore(state);
      this.byKey.set(key, ring);
    }
    this.refusedCount = refusedCount;
  }
}

/** Visits of instances, and the times of their operations. Bounded; the oldest go first. */
export class VisitStore {
  readonly visitsByInstance = new Map<number, readonly LearnedVisit[]>();
  /** The same visits. */
  readonly #logs = new Map<number, VisitLog>();
  readonly sojourns: Rings;
  readonly lags: Rings;
  readonly #limits: StoreLimits;
  /** By node: its instances with the number of the window they were last learned from, the longest ago first. */
  #lastLearned = new Map<number, Map<number, number>>();
  forgottenInstances = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
    this.sojourns = new Rings(limits.rings);
    this.lags = new Rings(limits.rings);
  }

  /** @param isQuiet only quiet windows tell what latency is without load; the rest is for the queueing law to predict */
  learn(observation: Observation, jobs: InstanceJobs, isQuiet: boolean, windowNumber: number): void {
    const { visits } = observation;
    const log = this.#logOf(jobs, windowNumber);
    const kept = log.visits;
    for (let i = 0; i < jobs.rows.length; i++) {
      const row = jobs.rows[i]!;
      const operation = jobs.operation[i]!;
      const first = visits.segmentStart[row]!;
      const end = visits.segmentStart[row + 1]!;
      kept.push({
        arrivalSeconds: jobs.arrivalSeconds[i]!,
        departureSeconds: jobs.departureSeconds[i]!,
        childSeconds: jobs.childSeconds[i]!,
        operation,
        program: visits.program[row]!,
        segments: visits.segmentSeconds.slice(first, end),
        groups: visits.groupSeconds.slice(first - row, end - row - 1),
      });
      if (isQuiet) {
        this.sojourns.push(operation, visits.sojournSeconds[row]!);
      }
      if (visits.lagSeconds[row]! > 0) {
        this.lags.push(jobs.node, visits.lagSeconds[row]!);
      }
    }
    const { visitsPerInstance, visitsPerNode } = this.#limits;
    const share = Math.floor(visitsPerNode / this.#lastLearned.get(jobs.node)!.size);
    const most = Math.min(visitsPerInstance, Math.max(VISITS_PER_INSTANCE_MIN, share));
    log.keepLast(most);
  }

  /**
   * Forgets the instances of a node that were last learned from before the given window, once the others have shown
   * enough without them: copies that are gone must not speak for those that are there.
   */
  retire(beforeWindow: number, visitsEnough: number): void {
    for (const [node, lastLearned] of this.#lastLearned) {
      const stale = [...lastLearned].filter(([, window]) => window < beforeWindow);
      const fresh = [...lastLearned].filter(([, window]) => window >= beforeWindow);
      const visits = fresh.reduce((sum, [instance]) => sum + this.#logs.get(instance)!.visits.length, 0);
      if (visits >= visitsEnough) {
        for (const [instance] of stale) {
          this.#forget(node, instance);
        }
      }
    }
  }

  /** Takes over what another store knows of a node, instead of what this one knows or besides it. */
  takeOver(node: number, other: VisitStore, replaces: boolean): void {
    const own = this.#lastLearned.get(node) ?? new Map<number, number>();
    const operations = new Set<number>();
    if (replaces) {
      for (const instance of [...own.keys()]) {
        this.#forget(node, instance);
      }
      this.lags.byKey.delete(node);
    } else {
      // Of what is known besides, only what came at the same time: so the mixture is that of the traffic.
      this.forgetBefore(node, earliestArrival(other));
    }
    this.#lastLearned.set(node, own);
    for (const [instance, window] of other.#lastLearned.get(node) ?? []) {
      const log = other.#logs.get(instance)!;
      this.#keep(instance, log);
      own.set(instance, window);
      for (const { operation } of log.visits) {
        operations.add(operation);
      }
    }
    for (const operation of operations) {
      const sojourns = other.sojourns.byKey.get(operation);
      if (replaces && sojourns !== undefined) {
        this.sojourns.byKey.delete(operation);
      }
      for (const seconds of sojourns?.take() ?? []) {
        this.sojourns.push(operation, seconds);
      }
    }
    for (const seconds of other.lags.byKey.get(node)?.take() ?? []) {
      this.lags.push(node, seconds);
    }
  }

  /** Forgets visits of a node that arrived before. */
  forgetBefore(node: number, fromSeconds: number): void {
    for (const instance of this.instancesOf(node)) {
      const kept = this.#logs.get(instance)!.visits.filter((visit) => visit.arrivalSeconds >= fromSeconds);
      if (kept.length === 0) {
        this.#forget(node, instance);
      } else {
        this.#keep(instance, new VisitLog(kept));
      }
    }
  }

  instancesOf(node: number): number[] {
    return [...(this.#lastLearned.get(node)?.keys() ?? [])];
  }

  snapshot() {
    return {
      logs: new Map([...this.#logs].map(([instance, log]) => [instance, log.snapshot()])),
      sojourns: this.sojourns.snapshot(),
      lags: this.lags.snapshot(),
      lastLearned: new Map([...this.#lastLearned].map(([node, windows]) => [node, new Map(windows)])),
      forgottenInstances: this.forgottenInstances,
    };
  }

  restore(state: ReturnType<VisitStore["snapshot"]>): void {
    for (const [instance, log] of state.logs) this.#keep(instance, VisitLog.restored(log));
    this.sojourns.restore(state.sojourns);
    this.lags.restore(state.lags);
    this.#lastLearned = state.lastLearned;
    this.forgottenInstances = state.forgottenInstances;
  }

  #logOf(jobs: InstanceJobs, windowNumber: number): VisitLog {
    const lastLearned = this.#lastLearned.get(jobs.node) ?? new Map<number, number>();
    this.#lastLearned.set(jobs.node, lastLearned);
    // Set anew, so that the map stays in order of time.
    lastLearned.delete(jobs.instance);
    if (lastLearned.size >= this.#limits.instancesPerNode) {
      this.#forget(jobs.node, lastLearned.keys().next().value!);
    }
    lastLearned.set(jobs.instance, windowNumber);
    const log = this.#logs.get(jobs.instance) ?? new VisitLog();
    this.#keep(jobs.instance, log);
    return log;
  }

  #keep(instance: number, log: VisitLog): void {
    this.#logs.set(instance, log);
    this.visitsByInstance.set(instance, log.visits);
  }

  #forget(node: number, instance: number): void {
    this.#lastLearned.get(node)!.delete(instance);
    this.#logs.delete(instance);
    this.visitsByInstance.delete(instance);
    this.forgottenInstances++;
  }
}

function earliestArrival({ visitsByInstance }: VisitStore): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { arrivalSeconds } of [...visitsByInstance.values()].flat()) {
    earliest = Math.min(earliest, arrivalSeconds);
  }
  return earliest;
}
