import { Edge, Operation, Program, Replica, Station } from "./entities";
import { columns, programAt, replicaAt } from "./network";
import { nextIndex, nextUniform } from "./streams";

// How the replica of a visit is chosen, as in `CompiledNetwork`.
const ONLY_ONE: i32 = 0;
const IN_TURN: i32 = 2;

/** Most losses of one message in a row, as a TCP sender gives up after so many; it gets through then. */
const MAX_LOSSES: i32 = 15;

/** The replica of `station` that is next in turn, or drawn by weight. */
export function drawReplica(station: Station): Replica {
  if (station.balancing === ONLY_ONE) return station.firstReplica;
  if (station.balancing !== IN_TURN) return drawReplicaByWeight(station);
  const turn = station.turn;
  station.turn = turn + 1 === station.replicaCount ? 0 : turn + 1;
  return replicaAt(station.firstReplicaNumber + turn);
}

export function drawReplicaByWeight(station: Station): Replica {
  const first = station.firstReplicaNumber;
  const uniform = nextUniform(station);
  return replicaAt(choose(columns.replicaCumulative, columns.replicaGuide, first, station.replicaCount, uniform));
}

/** The call program of the next visit of `operation`. */
export function drawProgram(operation: Operation): Program {
  const first = operation.firstProgram;
  const count = operation.programCount;
  if (count === 1) return programAt(first);
  return programAt(choose(columns.programCumulative, columns.programGuide, first, count, nextUniform(operation)));
}

/**
 * Where the next visit that runs `program` finds the work of its first segment: in the next row of the program's block,
 * or in a new block's first.
 */
export function drawSample(program: Program): usize {
  const left = program.leftOfBlock;
  let row = 0;
  if (left === 0) {
    row = nextIndex(program, program.rowCount);
    program.leftOfBlock = program.blockLength - 1;
  } else {
    row = program.row + 1;
    if (row === program.rowCount) row = 0;
    program.leftOfBlock = left - 1;
  }
  program.row = row;
  return program.samples + ((<usize>(row * program.segmentCount)) << 3);
}

/** Gap of the next call along `edge`, in seconds. */
export function drawGapSeconds(edge: Edge): f64 {
  const index = edge.gapCount === 1 ? 0 : nextIndex(edge, edge.gapCount);
  return load<f64>(edge.gaps + ((<usize>index) << 3));
}

/** How often the next message along `edge` is lost before it gets through. */
export function drawLosses(edge: Edge): i32 {
  let losses = 0;
  while (losses < MAX_LOSSES && nextUniform(edge.lossStream) < edge.lossProbability) losses++;
  return losses;
}

/** See choice-table.ts. */
function choose(cumulative: usize, guide: usize, first: i32, count: i32, uniform: f64): i32 {
  const last = first + count - 1;
  let at = load<i32>(guide + ((<usize>(first + <i32>(uniform * <f64>count))) << 2));
  while (at < last && load<f64>(cumulative + ((<usize>at) << 3)) <= uniform) at++;
  return at;
}
