import type { EdgeSpec, NetworkSpec, OperationSpec, PoolSpec, ProgramSpec, StationSpec } from "./spec.ts";

/** Most rows a sample table may have: the largest range `RandomStream.nextIndex` draws from without bias. */
const MAX_ROWS = 2 ** 21;
/** A replica's number must fit the 16 bits of `SimulatedVisits.replica`. */
const MAX_REPLICAS = 65_535;
/** A program's number must fit the 16 bits of `SimulatedVisits.program`. */
const MAX_PROGRAMS = 65_535;
/** Servers, workers, connections and places in a queue are counted in 32 bits. */
const MAX_COUNT = 2 ** 31 - 1;
const MAX_ATTEMPTS = 1000;
/** Pauses and CPU periods are walked through one by one. */
const MIN_CYCLE_SECONDS = 1e-4;
const CYCLE_RULE = `must be finite and ≥ ${MIN_CYCLE_SECONDS}`;
/** Shares come out of divisions, so their sum is 1 but for rounding. */
const SUM_TOLERANCE = 1e-6;

/** Holds a network to the rules of `spec.ts`. @throws {RangeError} `stations[3].serverCount: 0 must be …` */
export function checkNetwork(spec: NetworkSpec): void {
  spec.stations.forEach((station, index) => {
    checkStation(station, `stations[${index}]`);
  });
  spec.operations.forEach((operation, index) => {
    checkOperation(operation, `operations[${index}]`, spec);
  });
  spec.edges.forEach((edge, index) => {
    checkEdge(edge, `edges[${index}]`, spec);
  });
  spec.pools?.forEach((pool, index) => {
    checkPool(pool, `pools[${index}]`, spec);
  });
}

function checkStation(station: StationSpec, path: string): void {
  const { discipline, serverCount, replicaWeights } = station;
  const at = `${path}.serverCount`;
  if (discipline === "fifo")
    demand(Number.isSafeInteger(serverCount) && serverCount >= 1, at, serverCount, "must be whole and ≥ 1");
  if (discipline === "ps")
    demand(serverCount > 0 && Number.isFinite(serverCount), at, serverCount, "must be finite and > 0");
  if (discipline === "delay") demand(serverCount === Number.POSITIVE_INFINITY, at, serverCount, "must be Infinity");
  const count = replicaWeights.length;
  demand(
    count >= 1 && count <= MAX_REPLICAS,
    `${path}.replicaWeights.length`,
    count,
    `must be from 1 to ${MAX_REPLICAS}`,
  );
  checkShares(replicaWeights, `${path}.replicaWeights`);
  checkAdmission(station, path);
  checkStalls(station, path);
}

function checkAdmission({ discipline, workerCount, queueCapacity, batch }: StationSpec, path: string): void {
  const isFifo = discipline === "fifo";
  if (workerCount !== undefined) {
    demand(
      !isFifo,
      `${path}.workerCount`,
      workerCount,
      "must not be set at a fifo station: its servers are its workers",
    );
    checkCount(workerCount, 1, `${path}.workerCount`);
  }
  if (queueCapacity !== undefined) {
    const rule = "must not be set where nobody queues: a fifo station or a workerCount is needed";
    demand(isFifo || workerCount !== undefined, `${path}.queueCapacity`, queueCapacity, rule);
    checkCount(queueCapacity, 0, `${path}.queueCapacity`);
  }
  if (batch !== undefined) {
    demand(isFifo, `${path}.batch.sizeMax`, batch.sizeMax, "must not be set but at a fifo station");
    checkCount(batch.sizeMax, 1, `${path}.batch.sizeMax`);
  }
}

function checkStalls({ discipline, throttle, pause }: StationSpec, path: string): void {
  const rule = "must not be set but at a ps station";
  if (throttle !== undefined) {
    const { periodSeconds, quotaSeconds } = throttle;
    demand(discipline === "ps", `${path}.throttle.periodSeconds`, periodSeconds, rule);
    demand(isCycle(periodSeconds), `${path}.throttle.periodSeconds`, periodSeconds, CYCLE_RULE);
    demand(isPositive(quotaSeconds), `${path}.throttle.quotaSeconds`, quotaSeconds, "must be finite and > 0");
  }
  if (pause !== undefined) {
    const { intervalSeconds, durationSeconds } = pause;
    demand(discipline === "ps", `${path}.pause.intervalSeconds`, intervalSeconds, rule);
    demand(isCycle(intervalSeconds), `${path}.pause.intervalSeconds`, intervalSeconds, CYCLE_RULE);
    const isShorter = durationSeconds >= 0 && durationSeconds < intervalSeconds;
    demand(isShorter, `${path}.pause.durationSeconds`, durationSeconds, "must be ≥ 0 and less than intervalSeconds");
  }
}

function checkOperation(operation: OperationSpec, path: string, spec: NetworkSpec): void {
  checkIndex(operation.station, spec.stations.length, `${path}.station`);
  const count = operation.programs.length;
  demand(count >= 1 && count <= MAX_PROGRAMS, `${path}.programs.length`, count, `must be from 1 to ${MAX_PROGRAMS}`);
  checkShares(
    operation.programs.map((program) => program.probability),
    `${path}.programs`,
  );
  operation.programs.forEach((program, index) => {
    checkProgram(program, `${path}.programs[${index}]`, spec);
    for (const call of program.groups.flat()) checkPoolOf(call.edge, operation.station, spec);
  });
}

function checkProgram(program: ProgramSpec, path: string, spec: NetworkSpec): void {
  const columns = program.groups.length + 1;
  const rows = program.segmentSamples.length / columns;
  const rule = `must be 1 to ${MAX_ROWS} rows of ${columns} columns`;
  demand(
    Number.isSafeInteger(rows) && rows >= 1 && rows <= MAX_ROWS,
    `${path}.segmentSamples.length`,
    program.segmentSamples.length,
    rule,
  );
  checkDurations(program.segmentSamples, `${path}.segmentSamples`);
  const { blockLength } = program;
  demand(
    Number.isSafeInteger(blockLength) && blockLength >= 1 && blockLength < 2 ** 31,
    `${path}.blockLength`,
    blockLength,
    "must be whole and ≥ 1",
  );
  for (const group of program.groups) {
    for (const call of group) checkIndex(call.edge, spec.edges.length, `${path}.groups edge`);
  }
}

function checkEdge(edge: EdgeSpec, path: string, spec: NetworkSpec): void {
  checkIndex(edge.calleeOperation, spec.operations.length, `${path}.calleeOperation`);
  const rows = edge.gapSamples.length;
  demand(rows >= 1 && rows <= MAX_ROWS, `${path}.gapSamples.length`, rows, `must be from 1 to ${MAX_ROWS}`);
  checkDurations(edge.gapSamples, `${path}.gapSamples`);
  checkLoss(edge, path);
  if (edge.isAsync) checkAsync(edge, path);
  const { timeoutSeconds, retry, pool } = edge;
  if (timeoutSeconds !== undefined)
    demand(isPositive(timeoutSeconds), `${path}.timeoutSeconds`, timeoutSeconds, "must be finite and > 0");
  if (retry !== undefined) checkRetry(retry, `${path}.retry`);
  if (pool !== undefined) checkIndex(pool, spec.pools?.length ?? 0, `${path}.pool`);
}

function checkLoss({ lossProbability, retransmitSeconds }: EdgeSpec, path: string): void {
  if (lossProbability !== undefined) {
    const isShare = lossProbability >= 0 && lossProbability < 1;
    demand(isShare, `${path}.lossProbability`, lossProbability, "must be ≥ 0 and < 1");
    const isSet = lossProbability === 0 || retransmitSeconds !== undefined;
    demand(isSet, `${path}.lossProbability`, lossProbability, "needs retransmitSeconds");
  }
  if (retransmitSeconds !== undefined) {
    demand(isPositive(retransmitSeconds), `${path}.retransmitSeconds`, retransmitSeconds, "must be finite and > 0");
    demand(lossProbability !== undefined, `${path}.retransmitSeconds`, retransmitSeconds, "needs lossProbability");
  }
}

/** Nobody waits for an asynchronous call, so what the waiting caller does cannot be said. */
function checkAsync(edge: EdgeSpec, path: string): void {
  const rule = "must not be set on an asynchronous edge: nobody waits for its answer";
  demand(edge.timeoutSeconds === undefined, `${path}.timeoutSeconds`, edge.timeoutSeconds, rule);
  demand(edge.retry === undefined, `${path}.retry.attemptsMax`, edge.retry?.attemptsMax, rule);
  demand(edge.isRequired === undefined, `${path}.isRequired`, edge.isRequired, rule);
  demand(edge.pool === undefined, `${path}.pool`, edge.pool, rule);
}

function checkRetry(retry: NonNullable<EdgeSpec["retry"]>, path: string): void {
  const { attemptsMax, backoffSeconds, backoffFactor } = retry;
  const isCount = Number.isSafeInteger(attemptsMax) && attemptsMax >= 1 && attemptsMax <= MAX_ATTEMPTS;
  demand(isCount, `${path}.attemptsMax`, attemptsMax, `must be whole and from 1 to ${MAX_ATTEMPTS}`);
  const isWait = backoffSeconds >= 0 && backoffSeconds < Number.POSITIVE_INFINITY;
  demand(isWait, `${path}.backoffSeconds`, backoffSeconds, "must be finite and ≥ 0");
  const isFactor = backoffFactor >= 1 && backoffSeconds * backoffFactor ** attemptsMax < Number.POSITIVE_INFINITY;
  demand(isFactor, `${path}.backoffFactor`, backoffFactor, "must be ≥ 1 and leave every wait finite");
}

function checkPool({ station, connectionCount }: PoolSpec, path: string, spec: NetworkSpec): void {
  checkIndex(station, spec.stations.length, `${path}.station`);
  checkCount(connectionCount, 1, `${path}.connectionCount`);
}

/** Connections belong to the replicas of one station: only its operations can take them. */
function checkPoolOf(edge: number, callerStation: number, spec: NetworkSpec): void {
  const pool = spec.pools?.[spec.edges[edge]!.pool ?? -1];
  if (pool === undefined) return;
  const rule = `must be a pool of station ${callerStation}, which calls along this edge`;
  demand(pool.station === callerStation, `edges[${edge}].pool`, spec.edges[edge]!.pool, rule);
}

function checkShares(shares: readonly number[], path: string): void {
  let sum = 0;
  for (const share of shares) {
    demand(share >= 0 && share <= 1 + SUM_TOLERANCE, path, share, "must be from 0 to 1");
    sum += share;
  }
  demand(Math.abs(sum - 1) <= SUM_TOLERANCE, path, sum, "must sum to 1");
}

function checkDurations(samples: Float64Array, path: string): void {
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      demand(false, `${path}[${i}]`, value, "must be finite and ≥ 0");
  }
}

function checkIndex(index: number, length: number, path: string): void {
  demand(Number.isSafeInteger(index) && index >= 0 && index < length, path, index, `must be from 0 to ${length - 1}`);
}

function checkCount(count: number, least: number, path: string): void {
  const isCount = Number.isSafeInteger(count) && count >= least && count <= MAX_COUNT;
  demand(isCount, path, count, `must be whole and from ${least} to ${MAX_COUNT}`);
}

function isPositive(seconds: number): boolean {
  return seconds > 0 && seconds < Number.POSITIVE_INFINITY;
}

function isCycle(seconds: number): boolean {
  return seconds >= MIN_CYCLE_SECONDS && seconds < Number.POSITIVE_INFINITY;
}

function demand(isTrue: boolean, path: string, value: unknown, rule: string): void {
  if (!isTrue) throw new RangeError(`${path}: ${value} ${rule}`);
}
