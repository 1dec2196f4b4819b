import type { EdgeSpec, NetworkSpec, OperationSpec, ProgramSpec, StationSpec } from "./spec.ts";

/** Most rows a sample table may have: the largest range `RandomStream.nextIndex` draws from without bias. */
const MAX_ROWS = 2 ** 21;
/** A replica's number must fit the 16 bits of `SimulatedVisits.replica`. */
const MAX_REPLICAS = 65_535;
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
}

function checkOperation(operation: OperationSpec, path: string, spec: NetworkSpec): void {
  checkIndex(operation.station, spec.stations.length, `${path}.station`);
  demand(operation.programs.length >= 1, `${path}.programs.length`, 0, "must be ≥ 1");
  checkShares(
    operation.programs.map((program) => program.probability),
    `${path}.programs`,
  );
  operation.programs.forEach((program, index) => {
    checkProgram(program, `${path}.programs[${index}]`, spec);
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

function demand(isTrue: boolean, path: string, value: number, rule: string): void {
  if (!isTrue) throw new RangeError(`${path}: ${value} ${rule}`);
}
