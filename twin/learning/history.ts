import type { MemoryFill } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { ResourceReadings } from "../identification/resource-hints.ts";
import { entryRateOf } from "./entries.ts";
import type { VisitPlace } from "./epochs.ts";
import type { LearnedVisit } from "./learned-visit.ts";
import type { NumberRing } from "./ring.ts";
import { Rings, STORE_LIMITS, type StoreLimits, VisitStore } from "./visit-store.ts";
import { jobsByInstance } from "./window-jobs.ts";

/** After this many windows, counts of programs and visits weigh half. */
const RATE_HALF_LIFE_WINDOWS = 120;
/** Busier than this times the usual rate is not quiet. */
const QUIET_RATE_RATIO_MAX = 1.2;
/** Pairs of entry operation and operation that are counted; new ones beyond are refused. */
const VISIT_PAIRS_MAX = 100_000;
/** A decayed count below this is of nothing that still happens. */
const COUNT_MIN = 0.01;
/** Instances not learned from for so many windows are gone, once the others of their node hold so many visits. */
const RETIRE_WINDOWS = 24;
const RETIRE_VISITS = 1000;
/** After a deployment, counts of who calls whom weigh so much less: new habits are taken up that much faster. */
const DEPLOYMENT_WEIGHT = 0.1;

interface Visits {
  readonly store: VisitStore;
  /** Decayed, by program. */
  programCounts: Map<number, number>;
}

/** What the twin remembers of clean windows, bounded. Visits of a version under observation are kept apart. */
export class History {
  readonly #limits: StoreLimits;
  readonly #own: Visits;
  /** By name: versions that have not been made the twin's own. */
  readonly #apart = new Map<string, Visits>();
  readonly #gaps: Rings;
  /** Decayed counts: visits by (entry operation, operation), and of entries. */
  visitCounts = new Map<number, Map<number, number>>();
  entryCounts = new Map<number, number>();
  #visitPairs = 0;
  #refusedPairs = 0;
  /** Limits and use of CPUs and workers, from metrics. */
  readonly resources = new ResourceReadings();
  entryRatePerSecond = Number.NaN;
  windowCount = 0;

  constructor(limits: StoreLimits = STORE_LIMITS) {
    this.#limits = limits;
    this.#own = { store: new VisitStore(limits), programCounts: new Map() };
    this.#gaps = new Rings(limits.rings);
  }

  /** Decayed counts of visits. */
  get programCounts(): ReadonlyMap<number, number> {
    return this.#own.programCounts;
  }

  get visitsByInstance(): ReadonlyMap<number, readonly LearnedVisit[]> {
    return this.#own.store.visitsByInstance;
  }

  get sojournByOperation(): ReadonlyMap<number, NumberRing> {
    return this.#own.store.sojourns.byKey;
  }

  get lagByNode(): ReadonlyMap<number, NumberRing> {
    return this.#own.store.lags.byKey;
  }

  get gapsByEdge(): ReadonlyMap<number, NumberRing> {
    return this.#gaps.byKey;
  }

  get memory(): MemoryFill {
    const stores = [this.#own, ...this.#apart.values()].map(({ store }) => store);
    const lists = stores.flatMap(({ visitsByInstance }) => [...visitsByInstance.values()]);
    return {
      visits: lists.reduce((sum, visits) => sum + visits.length, 0),
      instances: lists.length,
      forgottenInstances: stores.reduce((sum, each) => sum + each.forgottenInstances, 0),
      refused: stores.reduce(
        (sum, { sojourns, lags }) => sum + sojourns.refusedCount + lags.refusedCount,
        this.#gaps.refusedCount + this.#refusedPairs,
      ),
    };
  }

  learn(observation: Observation, placeOf: (instance: number) => VisitPlace = () => "own"): void {
    this.windowCount++;
    this.resources.learn(observation);
    const isQuiet = !(entryRateOf(observation) > QUIET_RATE_RATIO_MAX * this.entryRatePerSecond);
    const programCounts = new Map<number, Map<number, number>>();
    for (const jobs of jobsByInstance(observation)) {
      const place = placeOf(jobs.instance);
      if (place !== "nowhere") {
        const { store, programCounts: counts } = place === "own" ? this.#own : this.#apartNamed(place.apart);
        store.learn(observation, jobs, isQuiet, this.windowCount);
        programCounts.set(jobs.instance, counts);
      }
    }
    this.#learnGaps(observation);
    this.#learnCounts(observation, programCounts);
    if (this.windowCount % RETIRE_WINDOWS === 0) {
      this.#own.store.retire(this.windowCount - RETIRE_WINDOWS, RETIRE_VISITS);
    }
  }

  /** Makes visits that were kept apart the twin's own, instead of the node's others or besides them. */
  adopt(name: string, node: number, replaces: boolean): void {
    const apart = this.#apart.get(name);
    if (apart === undefined) {
      return;
    }
    const { programCounts, store } = this.#own;
    for (const program of replaces ? this.#programsOf(node, apart.store) : []) {
      programCounts.delete(program);
    }
    for (const [program, count] of apart.programCounts) {
      addTo(programCounts, program, count);
    }
    store.takeOver(node, apart.store, replaces);
    this.#apart.delete(name);
    decay(this.entryCounts, DEPLOYMENT_WEIGHT);
    for (const byEntry of this.visitCounts.values()) {
      decay(byEntry, DEPLOYMENT_WEIGHT);
    }
  }

  /** Forgets the node's own visits that arrived before. */
  forgetBefore(node: number, fromSeconds: number): void {
    this.#own.store.forgetBefore(node, fromSeconds);
  }

  /** Forgets what passed along edges between caller and callee. */
  forgetGaps(edges: readonly number[]): void {
    for (const edge of edges) {
      this.#gaps.byKey.delete(edge);
    }
  }

  /** Forgets what was kept apart. */
  drop(name: string): void {
    this.#apart.delete(name);
  }

  snapshot() {
    const { store, programCounts } = this.#own;
    return {
      own: { store: store.snapshot(), programCounts: new Map(programCounts) },
      apart: [...this.#apart].map(([name, visits]) => ({
        name,
        store: visits.store.snapshot(),
        programCounts: new Map(visits.programCounts),
      })),
      gaps: this.#gaps.snapshot(),
      visitCounts: new Map([...this.visitCounts].map(([operation, byEntry]) => [operation, new Map(byEntry)])),
      entryCounts: new Map(this.entryCounts),
      visitPairs: this.#visitPairs,
      refusedPairs: this.#refusedPairs,
      resources: this.resources.snapshot(),
      entryRatePerSecond: this.entryRatePerSecond,
      windowCount: this.windowCount,
    };
  }

  restore(state: ReturnType<History["snapshot"]>): void {
    this.#own.store.restore(state.own.store);
    this.#own.programCounts = state.own.programCounts;
    for (const { name, store, programCounts } of state.apart) {
      const apart = this.#apartNamed(name);
      apart.store.restore(store);
      apart.programCounts = programCounts;
    }
    this.#gaps.restore(state.gaps);
    this.visitCounts = state.visitCounts;
    this.entryCounts = state.entryCounts;
    this.#visitPairs = state.visitPairs;
    this.#refusedPairs = state.refusedPairs;
    this.resources.restore(state.resources);
    this.entryRatePerSecond = state.entryRatePerSecond;
    this.windowCount = state.windowCount;
  }

  /** Programs that the node's own visits ran, of operations that the store has learned anew. */
  #programsOf(node: number, store: VisitStore): number[] {
    const operations = new Set(
      [...store.visitsByInstance.values()].flatMap((all) => all.map((each) => each.operation)),
    );
    const own = this.#own.store.instancesOf(node).flatMap((instance) => this.visitsByInstance.get(instance) ?? []);
    return own.filter((visit) => operations.has(visit.operation)).map((visit) => visit.program);
  }

  #apartNamed(name: string): Visits {
    let apart = this.#apart.get(name);
    if (apart === undefined) {
      apart = { store: new VisitStore(this.#limits), programCounts: new Map() };
      this.#apart.set(name, apart);
    }
    return apart;
  }

  #learnGaps(observation: Observation): void {
    const { calls } = observation;
    for (let row = 0; row < calls.count; row++) {
      const gap = calls.gapSeconds[row]!;
      if (!Number.isNaN(gap)) {
        this.#gaps.push(calls.edge[row]!, Math.max(0, gap));
      }
    }
  }

  /** @param programCounts where the programs of an instance's visits are counted */
  #learnCounts(observation: Observation, programCounts: ReadonlyMap<number, Map<number, number>>): void {
    this.#decayCounts();
    const { visits } = observation;
    const entryOfTrace = entryByTrace(observation);
    for (let row = 0; row < visits.count; row++) {
      const operation = visits.operation[row]!;
      const counts = programCounts.get(visits.instance[row]!);
      if (counts !== undefined) {
        addTo(counts, visits.program[row]!, 1);
      }
      if (visits.isRoot[row] === 1) {
        addTo(this.entryCounts, operation, 1);
      }
      const entry = entryOfTrace[visits.trace[row]!]!;
      if (entry >= 0) {
        this.#countVisit(entry, operation);
      }
    }
    const rate = entryRateOf(observation);
    const weight = Math.max(1 / this.windowCount, 1 / RATE_HALF_LIFE_WINDOWS);
    this.entryRatePerSecond =
      this.windowCount === 1 ? rate : this.entryRatePerSecond + weight * (rate - this.entryRatePerSecond);
  }

  #countVisit(entry: number, operation: number): void {
    const byEntry = this.visitCounts.get(operation) ?? new Map<number, number>();
    if (!byEntry.has(entry)) {
      if (this.#visitPairs >= VISIT_PAIRS_MAX) {
        this.#refusedPairs++;
        return;
      }
      this.#visitPairs++;
    }
    this.visitCounts.set(operation, byEntry);
    addTo(byEntry, entry, 1);
  }

  #decayCounts(): void {
    const keep = 0.5 ** (1 / RATE_HALF_LIFE_WINDOWS);
    for (const { programCounts } of [this.#own, ...this.#apart.values()]) {
      decay(programCounts, keep);
    }
    decay(this.entryCounts, keep);
    for (const byEntry of this.visitCounts.values()) {
      decay(byEntry, keep);
      for (const [entry, count] of byEntry) {
        if (count < COUNT_MIN) {
          byEntry.delete(entry);
          this.#visitPairs--;
        }
      }
    }
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
