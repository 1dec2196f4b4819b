import type { NodeForecast, Residual } from "../../src/contracts/forecast.ts";
import { shareOfSlowestTenth } from "../learning/calibrate.ts";
import type { NodeDiscrepancies, NodeKnowledge, NodeRates } from "../learning/knowledge.ts";
import type { Discrepancy, ResidualAccumulator } from "../learning/residual.ts";
import type { NodeWindow } from "./node-window.ts";
import type { StructureWindow } from "./structure-window.ts";

/** A utilization above this is no number of this world and is cut for display. */
const UTILIZATION_MAX = 2;
const INSTANCE_SAMPLES_MIN = 6;
/** Mean PIT above ½ at which a callee's gap counts as risen, with at least so many calls. */
const RISEN_SHIFT_MIN = 0.2;
const RISEN_SAMPLES_MIN = 3;
/** Callees and share of them from which a rise of gaps is the caller's own doing. */
const BROAD_CALLEES_MIN = 2;
const BROAD_SHARE_MIN = 0.75;

/** What a node showed, as residuals against what is known of it. */
export function forecastNode(parts: {
  node: NodeKnowledge;
  /** This window alone: for rates. */
  now: NodeWindow;
  /** This window, with earlier ones where it alone is too thin to say anything. */
  joined: NodeWindow;
  discrepancies: NodeDiscrepancies;
  rates: NodeRates | undefined;
  learnedRates: NodeRates | undefined;
  programShift: number;
  expectedVisits: number;
  /** More load than was ever learned from: what is not identified cannot be predicted there. */
  isExtrapolating: boolean;
  /** Visits of it per second, those included that were not sampled. */
  arrivalRatePerSecond: number;
}): NodeForecast {
  const { node, now, joined, discrepancies, rates, learnedRates } = parts;
  const isMatched = node.basis === "matching";
  const isUnpredictable =
    parts.isExtrapolating &&
    !node.isIdentified &&
    (isMatched || node.structures.length + (node.spare?.length ?? 0) > 1);
  // Of a sample no service times follow: there it is own time, against a simulation at this window's load.
  const found = leastExtreme(joined.structures, isMatched ? discrepancies.sojourn : discrepancies.service);
  const own = isMatched && isUnpredictable ? null : found;
  const breadth = gapBreadth(joined.gapsByCallee);
  const ownGapSeconds = isBroad(breadth) ? joined.gapOut.excessSeconds : 0;
  const excessSeconds = (own?.window.all.excessSeconds ?? 0) + joined.gapIn.excessSeconds + ownGapSeconds;
  const sojourn = isUnpredictable ? null : joined.sojourn.residual(discrepancies.sojourn, joined.sojournVariance);
  // Each visit seen stands for so many.
  const weight = now.visitCount === 0 ? 1 : (parts.arrivalRatePerSecond * now.windowSeconds) / now.visitCount;
  const excess = (of: keyof NodeRates): number =>
    rates === undefined || learnedRates === undefined ? 0 : rates[of] - learnedRates[of];
  return {
    node: node.node,
    visitCount: now.visitCount,
    arrivalRatePerSecond: parts.arrivalRatePerSecond,
    utilization: utilizationOf(node, now),
    structures: node.structures.map((each) => each.structure),
    service: isMatched ? null : (own?.residual ?? null),
    sojourn: isMatched ? (own?.residual ?? null) : sojourn,
    gapIn: joined.gapIn.residual(discrepancies.gapIn),
    gapOut: joined.gapOut.residual(discrepancies.gapOut),
    gapOutBreadth: breadth.share,
    calleeCount: breadth.callees,
    lag: joined.lag.residual(discrepancies.lag),
    ...spreadOf(own?.window.byInstance ?? new Map()),
    burstiness: burstiness(own?.window.samples ?? [], node),
    errorExcess: excess("errorShare"),
    missingExcess: excess("missingShare"),
    resendExcess: excess("resendMean"),
    programShift: parts.programShift,
    arrivalResidual:
      parts.expectedVisits > 0 && now.visitCount > 0 ? Math.log(now.visitCount / parts.expectedVisits) : 0,
    cpuExcess: excess("cpuMean"),
    excessSecondsPerSecond: (excessSeconds * weight) / joined.windowSeconds,
    impactShare: impactShare(joined, excessSeconds, own?.residual ?? null),
  };
}

/** The plausible structure that is least surprised: only what all of them find strange is strange. */
function leastExtreme(
  structures: readonly StructureWindow[],
  discrepancy: Discrepancy,
): { window: StructureWindow; residual: Residual | null } | null {
  let best: { window: StructureWindow; residual: Residual | null } | null = null;
  for (const window of structures) {
    const residual = window.all.residual(discrepancy, window.shiftVariance);
    if (best === null || Math.abs(residual?.z ?? 0) < Math.abs(best.residual?.z ?? 0)) {
      best = { window, residual };
    }
  }
  return best;
}

/** Busy share of the servers of the structure believed in; NaN while none is identified. */
function utilizationOf(node: NodeKnowledge, now: NodeWindow): number {
  const structure = node.structures[0]!.structure;
  if (structure.discipline === "delay" || !node.isIdentified) {
    return Number.NaN;
  }
  const servers = structure.serverCount * Math.max(1, node.instances.length);
  return Math.min(UTILIZATION_MAX, now.structures[0]!.busySeconds / (servers * now.windowSeconds));
}

export function gapBreadth(byCallee: ReadonlyMap<number, ResidualAccumulator>): { share: number; callees: number } {
  const counted = [...byCallee.values()].filter((each) => each.count >= RISEN_SAMPLES_MIN);
  const risen = counted.filter((each) => each.shift >= RISEN_SHIFT_MIN).length;
  return { share: counted.length === 0 ? 0 : risen / counted.length, callees: counted.length };
}

/** Gaps that rose towards (nearly) everybody a node calls, when it calls several, are the node's own doing. */
export function isBroad(breadth: { readonly share: number; readonly callees: number }): boolean {
  return breadth.callees >= BROAD_CALLEES_MIN && breadth.share >= BROAD_SHARE_MIN;
}

function spreadOf(byInstance: ReadonlyMap<number, ResidualAccumulator>): {
  instanceSpread: number;
  worstInstance: number;
} {
  const sorted = [...byInstance]
    .filter(([, accumulator]) => accumulator.count >= INSTANCE_SAMPLES_MIN)
    .sort((a, b) => a[1].shift - b[1].shift || a[0] - b[0]);
  if (sorted.length < 2) {
    return { instanceSpread: 0, worstInstance: -1 };
  }
  const [worstInstance, worst] = sorted[sorted.length - 1]!;
  const [, median] = sorted[(sorted.length - 1) >> 1]!;
  return { instanceSpread: worst.shift - median.shift, worstInstance };
}

function burstiness(samples: readonly number[], node: NodeKnowledge): number {
  const share = shareOfSlowestTenth(samples);
  return Number.isNaN(share) || Number.isNaN(node.slowestTenthShare) ? 0 : share - node.slowestTenthShare;
}

function impactShare(joined: NodeWindow, excessSeconds: number, service: Residual | null): number {
  const ownSeconds = joined.visitCount * (service?.expectedMeanSeconds ?? 0);
  const base = joined.reachedLatencySeconds > 0 ? joined.reachedLatencySeconds : ownSeconds;
  return base > 0 ? Math.max(0, excessSeconds) / base : 0;
}
