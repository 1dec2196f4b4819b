import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { UtilizationCheck } from "../identification/resource-hints.ts";
import type { Reference } from "./reference.ts";
import type { Discrepancy } from "./residual.ts";

/** One plausible structure of a node with the service times it implies. */
export interface StructureService {
  readonly structure: StationStructure;
  /** Inverted service times by operation. */
  readonly service: ReadonlyMap<number, Reference>;
}

/** One that the twin replays. */
export interface StructureKnowledge extends StructureService {
  /** Call programs by operation, without the waiting this structure implies. */
  readonly programs: ReadonlyMap<number, readonly ProgramKnowledge[]>;
}

/** A call program as the twin replays it: whole rows of self segments, waiting taken out. */
export interface ProgramKnowledge {
  readonly program: number;
  readonly count: number;
  /** Row-major, one row a visit, one column a self segment; seconds. */
  readonly segmentSamples: Float64Array;
  readonly segmentCount: number;
  /** Standard error of the mean self time / that mean: how well the mean is known. */
  readonly relativeError: number;
}

export interface OperationKnowledge {
  readonly operation: number;
  readonly visitCount: number;
  /** Under the best structure. */
  readonly programs: readonly ProgramKnowledge[];
  /** Visits per visit of each entry operation, by entry operation. */
  readonly visitsPerEntry: ReadonlyMap<number, number>;
  readonly sojourn: Reference;
}

export interface NodeKnowledge {
  readonly node: number;
  readonly visitCount: number;
  /** Plausible structures, the best first. */
  readonly structures: readonly StructureKnowledge[];
  /**
   * Structures that imply the same service times as one of those at the load learned from, because nobody had to wait: more
   * load can tell them apart, so beyond it they are as plausible. Default: none.
   */
  readonly spare?: readonly StructureService[];
  readonly isIdentified: boolean;
  /** How the structures were found; what was matched to a sample is not inverted in later windows. */
  readonly basis: "inversion" | "matching";
  readonly operations: ReadonlyMap<number, OperationKnowledge>;
  readonly instances: readonly { readonly instance: number; readonly weight: number }[];
  readonly lag: Reference | null;
  /** Share of the slowest tenth in all service time. */
  readonly slowestTenthShare: number;
  /** Visits an instance has under way at most, where those before it wait unseen by its spans; null where nothing shows that. */
  readonly inFlightLimit: number | null;
  /** Measured use of CPU against what the visits explain under the best structure; null where it is not measured. */
  readonly utilizationCheck: UtilizationCheck | null;
}

/** Slowly moving averages of a node, taken window by window. */
export interface NodeRates {
  readonly errorShare: number;
  readonly missingShare: number;
  readonly resendMean: number;
  readonly cpuMean: number;
}

export interface NodeDiscrepancies {
  readonly service: Discrepancy;
  readonly sojourn: Discrepancy;
  readonly gapIn: Discrepancy;
  readonly gapOut: Discrepancy;
  readonly lag: Discrepancy;
}

/** All the twin knows at one time. Replaced as a whole when it is learned anew. */
export interface Knowledge {
  readonly nodes: ReadonlyMap<number, NodeKnowledge>;
  /** Gap samples by edge. */
  readonly gaps: ReadonlyMap<number, Reference>;
  /** Mean entry rate over the windows learned from, requests per second. */
  readonly entryRatePerSecond: number;
}

/** Takes down that parts of it, which are replaced as a whole, never change: a checkpoint then writes them once. */
export function kept(knowledge: Knowledge): Knowledge {
  Object.freeze(knowledge.gaps);
  for (const node of knowledge.nodes.values())
    if (!Object.isFrozen(node))
      for (const each of [node, node.structures, node.spare, node.operations]) Object.freeze(each);
  return knowledge;
}
