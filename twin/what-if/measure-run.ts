import { compileNetwork } from "../kernel/compile-network.ts";
import { simulate } from "../kernel/simulate.ts";
import type { Arrivals, NetworkSpec } from "../kernel/spec.ts";

/** What one run shows of one operation. */
export interface OperationRun {
  /** Of visits that succeeded, ascending, seconds. */
  readonly latencySeconds: Float64Array;
  readonly throughputPerSecond: number;
  readonly failureShare: number;
}

export interface Run {
  readonly operations: ReadonlyMap<number, OperationRun>;
  /** Busy share by station, at most 1; NaN where nobody ever waits for a server. */
  readonly utilization: Float64Array;
  /** True when the run was cut short: too many visits were open at a time. */
  readonly isTruncated: boolean;
}

export interface RunPlan {
  /** Arrivals before this fill the queues and are not counted. */
  readonly warmUpSeconds: number;
  /** End of the arrivals. */
  readonly endSeconds: number;
  /** Operations to look at: entries by the requests that enter there, others by all their visits. */
  readonly operations: readonly { readonly operation: number; readonly isEntry: boolean }[];
}

/** Runs the arrivals until the last of them has departed and measures those that came after the warm-up. */
export function measureRun(spec: NetworkSpec, arrivals: Arrivals, plan: RunPlan, seed: number): Run {
  const visits = simulate(compileNetwork(spec), arrivals, { seed });
  const wanted = new Map(plan.operations.map((each) => [each.operation, { ...each, ...emptyCounts() }]));
  for (let i = 0; i < visits.count; i++) {
    const counts = wanted.get(visits.operation[i]!);
    if (counts === undefined || (counts.isEntry && visits.isRoot[i] === 0)) {
      continue;
    }
    const departureSeconds = visits.arrivalSeconds[i]! + visits.sojournSeconds[i]!;
    const isFailed = visits.isFailed[i] === 1;
    if (!isFailed && departureSeconds >= plan.warmUpSeconds && departureSeconds < plan.endSeconds) {
      counts.departed++;
    }
    if (visits.arrivalSeconds[i]! >= plan.warmUpSeconds) {
      counts.finished++;
      if (isFailed) {
        counts.failed++;
      } else {
        counts.latencies.push(visits.sojournSeconds[i]!);
      }
    }
  }
  const operations = new Map<number, OperationRun>();
  for (const [operation, { latencies, finished, failed, departed }] of wanted) {
    operations.set(operation, {
      latencySeconds: Float64Array.from(latencies).sort(),
      throughputPerSecond: departed / (plan.endSeconds - plan.warmUpSeconds),
      failureShare: finished === 0 ? Number.NaN : failed / finished,
    });
  }
  return {
    operations,
    utilization: utilizations(spec, visits.busySeconds, plan.endSeconds),
    isTruncated: visits.isTruncated,
  };
}

function emptyCounts(): { latencies: number[]; finished: number; failed: number; departed: number } {
  return { latencies: [], finished: 0, failed: 0, departed: 0 };
}

function utilizations(spec: NetworkSpec, busySeconds: Float64Array, seconds: number): Float64Array {
  let replica = 0;
  return Float64Array.from(spec.stations, ({ replicaWeights, serverCount }) => {
    let busy = 0;
    for (const end = replica + replicaWeights.length; replica < end; replica++) {
      busy += busySeconds[replica]!;
    }
    // Work left over when arrivals end is done later: a share of the time cannot be more than all of it.
    return serverCount === Number.POSITIVE_INFINITY
      ? Number.NaN
      : Math.min(1, busy / (serverCount * replicaWeights.length * seconds));
  });
}
