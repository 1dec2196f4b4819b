import { holdServer, resumeAtDoor } from "./admission";
import { schedule } from "./agenda";
import { countFrom, countWorked } from "./busy-servers";
import { nowSeconds } from "./calendar";
import { drawGapSeconds } from "./draws";
import { Edge, Replica, Visit } from "./entities";
import { END_DELAY, END_SEGMENT } from "./events";
import { resumeCall } from "./guarded-calls";
import { stop } from "./limits";
import { allocate } from "./memory";
import { columns, edgeAt, groupAfter, operationAt, programAt, real, replicaAt, word } from "./network";
import { share } from "./shared-servers";
import { begin, beginSegment, workSeconds } from "./steps";
import { ADMITS, COUNTS_PRESENT, DELAY, DISCIPLINE_MASK, FIFO, PS } from "./traits";
import { openVisit } from "./visits";

/** Visits under way as the run begins: `putInFlight` in engine-run.ts writes them in this order. Programs and replicas are numbered through the network. */
@unmanaged
export class InFlightColumns {
  count: i32;
  /** Root of a visit that stands in row 0 and has no caller. */
  firstRoot: i32;
  operation: usize;
  replica: usize;
  program: usize;
  /** Row of the caller, −1 for none, and the edge it called along. */
  parent: usize;
  edge: usize;
  segment: usize;
  isWaiting: usize;
  /** Index in the network's samples of its first segment. */
  sample: usize;
  arrivalSeconds: usize;
  elapsedSeconds: usize;
}

/**
 * Puts visits under way into a run that begins now. More of them may hold servers, or wait, than the stations allow:
 * they keep what they have, and nobody else gets it before enough have departed.
 */
export function startInFlight(initial: InFlightColumns): void {
  const visits = allocate((<usize>initial.count) << 2);
  countFrom(nowSeconds);
  for (let row = 0; row < initial.count; row++) {
    const parent = word(initial.parent, row);
    const caller: Visit | null = parent < 0 ? null : changetype<Visit>(word(visits, parent));
    const root = caller === null ? initial.firstRoot + row : caller.root;
    const depth = caller === null ? 0 : caller.depth + 1;
    const visit = openVisit(operationAt(word(initial.operation, row)), root, null, depth);
    if (visit === null) {
      stop();
      return;
    }
    store<usize>(visits + ((<usize>row) << 2), changetype<usize>(visit));
    describe(initial, row, visit);
    takePlace(visit, word(initial.isWaiting, row) === 0);
    if (caller !== null) awaitAnswer(caller, edgeAt(word(initial.edge, row)), visit);
  }
  for (let row = 0; row < initial.count; row++) goOn(initial, row, changetype<Visit>(word(visits, row)));
}

function describe(initial: InFlightColumns, row: i32, visit: Visit): void {
  visit.replica = replicaAt(word(initial.replica, row));
  visit.traits = visit.operation.traits;
  visit.program = programAt(word(initial.program, row));
  visit.sample = columns.samples + ((<usize>word(initial.sample, row)) << 3);
  visit.segment = word(initial.segment, row);
  visit.arrivalSeconds = real(initial.arrivalSeconds, row);
  visit.segmentStartSeconds = nowSeconds - real(initial.elapsedSeconds, row);
  visit.next = null;
}

/** A visit that has begun holds its server; how long it waited for it can be told in its first segment only. */
function takePlace(visit: Visit, isRunning: bool): void {
  const replica: Replica = visit.replica;
  if ((visit.traits & COUNTS_PRESENT) !== 0) replica.present += 1;
  if (visit.segment < 0) return;
  if ((visit.traits & ADMITS) !== 0) holdServer(replica);
  if ((visit.traits & DISCIPLINE_MASK) === FIFO && visit.segment === 0 && isRunning)
    visit.waitingSeconds = max<f64>(0, visit.segmentStartSeconds - visit.arrivalSeconds);
}

function awaitAnswer(caller: Visit, edge: Edge, visit: Visit): void {
  const group = groupAfter(caller.program, caller.segment);
  caller.answeredSeconds = nowSeconds;
  if (group.isGuarded === 1) {
    resumeCall(caller, edge, visit);
    return;
  }
  visit.parent = caller;
  caller.pending += 1;
  visit.answerDelaySeconds = drawGapSeconds(edge) / 2;
}

function goOn(initial: InFlightColumns, row: i32, visit: Visit): void {
  if (visit.segment < 0) {
    const hasToWait = (visit.traits & ADMITS) !== 0 && !resumeAtDoor(visit);
    if (!hasToWait) begin(visit);
  } else if (word(initial.isWaiting, row) === 0) {
    continueSegment(visit, real(initial.elapsedSeconds, row));
  } else if (visit.pending === 0) {
    beginSegment(visit, visit.segment + 1);
  }
}

/** A visit has been in its segment for `elapsedSeconds` and goes on with it. */
function continueSegment(visit: Visit, elapsedSeconds: f64): void {
  const discipline = visit.traits & DISCIPLINE_MASK;
  const leftSeconds = max<f64>(0, workSeconds(visit) - elapsedSeconds);
  // Counted in full when the segment ends.
  if (discipline === DELAY) countWorked(visit.replica, -elapsedSeconds);
  const kind = discipline === FIFO ? END_SEGMENT : END_DELAY;
  if (discipline === PS) share(visit, leftSeconds);
  else schedule(nowSeconds + leftSeconds, changetype<i32>(visit) | kind);
}
