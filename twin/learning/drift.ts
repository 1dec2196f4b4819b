import type { Forecast, NodeForecast, Residual } from "../../src/contracts/forecast.ts";
import type { NodeKnowledge, StructureKnowledge } from "./knowledge.ts";

/** Visits a node must have shown before its mean service time is taken for an anchor. */
const ANCHOR_VISITS_MIN = 400;
/** The anchor follows what is seen by 1 − 1/e in this time: what ages more slowly than budget/week is never called drift. */
const ANCHOR_SECONDS = 7 * 24 * 3600;
/** Windows whose mean is held against the anchor, and the fewest that say anything. */
const WINDOWS_MAX = 12;
const WINDOWS_MIN = 6;
/** Replacements of the knowledge that are remembered: more than happen while a window waits to be learned. */
const STEPS_MAX = 256;
/** The drift has ended when less than this share of the budget is used. */
const END_SHARE = 0.8;
/** A node whose queue is not identified is held against its anchor only near the load at which that was taken. */
const LOAD_RATIO_MAX = 1.25;

/**
 * Watches how far the mean service time of one node has moved from its anchor: step by step through what is learned
 * again and again, so that a leak too slow for any one window still adds up. All movements are natural logarithms.
 */
export class Drift {
  readonly #budget: number;
  /** Movement of the knowledge from the anchor, by the first window forecast with it; none before there is an anchor. */
  #known: { readonly fromWindow: number; readonly moved: number }[] = [];
  #anchorRatePerSecond = Number.NaN;
  #windows: { readonly moved: number; readonly count: number }[] = [];
  #sinceTaken = 0;
  readonly #settleSeconds: number;
  /** End of the first window taken in. */
  #sinceSeconds = Number.NaN;
  isDrifting = false;

  /**
   * @param budgetShare movement that is allowed, as a share of the mean service time
   * @param settleSeconds event time before the anchor is taken: a system that has just started is warming up
   */
  constructor(budgetShare: number, settleSeconds: number) {
    this.#budget = Math.log(1 + budgetShare);
    this.#settleSeconds = settleSeconds;
  }

  /** Movement of what is seen from the anchor, as a share: 0.2 is a fifth slower. 0 while nothing can be said. */
  get share(): number {
    return this.#windows.length < WINDOWS_MIN ? 0 : Math.expm1(this.#mean());
  }

  /** Takes in a clean window, and the knowledge of the node in use now. */
  take(node: NodeForecast, known: NodeKnowledge, forecast: Forecast): void {
    const { entryRatePerSecond, observation } = forecast;
    if (this.#known.length === 0) {
      this.#anchor(known, forecast);
      return;
    }
    const weight = -Math.expm1(-(observation.endSeconds - observation.startSeconds) / ANCHOR_SECONDS);
    this.#anchorRatePerSecond += weight * (entryRatePerSecond - this.#anchorRatePerSecond);
    this.#sinceTaken++;
    const { service } = node;
    const ratio = Math.abs(Math.log(entryRatePerSecond / this.#anchorRatePerSecond));
    if (service === null || !(known.isIdentified || ratio <= Math.log(LOAD_RATIO_MAX))) {
      return;
    }
    // A thin window is judged together with those before it, which must not be counted again and again.
    if (service.sampleCount > node.visitCount && this.#sinceTaken < WINDOWS_MIN) {
      return;
    }
    this.#sinceTaken = 0;
    this.#push(service, observation.windowIndex);
    this.#follow(weight);
    this.#judge();
  }

  /** The knowledge in use was replaced, for windows from this one on. */
  replaced(before: NodeKnowledge, after: NodeKnowledge, fromWindow: number): void {
    const last = this.#known.at(-1);
    if (last !== undefined) {
      this.#known.push({ fromWindow, moved: last.moved + movementBetween(before, after) });
      this.#known = this.#known.slice(-STEPS_MAX);
    }
  }

  /** A deployment explains whatever moved: the next knowledge is a new anchor. */
  forget(): void {
    this.#known = [];
    this.#sinceSeconds = Number.NaN;
    this.#windows = [];
    this.isDrifting = false;
  }

  snapshot() {
    return {
      known: [...this.#known],
      anchorRatePerSecond: this.#anchorRatePerSecond,
      windows: [...this.#windows],
      sinceTaken: this.#sinceTaken,
      sinceSeconds: this.#sinceSeconds,
      isDrifting: this.isDrifting,
    };
  }

  restore(state: ReturnType<Drift["snapshot"]>): void {
    this.#known = state.known;
    this.#anchorRatePerSecond = state.anchorRatePerSecond;
    this.#windows = state.windows;
    this.#sinceTaken = state.sinceTaken;
    this.#sinceSeconds = state.sinceSeconds;
    this.isDrifting = state.isDrifting;
  }

  #anchor(known: NodeKnowledge, { entryRatePerSecond, observation }: Forecast): void {
    if (Number.isNaN(this.#sinceSeconds)) {
      this.#sinceSeconds = observation.endSeconds;
    }
    const isSettled = observation.endSeconds - this.#sinceSeconds >= this.#settleSeconds;
    if (isSettled && known.visitCount >= ANCHOR_VISITS_MIN && entryRatePerSecond > 0) {
      this.#known = [{ fromWindow: observation.windowIndex, moved: 0 }];
      this.#anchorRatePerSecond = entryRatePerSecond;
    }
  }

  #push(service: Residual, window: number): void {
    if (!(service.observedMeanSeconds > 0 && service.expectedMeanSeconds > 0)) {
      return;
    }
    // Windows are learned late: the one at hand was forecast with what was known then.
    const known = this.#known.findLast((each) => each.fromWindow <= window) ?? this.#known[0]!;
    const moved = known.moved + Math.log(service.observedMeanSeconds / service.expectedMeanSeconds);
    this.#windows.push({ moved, count: service.sampleCount });
    if (this.#windows.length > WINDOWS_MAX) {
      this.#windows.shift();
    }
  }

  #follow(weight: number): void {
    const step = this.#windows.length < WINDOWS_MIN ? 0 : weight * this.#mean();
    this.#known = this.#known.map(({ fromWindow, moved }) => ({ fromWindow, moved: moved - step }));
    this.#windows = this.#windows.map(({ moved, count }) => ({ moved: moved - step, count }));
  }

  #judge(): void {
    if (this.#windows.length < WINDOWS_MIN) {
      return;
    }
    const moved = Math.abs(this.#mean()) - 2 * this.#standardError();
    this.isDrifting = moved > (this.isDrifting ? END_SHARE : 1) * this.#budget;
  }

  /** Weighted by visits. */
  #mean(): number {
    const total = this.#windows.reduce((sum, each) => sum + each.count, 0);
    return this.#windows.reduce((sum, each) => sum + each.count * each.moved, 0) / total;
  }

  /** Of the mean, from the scatter of the windows. */
  #standardError(): number {
    const mean = this.#mean();
    const n = this.#windows.length;
    const total = this.#windows.reduce((sum, each) => sum + each.count, 0);
    const squares = this.#windows.reduce((sum, each) => sum + (each.count * (each.moved - mean)) ** 2, 0);
    return Math.sqrt((squares * n) / (n - 1)) / total;
  }
}

/**
 * How far the mean service time moved from one knowledge of a node to the next, under a structure both know, at the
 * later mix of operations. 0 when they share no structure: a change of model is no change of the node.
 */
function movementBetween(before: NodeKnowledge, after: NodeKnowledge): number {
  for (const known of after.structures) {
    const earlier = before.structures.find((each) => isSame(each, known));
    if (earlier !== undefined) {
      let was = 0;
      let is = 0;
      for (const [operation, reference] of known.service) {
        const old = earlier.service.get(operation);
        if (old !== undefined && old.count > 0 && reference.count > 0) {
          was += reference.count * old.meanSeconds;
          is += reference.count * reference.meanSeconds;
        }
      }
      return was > 0 && is > 0 ? Math.log(is / was) : 0;
    }
  }
  return 0;
}

function isSame(a: StructureKnowledge, b: StructureKnowledge): boolean {
  return a.structure.discipline === b.structure.discipline && a.structure.serverCount === b.structure.serverCount;
}

/** The later knowledge of a node with the work as it was known before: where it is called from and how often is learned. */
export function withWorkOf(before: NodeKnowledge, after: NodeKnowledge): NodeKnowledge {
  const operations = new Map(after.operations);
  for (const [operation, known] of before.operations) {
    const later = operations.get(operation);
    operations.set(operation, later === undefined ? known : { ...known, visitsPerEntry: later.visitsPerEntry });
  }
  return { ...before, operations, instances: after.instances, lag: after.lag };
}
