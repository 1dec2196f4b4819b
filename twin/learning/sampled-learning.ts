import type { Observation } from "../../src/contracts/observation.ts";
import { Completeness } from "./completeness.ts";
import type { LearnedVisit } from "./learned-visit.ts";
import { type LevelsOfNode, loadLevels, type WindowTraffic } from "./load-levels.ts";
import { type MatchedStructures, StructureMatcher } from "./matched-structures.ts";
import type { TrafficEstimate } from "./traffic-estimate.ts";

/** Windows whose rates are remembered, to be joined with the visits that are. */
const WINDOWS_MAX = 512;

/** What has to be known beside the visits where not all of them are seen: how many there were, and what that tells. */
export class SampledLearning {
  readonly completeness = new Completeness();
  readonly #matcher = new StructureMatcher();
  #windows: WindowTraffic[] = [];

  /** Learns from a clean window. */
  learn(observation: Observation, traffic: TrafficEstimate): void {
    const { startSeconds, endSeconds } = observation;
    this.completeness.learn(observation);
    this.#windows.push(Object.freeze({ startSeconds, endSeconds, visits: traffic.visits }));
    if (this.#windows.length > WINDOWS_MAX) this.#windows.shift();
  }

  /** True when structures are still to be matched: it takes another calibration. */
  get isBehind(): boolean {
    return this.#matcher.isBehind;
  }

  beginCalibration(): void {
    this.#matcher.begin();
  }

  levels(node: number, visits: readonly LearnedVisit[], instanceCount: number): LevelsOfNode {
    return loadLevels(visits, this.#windows, {
      instanceCount,
      completeness: this.completeness.completeness(node),
      seenShare: this.completeness.seenShare(node),
    });
  }

  match(node: number, levels: LevelsOfNode): MatchedStructures | null {
    return this.#matcher.match(node, levels);
  }

  snapshot() {
    return {
      completeness: this.completeness.snapshot(),
      matcher: this.#matcher.snapshot(),
      windows: [...this.#windows],
    };
  }

  restore({ completeness, matcher, windows }: ReturnType<SampledLearning["snapshot"]>): void {
    this.completeness.restore(completeness);
    this.#matcher.restore(matcher);
    this.#windows = windows;
  }
}
