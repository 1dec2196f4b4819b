import type { CallSpec, EdgeSpec, NetworkSpec, ProgramSpec, StationSpec } from "../kernel/spec.ts";
import type { LayeredCall, LayeredNetwork, LayeredOperation, LayeredStation } from "../theory/layered-network.ts";

/**
 * The simulator's network as means, for the closed forms. Stations and operations keep their numbers; each pool of
 * connections becomes a further station behind them (`stations.length + pool`) that a call passes on its way, and each
 * edge that uses one a further operation.
 *
 * Left out: timeouts, retries, losses and refusals; calls that would close a circle, as the simulator does not follow
 * them for ever either. Pauses and throttling slow the shared servers evenly. A place in a batch counts as a server,
 * which is right at saturation and too hopeful below it.
 */
export function layeredNetwork(spec: NetworkSpec): LayeredNetwork {
  const pools = spec.pools ?? [];
  const stations = [
    ...spec.stations.map(layeredStation),
    ...pools.map(({ station, connectionCount }) => ({
      ...layeredStation(spec.stations[station]!),
      sharedServerCount: Number.POSITIVE_INFINITY,
      workerCount: connectionCount,
    })),
  ];
  const gapSeconds = spec.edges.map((edge) => mean(edge.gapSamples));
  const pooled: LayeredOperation[] = [];
  const target = spec.edges.map((edge, index) => {
    if (edge.pool === undefined) return edge.calleeOperation;
    const call = callAlong(edge, edge.calleeOperation, gapSeconds[index]!);
    pooled.push({
      station: spec.stations.length + edge.pool,
      programs: [{ share: 1, workSeconds: 0, workVariation: 0, groups: [[call]] }],
    });
    return spec.operations.length + pooled.length - 1;
  });
  const isCircular = circularEdges(spec);
  const layeredCall = ({ edge }: CallSpec): LayeredCall => {
    const isPooled = spec.edges[edge]!.pool !== undefined;
    return callAlong(spec.edges[edge]!, target[edge]!, isPooled ? 0 : gapSeconds[edge]!);
  };
  const operations = spec.operations.map(({ station, programs }) => ({
    station,
    programs: programs.map((program) => ({
      share: program.probability,
      ...workOf(program),
      groups: program.groups.map((group) => group.filter(({ edge }) => !isCircular[edge]).map(layeredCall)),
    })),
  }));
  return { stations, operations: [...operations, ...pooled] };
}

/** Rates of visits from outside by operation, with those of the operations that `layeredNetwork` adds: none. */
export function layeredRates(network: LayeredNetwork, ratePerSecond: ArrayLike<number>): Float64Array {
  const rates = new Float64Array(network.operations.length);
  rates.set(Array.from(ratePerSecond));
  return rates;
}

function callAlong({ isAsync }: EdgeSpec, operation: number, gapSeconds: number): LayeredCall {
  return { operation, gapSeconds, isAsync };
}

function layeredStation(station: StationSpec): LayeredStation {
  const { discipline, serverCount, workerCount = Number.POSITIVE_INFINITY, balancing, replicaWeights } = station;
  const isFifo = discipline === "fifo";
  const replicaCount = replicaWeights.length;
  return {
    sharedServerCount: discipline === "ps" ? workRate(station) : Number.POSITIVE_INFINITY,
    workerCount: isFifo ? serverCount * (station.batch?.sizeMax ?? 1) : workerCount,
    replicaCount,
    busiestShare: balancing === "random" ? Math.max(...replicaWeights) : 1 / replicaCount,
  };
}

/** Seconds of work a replica of shared servers does in a second at the most. */
function workRate({ serverCount, pause, throttle }: StationSpec): number {
  const awake = pause === undefined ? 1 : 1 - pause.durationSeconds / pause.intervalSeconds;
  const quota = throttle === undefined ? Number.POSITIVE_INFINITY : throttle.quotaSeconds / throttle.periodSeconds;
  return Math.min(serverCount * awake, quota);
}

/** Mean and variation of a visit's own work, all segments together. */
function workOf({ segmentSamples, groups }: ProgramSpec): { workSeconds: number; workVariation: number } {
  const columns = groups.length + 1;
  const rows = segmentSamples.length / columns;
  const work = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += segmentSamples[row * columns + column]!;
    return sum;
  });
  const workSeconds = mean(work);
  const variance = work.reduce((sum, seconds) => sum + (seconds - workSeconds) ** 2, 0) / rows;
  return { workSeconds, workVariation: workSeconds === 0 ? 0 : Math.sqrt(variance) / workSeconds };
}

/** By edge: 1 where a walk from callers to callees would come back to an operation it is in. */
function circularEdges(spec: NetworkSpec): Uint8Array {
  const isCircular = new Uint8Array(spec.edges.length);
  const isOpen = new Uint8Array(spec.operations.length);
  const isDone = new Uint8Array(spec.operations.length);
  const visit = (operation: number): void => {
    isOpen[operation] = 1;
    for (const { edge } of spec.operations[operation]!.programs.flatMap(({ groups }) => groups.flat())) {
      const { calleeOperation } = spec.edges[edge]!;
      if (isOpen[calleeOperation] === 1) isCircular[edge] = 1;
      else if (isDone[calleeOperation] === 0) visit(calleeOperation);
    }
    isOpen[operation] = 0;
    isDone[operation] = 1;
  };
  spec.operations.forEach((_, operation) => {
    if (isDone[operation] === 0) visit(operation);
  });
  return isCircular;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
