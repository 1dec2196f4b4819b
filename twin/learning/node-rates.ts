import type { Observation } from "../../src/contracts/observation.ts";
import type { NodeKnowledge, NodeRates } from "./knowledge.ts";

export interface WindowRates extends NodeRates {
  /** Visits and calls the shares are of. */
  readonly callCount: number;
}

/** Errors, missing answers, resends and CPU of every node in a window. Shares are of calls into it and visits of it. */
export function windowRates(observation: Observation): Map<number, WindowRates> {
  const { visits, calls, topology } = observation;
  const sums = new Map<number, { visits: number; errors: number; calls: number; missing: number; resends: number }>();
  const sumOf = (node: number) => {
    let sum = sums.get(node);
    if (sum === undefined) {
      sum = { visits: 0, errors: 0, calls: 0, missing: 0, resends: 0 };
      sums.set(node, sum);
    }
    return sum;
  };
  // A visit that failed because a call of its failed only passes an error on; the callee is to blame.
  const hasFailedCall = new Uint8Array(visits.count);
  for (let row = 0; row < calls.count; row++) {
    const sum = sumOf(topology.operations[topology.edges[calls.edge[row]!]!.calleeOperation]!.node);
    sum.calls++;
    sum.resends += calls.resendCount[row]!;
    if (calls.isError[row] === 1) {
      hasFailedCall[calls.callerVisit[row]!] = 1;
    }
    if (calls.calleeVisit[row] === -1) {
      sum.missing++;
    }
  }
  for (let row = 0; row < visits.count; row++) {
    const sum = sumOf(topology.operations[visits.operation[row]!]!.node);
    sum.visits++;
    sum.errors += visits.isError[row] === 1 && hasFailedCall[row] === 0 ? 1 : 0;
  }
  const cpu = cpuByNode(observation);
  const rates = new Map<number, WindowRates>();
  for (const [node, sum] of sums) {
    const base = Math.max(1, sum.visits + sum.missing);
    rates.set(node, {
      errorShare: sum.errors / base,
      missingShare: sum.missing / base,
      resendMean: sum.calls === 0 ? 0 : sum.resends / sum.calls,
      cpuMean: cpu.get(node) ?? Number.NaN,
      callCount: base,
    });
  }
  return rates;
}

/** Mean of `process.cpu.utilization` over the instances of each node that report it. */
function cpuByNode(observation: Observation): Map<number, number> {
  const nodeByName = new Map(observation.topology.nodes.map((node) => [node.name, node.index]));
  const sums = new Map<number, { sum: number; count: number }>();
  for (const point of observation.metrics) {
    const node = point.name === "process.cpu.utilization" ? nodeByName.get(point.service) : undefined;
    if (node !== undefined) {
      const entry = sums.get(node) ?? { sum: 0, count: 0 };
      sums.set(node, { sum: entry.sum + point.value, count: entry.count + 1 });
    }
  }
  return new Map([...sums].map(([node, entry]) => [node, entry.sum / entry.count]));
}

/** Moves learned rates a step towards a clean window's. */
export function learnRates(learned: NodeRates | undefined, window: WindowRates, weight: number): NodeRates {
  if (learned === undefined) {
    return window;
  }
  const step = (old: number, now: number): number =>
    Number.isNaN(old) ? now : Number.isNaN(now) ? old : old + weight * (now - old);
  return {
    errorShare: step(learned.errorShare, window.errorShare),
    missingShare: step(learned.missingShare, window.missingShare),
    resendMean: step(learned.resendMean, window.resendMean),
    cpuMean: step(learned.cpuMean, window.cpuMean),
  };
}

/**
 * Total variation distance between the programs run in the window and those learned, less twice what chance alone gives;
 * 0 when it is no more than chance.
 */
export function programShift(node: NodeKnowledge, observation: Observation, rows: readonly number[]): number {
  const { visits } = observation;
  const observed = new Map<number, Map<number, number>>();
  const totals = new Map<number, number>();
  for (const row of rows) {
    const operation = visits.operation[row]!;
    const counts = observed.get(operation) ?? new Map<number, number>();
    observed.set(operation, counts);
    counts.set(visits.program[row]!, (counts.get(visits.program[row]!) ?? 0) + 1);
    totals.set(operation, (totals.get(operation) ?? 0) + 1);
  }
  let shift = 0;
  for (const [operation, counts] of observed) {
    const known = node.operations.get(operation);
    const n = totals.get(operation)!;
    if (known === undefined || n < 8) {
      continue;
    }
    const learnedTotal = known.programs.reduce((sum, each) => sum + each.count, 0);
    let distance = 0;
    let chance = 0;
    const seen = new Set<number>();
    for (const { program, count } of known.programs) {
      const p = count / learnedTotal;
      seen.add(program);
      distance += Math.abs((counts.get(program) ?? 0) / n - p) / 2;
      chance += Math.sqrt((p * (1 - p) * (1 / n + 1 / learnedTotal)) / (2 * Math.PI));
    }
    for (const [program, count] of counts) {
      distance += seen.has(program) ? 0 : count / n / 2;
    }
    shift = Math.max(shift, distance - 2 * chance);
  }
  return Math.max(0, shift);
}
