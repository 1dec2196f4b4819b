import type { Forecast, NodeForecast, Residual } from "../src/contracts/forecast.ts";

/** All that a network may see of a node: dimensionless, each about −1…1. Which of them one sees is part of its artifact. */
export const FEATURES = [
  "service.z",
  "service.shiftZ",
  "service.shift",
  "service.tail",
  "service.ratio",
  "service.present",
  "sojourn.z",
  "sojourn.shift",
  "sojourn.ratio",
  "gapIn.z",
  "gapIn.shiftZ",
  "gapIn.shift",
  "gapIn.tail",
  "gapIn.ratio",
  "gapIn.present",
  "gapOut.z",
  "gapOut.shift",
  "gapOut.breadth",
  "gapOut.several",
  "lag.z",
  "lag.ratio",
  "lag.present",
  "instanceSpread",
  "instances.several",
  "burstiness",
  "errorExcess",
  "missingExcess",
  "resendExcess",
  "programShift",
  "arrivalResidual",
  "cpuExcess",
  "cpu.present",
  "utilization",
  "excessShare",
  "impactShare",
  "visits.log",
  "kind.service",
  "kind.leaf",
  "callees.service.z",
  "callees.gapIn.z",
  "callees.missing",
  "callees.programShift",
  "callers.service.z",
  "callers.gapOut.breadth",
  "callers.programShift",
  "others.service.z",
  "plain.sojourn.ratio",
  "plain.traffic.ratio",
  "callees.plain.sojourn.ratio",
  "callers.plain.sojourn.ratio",
  "others.plain.sojourn.ratio",
] as const;
export type FeatureName = (typeof FEATURES)[number];

export const FEATURE_COUNT = FEATURES.length;

/** All features of a window: [nodes, FEATURE_COUNT] row-major, in the order of `forecast.nodes`. */
export function featureRows(forecast: Forecast): Float32Array {
  const { nodes, observation } = forecast;
  const neighbours = neighboursOf(forecast);
  const slowness = plainSlowness(forecast);
  const plain = (other: NodeForecast): number => slowness.get(other.node) ?? 0;
  const trafficRatio = log2Ratio(forecast.entryRatePerSecond, forecast.usualEntryRatePerSecond);
  const totalExcess = nodes.reduce((sum, node) => sum + Math.max(0, node.excessSecondsPerSecond), 0);
  const rows = new Float32Array(nodes.length * FEATURE_COUNT);
  nodes.forEach((node, i) => {
    const kind = observation.topology.nodes[node.node]!.kind;
    const hasSeveralInstances = node.worstInstance >= 0;
    const { callees, callers } = neighbours.get(node.node) ?? { callees: [], callers: [] };
    const others = nodes.filter((other) => other.node !== node.node);
    const values = [
      ...residualFeatures(node.service),
      z(node.sojourn),
      shift(node.sojourn),
      ratio(node.sojourn),
      ...residualFeatures(node.gapIn),
      z(node.gapOut),
      shift(node.gapOut),
      node.gapOutBreadth,
      node.calleeCount >= 2 ? 1 : 0,
      z(node.lag),
      ratio(node.lag),
      node.lag === null ? 0 : 1,
      hasSeveralInstances ? 2 * node.instanceSpread : 0,
      hasSeveralInstances ? 1 : 0,
      clip(2 * node.burstiness),
      clip(node.errorExcess),
      clip(node.missingExcess),
      clip(2 * node.resendExcess),
      clip(node.programShift),
      clip(node.arrivalResidual),
      Number.isNaN(node.cpuExcess) ? 0 : clip(node.cpuExcess),
      Number.isNaN(node.cpuExcess) ? 0 : 1,
      Number.isNaN(node.utilization) ? 0 : clip(node.utilization),
      totalExcess > 0 ? Math.max(0, node.excessSecondsPerSecond) / totalExcess : 0,
      clip(2 * node.impactShare),
      Math.log10(1 + node.visitCount) / 3,
      kind === "service" ? 1 : 0,
      kind === "service" ? 0 : 1,
      largest(callees, (other) => z(other.service)),
      largest(callees, (other) => z(other.gapIn)),
      largest(callees, (other) => clip(other.missingExcess)),
      largest(callees, (other) => clip(other.programShift)),
      largest(callers, (other) => z(other.service)),
      largest(callers, (other) => (other.calleeCount >= 2 ? other.gapOutBreadth : 0)),
      largest(callers, (other) => clip(other.programShift)),
      largest(others, (other) => z(other.service)),
      plain(node),
      trafficRatio,
      largest(callees, plain),
      largest(callers, plain),
      largest(others, plain),
    ];
    rows.set(values, i * FEATURE_COUNT);
  });
  return rows;
}

/** z, shiftZ, shift, tail, ratio, present: in the order in which FEATURES names them. */
function residualFeatures(residual: Residual | null): number[] {
  return [
    z(residual),
    shiftZ(residual),
    shift(residual),
    residual?.tail ?? 0,
    ratio(residual),
    residual === null ? 0 : 1,
  ];
}

/** Standard deviations beyond which more says nothing more. */
const Z_FULL = 8;

function z(residual: Residual | null): number {
  return residual === null ? 0 : clip(residual.z / Z_FULL);
}

function shiftZ(residual: Residual | null): number {
  return residual === null ? 0 : clip(residual.shiftZ / Z_FULL);
}

function shift(residual: Residual | null): number {
  return residual === null ? 0 : 2 * residual.shift;
}

/** log₂ of observed / expected mean, a factor of 8 being 1. */
function ratio(residual: Residual | null): number {
  return residual === null ? 0 : log2Ratio(residual.observedMeanSeconds, residual.expectedMeanSeconds);
}

/** log₂ of a ratio, a factor of 8 being 1; 0 when there is none. */
function log2Ratio(observed: number, usual: number): number {
  return observed > 0 && usual > 0 ? clip(Math.log2(observed / usual) / 3) : 0;
}

/**
 * How much slower the visits of a node were than in the time learned from, whatever the load: what a monitoring system
 * without a twin sees. Each operation against its own past, so that another mix of them is no slowness.
 */
function plainSlowness(forecast: Forecast): Map<number, number> {
  const sums = new Map<number, { observed: number; usual: number }>();
  for (const { operation, visitCount, observedMeanSeconds, referenceMeanSeconds } of forecast.operations) {
    if (!(referenceMeanSeconds > 0)) continue;
    const { node } = forecast.observation.topology.operations[operation]!;
    const sum = sums.get(node) ?? { observed: 0, usual: 0 };
    sum.observed += visitCount * observedMeanSeconds;
    sum.usual += visitCount * referenceMeanSeconds;
    sums.set(node, sum);
  }
  return new Map([...sums].map(([node, { observed, usual }]) => [node, log2Ratio(observed, usual)]));
}

function clip(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-1.5, Math.min(1.5, value));
}

function largest(nodes: readonly NodeForecast[], of: (node: NodeForecast) => number): number {
  return nodes.reduce((max, node) => Math.max(max, of(node)), 0);
}

function neighboursOf(forecast: Forecast): Map<number, { callees: NodeForecast[]; callers: NodeForecast[] }> {
  const { topology } = forecast.observation;
  const byNode = new Map(forecast.nodes.map((node) => [node.node, node]));
  const found = new Map<number, { callees: Set<NodeForecast>; callers: Set<NodeForecast> }>();
  const entryOf = (node: number) => {
    const entry = found.get(node) ?? { callees: new Set<NodeForecast>(), callers: new Set<NodeForecast>() };
    found.set(node, entry);
    return entry;
  };
  for (const edge of topology.edges) {
    const caller = topology.operations[edge.callerOperation]!.node;
    const callee = topology.operations[edge.calleeOperation]!.node;
    const callerForecast = byNode.get(caller);
    const calleeForecast = byNode.get(callee);
    if (caller !== callee && callerForecast !== undefined && calleeForecast !== undefined) {
      entryOf(caller).callees.add(calleeForecast);
      entryOf(callee).callers.add(callerForecast);
    }
  }
  return new Map(
    [...found].map(([node, { callees, callers }]) => [node, { callees: [...callees], callers: [...callers] }]),
  );
}
