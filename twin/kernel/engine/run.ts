import { isOverfull, startAgenda, takeBeforeLimit } from "./agenda";
import { countRest, startBusyServers } from "./busy-servers";
import { NO_EVENT, nowSeconds, setLimit, setNow } from "./calendar";
import { startCalls } from "./calls";
import { Call, Edge, Visit } from "./entities";
import { ANSWER, ARRIVE, BEGIN_SHARE, END_DELAY, END_SEGMENT, END_SHARE, KIND_MASK, RETRY } from "./events";
import { retry, takeAnswer, timeOut } from "./guarded-calls";
import { InFlightColumns, startInFlight } from "./in-flight";
import { isStopped, isTruncated, startLimits, stop } from "./limits";
import { firstPageAt, hasTies, rowCount, startLog } from "./log";
import { allocate, mark, release } from "./memory";
import { columns, edgeAt, loadColumns, operationAt, real, replicaAt, resetNetwork, word } from "./network";
import { startShares } from "./shares";
import { arrive, beginShare, endDelay, endSegment, endShare, startSteps } from "./steps";
import { openCount, openVisit, startVisits } from "./visits";

/** What a run is to do: `putRun` in engine-run.ts writes it in this order. */
@unmanaged
class RunColumns {
  arrivalCount: i32;
  maxOpenVisits: i32;
  recordsAll: i32;
  arrivalSeconds: usize;
  operation: usize;
  streamKeys: usize;
  stallPhases: usize;
  /** Null when no visit is under way. */
  initial: InFlightColumns | null;
  startSeconds: f64;
  untilSeconds: f64;
  maxEvents: f64;
}

/** What a run has come to, besides its rows: engine-outcome.ts reads it in this order. */
@unmanaged
class Outcome {
  rowCount: i32;
  firstPage: usize;
  hasTies: i32;
  isTruncated: i32;
  /** By replica. */
  busySeconds: usize;
  /** By edge. */
  attempts: usize;
  timeouts: usize;
  failures: usize;
  losses: usize;
  /** Keeps what follows where a real number may begin. */
  unused: i32;
  endSeconds: f64;
}

/** All before is the network's. */
let runMark: usize = 0;
let untilSeconds: f64 = 0;
let eventsLeft: f64 = 0;
/** A limit ends the run before its time. */
let isCut: bool = false;

/** Forgets the network and the runs before. */
export function clear(): void {
  release(0);
}

/** Room for what the caller writes: a network before `loadNetwork`, then what a run needs before `simulate`. */
export function reserve(bytes: i32): usize {
  return allocate(<usize>bytes);
}

/** Takes the network of the runs that follow from a `NetworkColumns`. */
export function loadNetwork(at: usize): void {
  loadColumns(at);
  runMark = mark();
}

/** Makes room for the next run. */
export function prepareRun(): void {
  release(runMark);
}

/** Runs what stands in a `RunColumns` and gives where its `Outcome` stands. */
export function simulate(at: usize): Outcome {
  const plan = changetype<RunColumns>(at);
  start(plan);
  let arrival = 0;
  let arrivalSeconds = secondsOf(plan, arrival);
  while (happenBefore(arrivalSeconds)) {
    if (arrivalSeconds === Infinity) return finish(nowSeconds, isTruncated || openCount > 0);
    if (!mayGoOn(arrivalSeconds)) break;
    enter(word(plan.operation, arrival), arrival, arrivalSeconds);
    arrival += 1;
    arrivalSeconds = secondsOf(plan, arrival);
  }
  return isCut ? finish(nowSeconds, true) : finish(untilSeconds, isTruncated);
}

/** Infinity after the last arrival. */
function secondsOf(plan: RunColumns, arrival: i32): f64 {
  return arrival < plan.arrivalCount ? real(plan.arrivalSeconds, arrival) : Infinity;
}

function start(plan: RunColumns): void {
  resetNetwork(plan.streamKeys, plan.stallPhases);
  // A visit and a guarded call await one event each at most, an edge those of its deadlines.
  startAgenda(2 * (plan.maxOpenVisits + columns.edgeCount));
  startVisits(plan.maxOpenVisits);
  startCalls(plan.maxOpenVisits);
  startShares();
  startLimits();
  startLog();
  startBusyServers();
  startSteps(plan.recordsAll === 1);
  untilSeconds = plan.untilSeconds;
  eventsLeft = plan.maxEvents;
  isCut = false;
  const initial = plan.initial;
  if (initial === null) return;
  setNow(plan.startSeconds);
  startInFlight(initial);
}

/** All events before `seconds`; false when the run must end. */
function happenBefore(seconds: f64): bool {
  setLimit(seconds);
  while (true) {
    const event = takeBeforeLimit();
    if (event === NO_EVENT) return true;
    if (!mayGoOn(nowSeconds)) return false;
    happen(event);
  }
}

/** Counts what happens at `seconds`; false when it is too late or too much for this run. */
function mayGoOn(seconds: f64): bool {
  if (seconds > untilSeconds) return false;
  isCut = isStopped || isOverfull || eventsLeft === 0;
  eventsLeft -= 1;
  return !isCut;
}

function enter(operation: i32, root: i32, seconds: f64): void {
  setNow(seconds);
  const visit = openVisit(operationAt(operation), root, null, 0);
  if (visit === null) stop();
  else arrive(visit);
}

function happen(event: i32): void {
  const subject = event & ~KIND_MASK;
  const kind = event & KIND_MASK;
  if (kind === END_SEGMENT) endSegment(changetype<Visit>(subject));
  else if (kind === ARRIVE) arrive(changetype<Visit>(subject));
  else if (kind === END_SHARE) endShare(changetype<Visit>(subject));
  else if (kind === BEGIN_SHARE) beginShare(changetype<Visit>(subject));
  else if (kind === END_DELAY) endDelay(changetype<Visit>(subject));
  else if (kind === ANSWER) takeAnswer(changetype<Call>(subject));
  else if (kind === RETRY) retry(changetype<Call>(subject));
  else timeOut(changetype<Edge>(subject));
}

function finish(endSeconds: f64, isShort: bool): Outcome {
  countRest(endSeconds);
  const outcome = changetype<Outcome>(allocate(offsetof<Outcome>()));
  outcome.rowCount = rowCount;
  outcome.firstPage = firstPageAt();
  outcome.hasTies = hasTies ? 1 : 0;
  outcome.isTruncated = isShort ? 1 : 0;
  outcome.busySeconds = allocate((<usize>columns.replicaCount) << 3);
  outcome.attempts = allocate((<usize>columns.edgeCount) << 3);
  outcome.timeouts = allocate((<usize>columns.edgeCount) << 3);
  outcome.failures = allocate((<usize>columns.edgeCount) << 3);
  outcome.losses = allocate((<usize>columns.edgeCount) << 3);
  outcome.endSeconds = endSeconds;
  for (let i = 0; i < columns.replicaCount; i++) writeReal(outcome.busySeconds, i, replicaAt(i).busySeconds);
  for (let i = 0; i < columns.edgeCount; i++) {
    const edge = edgeAt(i);
    writeReal(outcome.attempts, i, edge.attemptCount);
    writeReal(outcome.timeouts, i, edge.timeoutCount);
    writeReal(outcome.failures, i, edge.failureCount);
    writeReal(outcome.losses, i, edge.lossCount);
  }
  return outcome;
}

function writeReal(column: usize, index: i32, value: f64): void {
  store<f64>(column + ((<usize>index) << 3), value);
}
