import { Connections, Edge, Group, Operation, Pool, Program, Queue, Replica, Stalls, Station } from "./entities";
import { allocate, allocateMany, entityAt, mark } from "./memory";
import { Stream, startStream } from "./streams";
import { STALLS } from "./traits";

/** How many there are of each kind, and where each column of a `CompiledNetwork` begins: engine-network.ts writes them in this order. */
@unmanaged
export class NetworkColumns {
  stationCount: i32;
  replicaCount: i32;
  operationCount: i32;
  programCount: i32;
  groupCount: i32;
  callCount: i32;
  edgeCount: i32;
  poolCount: i32;
  stationTraits: usize;
  serverCount: usize;
  admittedCount: usize;
  queueCapacity: usize;
  batchSizeMax: usize;
  pauseIntervalSeconds: usize;
  pauseDurationSeconds: usize;
  throttlePeriodSeconds: usize;
  throttleQuotaSeconds: usize;
  balancing: usize;
  replicaFirst: usize;
  replicaStation: usize;
  replicaCumulative: usize;
  replicaGuide: usize;
  operationStation: usize;
  programFirst: usize;
  programCumulative: usize;
  programGuide: usize;
  samples: usize;
  programSampleFirst: usize;
  programRows: usize;
  programBlockLength: usize;
  groupFirst: usize;
  groupIsGuarded: usize;
  callFirst: usize;
  callEdge: usize;
  edgeCallee: usize;
  edgeIsAsync: usize;
  gaps: usize;
  edgeGapFirst: usize;
  edgeGapCount: usize;
  edgeLossProbability: usize;
  edgeRetransmitSeconds: usize;
  edgeTimeoutSeconds: usize;
  edgeAttemptsMax: usize;
  edgeBackoffSeconds: usize;
  edgeBackoffFactor: usize;
  edgeIsRequired: usize;
  edgePool: usize;
  poolStation: usize;
  poolConnectionCount: usize;
}

/** The network of the runs. */
export let columns: NetworkColumns = changetype<NetworkColumns>(0);

let stations: usize = 0;
let replicas: usize = 0;
let operations: usize = 0;
let programs: usize = 0;
let groups: usize = 0;
let edges: usize = 0;
let entitiesEnd: usize = 0;
/** The entities as no run has touched them. */
let untouched: usize = 0;

/** Makes entities of the columns. */
export function loadColumns(columnsAt: usize): void {
  columns = changetype<NetworkColumns>(columnsAt);
  stations = allocateMany<Station>(columns.stationCount);
  replicas = allocateMany<Replica>(columns.replicaCount);
  operations = allocateMany<Operation>(columns.operationCount);
  programs = allocateMany<Program>(columns.programCount);
  groups = allocateMany<Group>(columns.groupCount);
  edges = allocateMany<Edge>(columns.edgeCount);
  for (let station = 0; station < columns.stationCount; station++) loadStation(station);
  for (let operation = 0; operation < columns.operationCount; operation++) loadOperation(operation);
  loadPrograms();
  loadGroups();
  const pools = allocateMany<Pool>(columns.poolCount);
  for (let pool = 0; pool < columns.poolCount; pool++) loadPool(pool, entityAt<Pool>(pools, pool));
  for (let edge = 0; edge < columns.edgeCount; edge++) loadEdge(edge, pools);
  entitiesEnd = mark();
  untouched = allocate(entitiesEnd - stations);
  memory.copy(untouched, stations, entitiesEnd - stations);
}

/**
 * Forgets what runs have done to the entities. Every stream gets its two keys, and every replica whose work stands still
 * at times the phases of its pauses and its periods: see engine-run.ts and stall-phases.ts for their order.
 */
export function resetNetwork(keysAt: usize, phasesAt: usize): void {
  memory.copy(stations, untouched, entitiesEnd - stations);
  for (let i = 0; i < columns.replicaCount; i++) {
    const stalls = replicaAt(i).stalls;
    if (stalls === null) continue;
    stalls.pausePhaseSeconds = real(phasesAt, 2 * i);
    stalls.periodPhaseSeconds = real(phasesAt, 2 * i + 1);
  }
  let keys = keysAt;
  for (let i = 0; i < columns.stationCount; i++, keys += 8) startByKeys(stationAt(i), keys);
  for (let i = 0; i < columns.operationCount; i++, keys += 8) startByKeys(operationAt(i), keys);
  for (let i = 0; i < columns.programCount; i++, keys += 8) startByKeys(programAt(i), keys);
  for (let i = 0; i < columns.edgeCount; i++, keys += 8) startByKeys(edgeAt(i), keys);
  for (let i = 0; i < columns.edgeCount; i++, keys += 8) startByKeys(edgeAt(i).lossStream, keys);
}

export function stationAt(number: i32): Station {
  return entityAt<Station>(stations, number);
}

export function replicaAt(number: i32): Replica {
  return entityAt<Replica>(replicas, number);
}

export function operationAt(number: i32): Operation {
  return entityAt<Operation>(operations, number);
}

export function programAt(number: i32): Program {
  return entityAt<Program>(programs, number);
}

function groupAt(number: i32): Group {
  return entityAt<Group>(groups, number);
}

/** The calls that a visit of `program` makes after `segment`. */
export function groupAfter(program: Program, segment: i32): Group {
  return entityAt<Group>(changetype<usize>(program.firstGroup), segment);
}

export function edgeAt(number: i32): Edge {
  return entityAt<Edge>(edges, number);
}

/** Entry of a column of 32-bit words. */
export function word(column: usize, index: i32): i32 {
  return load<i32>(column + ((<usize>index) << 2));
}

/** Entry of a column of real numbers. */
export function real(column: usize, index: i32): f64 {
  return load<f64>(column + ((<usize>index) << 3));
}

function startByKeys(stream: Stream, keys: usize): void {
  startStream(stream, load<i32>(keys), load<i32>(keys, 4));
}

function loadStation(number: i32): void {
  const station = stationAt(number);
  const firstReplica = word(columns.replicaFirst, number);
  station.traits = word(columns.stationTraits, number);
  station.balancing = word(columns.balancing, number);
  station.batchSizeMax = word(columns.batchSizeMax, number);
  station.replicaCount = word(columns.replicaFirst, number + 1) - firstReplica;
  station.firstReplicaNumber = firstReplica;
  station.firstReplica = replicaAt(firstReplica);
  for (let index = 0; index < station.replicaCount; index++) {
    const replica = replicaAt(firstReplica + index);
    replica.station = station;
    replica.number = index;
    replica.free = real(columns.admittedCount, number);
    replica.queueCapacity = real(columns.queueCapacity, number);
    replica.serverCount = real(columns.serverCount, number);
    replica.readAtSeconds = -Infinity;
    if ((station.traits & STALLS) !== 0) replica.stalls = loadStalls(number);
  }
}

function loadStalls(station: i32): Stalls {
  const stalls = changetype<Stalls>(allocateMany<Stalls>(1));
  stalls.pauseIntervalSeconds = real(columns.pauseIntervalSeconds, station);
  stalls.pauseDurationSeconds = real(columns.pauseDurationSeconds, station);
  stalls.periodSeconds = real(columns.throttlePeriodSeconds, station);
  stalls.quotaSeconds = real(columns.throttleQuotaSeconds, station);
  stalls.serverCount = real(columns.serverCount, station);
  return stalls;
}

function loadOperation(number: i32): void {
  const operation = operationAt(number);
  operation.number = number;
  operation.station = stationAt(word(columns.operationStation, number));
  operation.traits = operation.station.traits;
  operation.firstProgram = word(columns.programFirst, number);
  operation.programCount = word(columns.programFirst, number + 1) - operation.firstProgram;
  for (let index = 0; index < operation.programCount; index++) programAt(operation.firstProgram + index).number = index;
}

function loadPrograms(): void {
  for (let number = 0; number < columns.programCount; number++) {
    const program = programAt(number);
    const firstGroup = word(columns.groupFirst, number);
    program.firstGroup = groupAt(firstGroup);
    program.groupCount = word(columns.groupFirst, number + 1) - firstGroup;
    program.segmentCount = program.groupCount + 1;
    program.samples = columns.samples + ((<usize>word(columns.programSampleFirst, number)) << 3);
    program.rowCount = word(columns.programRows, number);
    program.blockLength = word(columns.programBlockLength, number);
  }
}

function loadGroups(): void {
  const groupEdges = allocate((<usize>columns.callCount) << 2);
  for (let call = 0; call < columns.callCount; call++) {
    store<usize>(groupEdges + ((<usize>call) << 2), changetype<usize>(edgeAt(word(columns.callEdge, call))));
  }
  for (let number = 0; number < columns.groupCount; number++) {
    const group = groupAt(number);
    const firstCall = word(columns.callFirst, number);
    group.isGuarded = word(columns.groupIsGuarded, number);
    group.callCount = word(columns.callFirst, number + 1) - firstCall;
    group.edges = groupEdges + ((<usize>firstCall) << 2);
  }
}

function loadPool(number: i32, pool: Pool): void {
  const station = stationAt(word(columns.poolStation, number));
  const first = allocateMany<Connections>(station.replicaCount);
  pool.firstReplicaNumber = station.firstReplicaNumber;
  pool.firstConnections = changetype<Connections>(first);
  for (let replica = 0; replica < station.replicaCount; replica++) {
    const connections = entityAt<Connections>(first, replica);
    connections.free = word(columns.poolConnectionCount, number);
    connections.waiting = changetype<Queue>(allocateMany<Queue>(1));
  }
}

function loadEdge(number: i32, pools: usize): void {
  const edge = edgeAt(number);
  const pool = word(columns.edgePool, number);
  edge.callee = operationAt(word(columns.edgeCallee, number));
  edge.isAsync = word(columns.edgeIsAsync, number);
  edge.gapCount = word(columns.edgeGapCount, number);
  edge.gaps = columns.gaps + ((<usize>word(columns.edgeGapFirst, number)) << 3);
  edge.pool = pool < 0 ? null : entityAt<Pool>(pools, pool);
  edge.isRequired = word(columns.edgeIsRequired, number);
  edge.attemptsMax = word(columns.edgeAttemptsMax, number);
  edge.deadlines = changetype<Queue>(allocateMany<Queue>(1));
  edge.lossStream = changetype<Stream>(allocateMany<Stream>(1));
  edge.timeoutSeconds = real(columns.edgeTimeoutSeconds, number);
  edge.lossProbability = real(columns.edgeLossProbability, number);
  edge.retransmitSeconds = real(columns.edgeRetransmitSeconds, number);
  edge.backoffSeconds = real(columns.edgeBackoffSeconds, number);
  edge.backoffFactor = real(columns.edgeBackoffFactor, number);
}
