import type { StationStructure } from "../../src/contracts/forecast.ts";
import { matchStructures, type StructureFit } from "../identification/simulation-matching.ts";
import type { LevelsOfNode } from "./load-levels.ts";

/** What sampled visits leave possible of a node's structure. */
export interface MatchedStructures {
  /** Plausible structures with the service times they need, the best first. */
  readonly fits: readonly StructureFit[];
  readonly isIdentified: boolean;
}

/** Levels of load that differ by less cannot tell waiting from work. */
const SPREAD_MIN = 1.3;
const VISITS_MIN = 300;
/** It is matched anew when there are so many times the visits, so much more load, or so many calibrations since the last time. */
const VISITS_GROWTH = 3;
const CALIBRATIONS_BETWEEN = 20;
const LOAD_GROWTH = 1.2;
/** Nodes matched in one calibration; the others wait for the next. Each takes some seconds. */
const MATCHES_MAX = 4;

interface Remembered {
  readonly calibration: number;
  readonly visitCount: number;
  readonly topRatePerSecond: number;
  readonly matched: MatchedStructures;
}

/** Matches structures to sampled visits, as seldom as that is worth its cost, and remembers what it found. */
export class StructureMatcher {
  #byNode = new Map<number, Remembered>();
  #matches = 0;
  #calibration = 0;
  #isBehind = false;

  /** True when nodes wait for their turn. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** A new calibration: as many nodes may be matched again. */
  begin(): void {
    this.#matches = 0;
    this.#isBehind = false;
    this.#calibration++;
  }

  /** Null while there are too few visits or levels of load to tell anything, or before it is this node's turn. */
  match(node: number, { levels, spread }: LevelsOfNode): MatchedStructures | null {
    const visitCount = levels.flat().reduce((sum, work) => sum + work.ownSeconds.length, 0);
    const topRatePerSecond = Math.max(
      0,
      ...levels.map((level) => level.reduce((sum, work) => sum + work.ratePerSecond, 0)),
    );
    const known = this.#byNode.get(node);
    const isNews =
      known === undefined ||
      this.#calibration >= known.calibration + CALIBRATIONS_BETWEEN ||
      visitCount >= VISITS_GROWTH * known.visitCount ||
      topRatePerSecond >= LOAD_GROWTH * known.topRatePerSecond;
    if (!isNews || visitCount < VISITS_MIN || spread < SPREAD_MIN) return known?.matched ?? null;
    if (this.#matches >= MATCHES_MAX) {
      this.#isBehind = true;
      return known?.matched ?? null;
    }
    this.#matches++;
    // Equal dice whenever it is asked: what changes is the evidence.
    const { fits, plausible, isIdentified } = matchStructures(levels, { seed: node });
    const matched = { fits: fits.filter(({ structure }) => isAmong(structure, plausible)), isIdentified };
    const remembered = { calibration: this.#calibration, visitCount, topRatePerSecond, matched };
    this.#byNode.set(node, Object.freeze(remembered));
    return matched;
  }

  snapshot() {
    return {
      byNode: new Map(this.#byNode),
      matches: this.#matches,
      calibration: this.#calibration,
      isBehind: this.#isBehind,
    };
  }

  restore({ byNode, matches, calibration, isBehind }: ReturnType<StructureMatcher["snapshot"]>): void {
    this.#byNode = byNode;
    this.#matches = matches;
    this.#calibration = calibration;
    this.#isBehind = isBehind;
  }
}

function isAmong(structure: StationStructure, among: readonly StationStructure[]): boolean {
  return among.some(
    ({ discipline, serverCount }) => discipline === structure.discipline && serverCount === structure.serverCount,
  );
}
