import type { Forecast, NodeForecast, Residual } from "../../src/contracts/forecast.ts";

/** What speaks against a node in a window, each standardised: about 1 when nothing is wrong, 0 when absent. */
export interface ResidualEvidence {
  /** Its own work is slower than it was, whatever the load. */
  readonly service: number;
  /** Calls into it spend longer on the way. */
  readonly gapIn: number;
  /** Whatever it calls seems further away: calls wait at this end. */
  readonly gapOut: number;
  /** Messages for it wait longer than its load explains. */
  readonly lag: number;
  /** Its visits take longer than simulated, beyond what its own service, its calls out and its callees account for. */
  readonly unexplainedSojourn: number;
  readonly errors: number;
  /** Calls into it that never arrived. */
  readonly missing: number;
  readonly resends: number;
  /** It calls others in another pattern than learned. */
  readonly program: number;
}

/** A share's spread when nothing is known of it: below this, twenty lucky visits would make certainty. */
const SHARE_SPREAD_FLOOR = 0.1;

/** Evidence per row of `forecast.nodes`. Only what is worse than expected counts. */
export function evidenceOf(forecast: Forecast): ResidualEvidence[] {
  const rowOfNode = new Map(forecast.nodes.map((node, row) => [node.node, row]));
  const calleeRows = calleeRowsOf(forecast, rowOfNode);
  const callersAtFault = callersAtFaultOf(forecast, calleeRows);
  return forecast.nodes.map((node, row) => {
    const callees = [...(calleeRows.get(row) ?? [])].map((callee) => forecast.nodes[callee]!);
    const sampleCount = sampleCountOf(node);
    return {
      service: above(node.service),
      // A gap that a caller has towards everybody is that caller's.
      gapIn: callersAtFault.has(row) ? 0 : above(node.gapIn),
      gapOut: isBroad(node) ? above(node.gapOut) : 0,
      lag: above(node.lag),
      unexplainedSojourn: unexplainedSojourn(node, callees),
      errors: shareDeviation(node.errorExcess, sampleCount),
      missing: shareDeviation(node.missingExcess, sampleCount),
      resends: countDeviation(node.resendExcess, sampleCount),
      program: shareDeviation(node.programShift, node.visitCount),
    };
  });
}

/** Callees from which a rise of all gaps out speaks against the caller. */
const BROAD_CALLEES_MIN = 2;
const BROAD_SHARE_MIN = 0.75;

function isBroad(node: NodeForecast): boolean {
  return node.calleeCount >= BROAD_CALLEES_MIN && node.gapOutBreadth >= BROAD_SHARE_MIN;
}

/** Rows of nodes that some caller with broadly risen gaps calls. */
function callersAtFaultOf(forecast: Forecast, calleeRows: ReadonlyMap<number, ReadonlySet<number>>): Set<number> {
  const excused = new Set<number>();
  forecast.nodes.forEach((node, row) => {
    if (isBroad(node)) {
      for (const callee of calleeRows.get(row) ?? []) excused.add(callee);
    }
  });
  return excused;
}

export function largestOf(evidence: ResidualEvidence): number {
  return Math.max(0, ...Object.values(evidence));
}

/** Rows of the nodes that each row's node waits for: what is slow there is not this node's doing. */
function calleeRowsOf(forecast: Forecast, rowOfNode: ReadonlyMap<number, number>): Map<number, Set<number>> {
  const { edges, operations } = forecast.observation.topology;
  const calleeRows = new Map<number, Set<number>>();
  for (const edge of edges) {
    if (edge.isAsync) continue;
    const caller = rowOfNode.get(operations[edge.callerOperation]!.node);
    const callee = rowOfNode.get(operations[edge.calleeOperation]!.node);
    if (caller === undefined || callee === undefined || caller === callee) continue;
    const rows = calleeRows.get(caller) ?? new Set<number>();
    calleeRows.set(caller, rows.add(callee));
  }
  return calleeRows;
}

function unexplainedSojourn(node: NodeForecast, callees: readonly NodeForecast[]): number {
  let explained = Math.max(above(node.service), above(node.gapOut), above(node.lag));
  for (const callee of callees)
    explained = Math.max(explained, above(callee.sojourn), above(callee.service), above(callee.gapIn));
  return Math.max(0, above(node.sojourn) - explained);
}

/** Visits, or the calls into it when it answers none. */
function sampleCountOf(node: NodeForecast): number {
  return Math.max(node.visitCount, node.gapIn?.sampleCount ?? 0, 1);
}

function above(residual: Residual | null): number {
  return residual === null || !(residual.z > 0) ? 0 : residual.z;
}

/** Excess of a share over √(p(1 − p)/n), with the excess itself for p. */
function shareDeviation(excess: number, sampleCount: number): number {
  if (!(excess > 0) || sampleCount <= 0) return 0;
  const share = Math.min(1, excess);
  const spread = Math.max(SHARE_SPREAD_FLOOR, Math.sqrt(share * (1 - share)));
  return (excess * Math.sqrt(sampleCount)) / spread;
}

/** Excess of a mean count over √(mean/n), as if Poisson. */
function countDeviation(excess: number, sampleCount: number): number {
  if (!(excess > 0)) return 0;
  return (excess * Math.sqrt(sampleCount)) / Math.max(SHARE_SPREAD_FLOOR, Math.sqrt(excess));
}
