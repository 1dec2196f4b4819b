import { ADMITTED, admit, joinBatch, REFUSED, releaseServer } from "./admission";
import { schedule } from "./agenda";
import { enterByPresence } from "./balancing";
import { countHeld, countWorked } from "./busy-servers";
import { nowSeconds } from "./calendar";
import { drawGapSeconds, drawProgram, drawReplica, drawSample } from "./draws";
import { Edge, Group, Visit } from "./entities";
import { ARRIVE, BEGIN_SHARE, END_DELAY, END_SEGMENT } from "./events";
import { abandonCalls, answered, callGuarded, onSettled } from "./guarded-calls";
import { stop, truncate } from "./limits";
import { addRow } from "./log";
import { groupAfter } from "./network";
import { endsShare, share } from "./shared-servers";
import { ADMITS, BATCHES, COUNTS_PRESENT, DELAY, DISCIPLINE_MASK, FIFO } from "./traits";
import { closeVisit, openVisit } from "./visits";

// The way of visits through their stations, step by step: arrival, segments, calls, answers, departure.

/** Calls deeper below an arrival are not made and truncate the run: such a call graph has a cycle. */
const MAX_DEPTH: i32 = 100;

let recordsAll: bool = true;

/** `all`: every visit is reported; otherwise those from outside. */
export function startSteps(all: bool): void {
  recordsAll = all;
  onSettled(goOn, failCaller);
}

/** The event ARRIVE. */
export function arrive(visit: Visit): void {
  const operation = visit.operation;
  const traits = operation.traits;
  const station = operation.station;
  const program = drawProgram(operation);
  visit.traits = traits;
  visit.replica = (traits & COUNTS_PRESENT) === 0 ? drawReplica(station) : enterByPresence(station);
  visit.program = program;
  visit.sample = drawSample(program);
  visit.arrivalSeconds = nowSeconds;
  if ((traits & ADMITS) !== 0) {
    const outcome = admit(visit);
    if (outcome !== ADMITTED) {
      if (outcome === REFUSED) leave(visit, 1);
      return;
    }
    // No others share its server.
    if ((traits & BATCHES) !== 0) visit.next = null;
  }
  beginSegment(visit, 0);
}

/** A visit gets its server now and starts. */
export function begin(visit: Visit): void {
  visit.waitingSeconds = nowSeconds - visit.arrivalSeconds;
  beginSegment(visit, 0);
}

/** Begins now. */
export function beginSegment(visit: Visit, segment: i32): void {
  visit.segmentStartSeconds = nowSeconds;
  beginAtStart(visit, segment);
}

/** Work of the segment that a visit runs, or ran last. */
export function workSeconds(visit: Visit): f64 {
  return load<f64>(visit.sample + ((<usize>visit.segment) << 3));
}

/** The event BEGIN_SHARE. */
export function beginShare(visit: Visit): void {
  share(visit, workSeconds(visit));
}

/** The event END_SHARE. */
export function endShare(visit: Visit): void {
  if (endsShare(visit, workSeconds(visit))) endSegment(visit);
}

/** The event END_DELAY. */
export function endDelay(visit: Visit): void {
  countWorked(visit.replica, workSeconds(visit));
  endSegment(visit);
}

/** The event END_SEGMENT, and what the other ends come to. */
export function endSegment(visit: Visit): void {
  const program = visit.program;
  const groupCount = program.groupCount;
  for (;;) {
    const segment = visit.segment;
    if (segment === groupCount) {
      depart(visit, 0);
      return;
    }
    const group = groupAfter(program, segment);
    if (visit.depth === MAX_DEPTH) truncate();
    else if (group.isGuarded === 0) callPlainly(visit, group);
    else callGuarded(visit, group);
    if (visit.pending > 0) {
      visit.answeredSeconds = nowSeconds;
      return;
    }
    // Nobody is waited for. A server of one's own goes through a segment without work at once.
    const isFifo = (visit.traits & DISCIPLINE_MASK) === FIFO;
    if (!isFifo || load<f64>(visit.sample + ((<usize>(segment + 1)) << 3)) !== 0) {
      beginSegment(visit, segment + 1);
      return;
    }
    visit.segment = segment + 1;
  }
}

/** Begins at its `segmentStartSeconds`, now or later: the answers of a call group may still be on their way. */
function beginAtStart(visit: Visit, segment: i32): void {
  const startSeconds = visit.segmentStartSeconds;
  const discipline = visit.traits & DISCIPLINE_MASK;
  visit.segment = segment;
  if (discipline === FIFO) schedule(startSeconds + workSeconds(visit), changetype<i32>(visit) | END_SEGMENT);
  else if (discipline === DELAY) schedule(startSeconds + workSeconds(visit), changetype<i32>(visit) | END_DELAY);
  else if (startSeconds > nowSeconds) schedule(startSeconds, changetype<i32>(visit) | BEGIN_SHARE);
  else share(visit, workSeconds(visit));
}

function callPlainly(caller: Visit, group: Group): void {
  const depth = caller.depth + 1;
  const end = group.edges + ((<usize>group.callCount) << 2);
  let pending = 0;
  for (let at = group.edges; at < end; at += 4) {
    const edge = changetype<Edge>(load<usize>(at));
    const isAsync = edge.isAsync === 1;
    const gapSeconds = drawGapSeconds(edge);
    const visit = openVisit(edge.callee, caller.root, isAsync ? null : caller, depth);
    if (visit === null) {
      stop();
      break;
    }
    edge.attemptCount += 1;
    if (isAsync) {
      schedule(nowSeconds + gapSeconds, changetype<i32>(visit) | ARRIVE);
    } else {
      pending += 1;
      visit.answerDelaySeconds = gapSeconds / 2;
      schedule(nowSeconds + gapSeconds / 2, changetype<i32>(visit) | ARRIVE);
    }
  }
  caller.pending = pending;
}

/** A visit that was let in departs, and so do those that share its server. */
function depart(visit: Visit, isFailed: i32): void {
  const traits = visit.traits;
  if ((traits & ADMITS) !== 0) {
    const replica = visit.replica;
    if ((traits & DISCIPLINE_MASK) === FIFO)
      countHeld(replica, visit.arrivalSeconds + visit.waitingSeconds, nowSeconds);
    if ((traits & BATCHES) !== 0) leaveBatch(visit.next, isFailed);
    // A server falls free: the next visit gets it, and at a batch consumer as many as it takes at once.
    const following = releaseServer(replica);
    if (following !== null) {
      if ((traits & BATCHES) !== 0) joinBatch(following, replica.station.batchSizeMax);
      begin(following);
    }
  }
  leave(visit, isFailed);
}

function leaveBatch(first: Visit | null, isFailed: i32): void {
  let visit = first;
  while (visit !== null) {
    const following = visit.next;
    leave(visit, isFailed);
    visit = following;
  }
}

/** The end of a visit: it is reported and answered. */
function leave(visit: Visit, isFailed: i32): void {
  const parent = visit.parent;
  const call = visit.madeFor;
  if ((visit.traits & COUNTS_PRESENT) !== 0) visit.replica.present -= 1;
  if (recordsAll || visit.depth === 0) addRow(visit, isFailed, nowSeconds);
  const answeredSeconds = nowSeconds + visit.answerDelaySeconds;
  closeVisit(visit);
  if (parent !== null) answer(parent, answeredSeconds);
  else if (call !== null) answered(call, isFailed, answeredSeconds);
}

/** Notes an answer; the last one of a group lets `caller` go on. */
function answer(caller: Visit, seconds: f64): void {
  const answeredSeconds = max<f64>(caller.answeredSeconds, seconds);
  const pending = caller.pending - 1;
  caller.pending = pending;
  caller.answeredSeconds = answeredSeconds;
  if (pending > 0) return;
  caller.segmentStartSeconds = answeredSeconds;
  beginAtStart(caller, caller.segment + 1);
}

function goOn(caller: Visit): void {
  beginSegment(caller, caller.segment + 1);
}

function failCaller(caller: Visit): void {
  abandonCalls(caller);
  caller.pending = 0;
  depart(caller, 1);
}
