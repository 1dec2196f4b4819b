import type { NodeForecast } from "../../src/contracts/forecast.ts";
import type { NodeKind } from "../../src/contracts/observation.ts";
import { FAULT_KINDS, type FaultKind } from "../../src/contracts/score.ts";
import type { ResidualEvidence } from "./twin-residual-evidence.ts";

/** Added to every kind, so that none is impossible and no evidence means no preference. */
const SMOOTHING = 0.5;
/** Share of calls that fail or vanish from which a node counts as down rather than its network as lossy. */
const DOWN_SHARE = 0.5;
/** The slowest tenth of the service times takes this much more of the total than learned: it stands still at times. */
const PAUSE_BURSTINESS = 0.15;
/** One instance's shift above the median instance's. */
const REPLICA_SPREAD = 0.2;
/** CPU use above the learned share. */
const CPU_EXCESS = 0.2;
/** Of slower service, what stays with "slow-code" when a sign points elsewhere: signs can err. */
const SLOW_CODE_REST = 0.3;

/**
 * Kind by rules. Each piece of evidence votes with its size for one kind: gap in → network-delay; gaps out to all → cpu;
 * resends and missing or failed calls → network-loss, or crash when half of all calls fail; lag → slow-consumer;
 * program → cache-miss; unexplained sojourn → capacity. Slower service goes, by the first sign that holds, to
 * slow-dependency (leaf stations), bad-replica (one instance), pause (in bursts), cpu (metric), else slow-code.
 * Sums to 1, order `FAULT_KINDS`.
 */
export function kindProbabilitiesOf(evidence: ResidualEvidence, node: NodeForecast, nodeKind: NodeKind): number[] {
  const votes = new Map<FaultKind, number>();
  const vote = (kind: FaultKind, weight: number) => votes.set(kind, (votes.get(kind) ?? 0) + weight);
  const isDown = node.missingExcess >= DOWN_SHARE || node.errorExcess >= DOWN_SHARE;
  vote("network-delay", evidence.gapIn);
  vote("cpu", evidence.gapOut);
  vote("network-loss", evidence.resends);
  vote(isDown ? "crash" : "network-loss", Math.max(evidence.missing, evidence.errors));
  vote("slow-consumer", evidence.lag);
  vote("cache-miss", evidence.program);
  vote("capacity", evidence.unexplainedSojourn);
  const serviceKind = kindOfSlowService(node, nodeKind);
  vote(serviceKind, evidence.service * (1 - SLOW_CODE_REST));
  vote("slow-code", evidence.service * SLOW_CODE_REST);
  const weights = FAULT_KINDS.map((kind) => (votes.get(kind) ?? 0) + SMOOTHING);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function kindOfSlowService(node: NodeForecast, nodeKind: NodeKind): FaultKind {
  if (nodeKind !== "service") return "slow-dependency";
  if (node.instanceSpread >= REPLICA_SPREAD) return "bad-replica";
  if (node.burstiness >= PAUSE_BURSTINESS) return "pause";
  // NaN (no such metric) is no sign.
  if (node.cpuExcess >= CPU_EXCESS) return "cpu";
  return "slow-code";
}
