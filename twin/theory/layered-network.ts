/**
 * An open network of remote calls in layers: what a visit waits for below it keeps its worker occupied above. Pure data:
 * times in seconds, rates per second, means where nothing else is said.
 */
export interface LayeredNetwork {
  readonly stations: readonly LayeredStation[];
  readonly operations: readonly LayeredOperation[];
}

/** FIFO(c): no shared servers, c workers. PS(c): c shared servers. Infinite servers: neither. */
export interface LayeredStation {
  /** Servers that running work shares (a CPU), by replica; real-valued > 0, Infinity when work never waits for one. */
  readonly sharedServerCount: number;
  /** Visits a replica holds at once, awaited calls included, in front of which others queue; Infinity: no limit. */
  readonly workerCount: number;
  readonly replicaCount: number;
  /** Share of the station's visits that its busiest replica gets; 1 / replicaCount when all get the same. */
  readonly busiestShare: number;
}

export interface LayeredOperation {
  readonly station: number;
  /** What a visit may do; shares sum to 1. */
  readonly programs: readonly LayeredProgram[];
}

export interface LayeredProgram {
  readonly share: number;
  /** Own work of a visit, calls left out. */
  readonly workSeconds: number;
  /** Standard deviation of the own work / its mean. */
  readonly workVariation: number;
  /** One group after the other; the calls of a group at once, and all awaited ones are waited for. */
  readonly groups: readonly (readonly LayeredCall[])[];
}

export interface LayeredCall {
  readonly operation: number;
  /** Of the way there and back. */
  readonly gapSeconds: number;
  readonly isAsync: boolean;
}

/** More workers than this are as good as no limit, and are taken so. */
const MOST_WORKERS = 2000;

export function hasWorkers(station: LayeredStation): boolean {
  return station.workerCount <= MOST_WORKERS;
}

export function sharesServers(station: LayeredStation): boolean {
  return station.sharedServerCount < Number.POSITIVE_INFINITY;
}

/** Operations with every caller before its callees. @throws {RangeError} when operations call each other in a circle. */
export function callersFirst({ operations }: LayeredNetwork): number[] {
  const UNSEEN = 0;
  const OPEN = 1;
  const DONE = 2;
  const state = new Uint8Array(operations.length);
  const calleesFirst: number[] = [];
  const visit = (operation: number): void => {
    if (state[operation] === DONE) return;
    if (state[operation] === OPEN) throw new RangeError(`operations[${operation}]: calls itself in the end`);
    state[operation] = OPEN;
    for (const { groups } of operations[operation]!.programs) {
      for (const call of groups.flat()) visit(call.operation);
    }
    state[operation] = DONE;
    calleesFirst.push(operation);
  };
  operations.forEach((_, operation) => {
    if (state[operation] === UNSEEN) visit(operation);
  });
  return calleesFirst.reverse();
}

/** Calls of one visit of the operation, over its programs. */
export function callsOf(operation: LayeredOperation): { readonly call: LayeredCall; readonly share: number }[] {
  return operation.programs.flatMap(({ share, groups }) => groups.flat().map((call) => ({ call, share })));
}

/** Visits per second by operation: those from outside and those called. */
export function visitRates(
  network: LayeredNetwork,
  order: readonly number[],
  entryRatePerSecond: ArrayLike<number>,
): Float64Array {
  const rates = Float64Array.from(entryRatePerSecond);
  if (rates.length !== network.operations.length) {
    throw new RangeError(`entryRatePerSecond.length: ${rates.length} must be that of the operations`);
  }
  rates.forEach((rate, operation) => {
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new RangeError(`entryRatePerSecond[${operation}]: ${rate} must be finite and ≥ 0`);
    }
  });
  for (const caller of order) {
    for (const { call, share } of callsOf(network.operations[caller]!)) {
      rates[call.operation]! += rates[caller]! * share;
    }
  }
  return rates;
}
