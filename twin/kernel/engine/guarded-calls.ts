import { schedule } from "./agenda";
import { nowSeconds } from "./calendar";
import {
  BACKS_OFF,
  closeCall,
  IS_ABANDONED,
  IS_ANSWERED,
  IS_SENT,
  IS_SETTLED,
  IS_TOO_LATE,
  openCall,
  WAITS_FOR_CONNECTION,
} from "./calls";
import { holdConnection, leaveQueue, releaseConnection, takeConnection } from "./connection-pools";
import { clearDeadline, setDeadline, takeDue } from "./deadlines";
import { drawGapSeconds, drawLosses } from "./draws";
import { Call, Edge, Group, Visit } from "./entities";
import { ANSWER, ARRIVE, RETRY } from "./events";
import { stop } from "./limits";
import { openVisit } from "./visits";

// Calls that can be lost, wait for a connection, time out, fail or be attempted again. Answers are events of their own
// here, where a plain call needs none.

/** All calls of a group are settled: the caller goes on. */
let goOn: (caller: Visit) => void = nothing;
/** A call that the caller needs has failed: so does the caller. */
let failCaller: (caller: Visit) => void = nothing;

/** What becomes of callers is for those who make the calls to do. */
export function onSettled(whenDone: (caller: Visit) => void, whenFailed: (caller: Visit) => void): void {
  goOn = whenDone;
  failCaller = whenFailed;
}

/** `caller`, which waits for nothing so far, makes the calls of `group`. */
export function callGuarded(caller: Visit, group: Group): void {
  for (let position = 0; position < group.callCount; position++) {
    const edge = changetype<Edge>(load<usize>(group.edges + ((<usize>position) << 2)));
    if (edge.isAsync === 1) {
      send(caller, edge);
      continue;
    }
    const call = open(caller, edge);
    if (call !== null) attempt(call);
  }
}

/** A call of `caller` along `edge` whose callee is under way as `visit` when the run begins. */
export function resumeCall(caller: Visit, edge: Edge, visit: Visit): void {
  const call = open(caller, edge);
  if (call === null) return;
  const halfGapSeconds = drawGapSeconds(edge) / 2;
  const pool = edge.pool;
  visit.madeFor = call;
  visit.answerDelaySeconds = halfGapSeconds;
  call.attempt = 1;
  call.visit = visit;
  call.state = IS_SENT;
  if (pool !== null) holdConnection(pool, caller.replica);
  setDeadline(call, max<f64>(visit.arrivalSeconds - halfGapSeconds + edge.timeoutSeconds, nowSeconds));
}

/** The visit made for `call` departs; its answer is back at `answerSeconds`. */
export function answered(call: Call, isFailed: i32, answerSeconds: f64): void {
  call.visit = null;
  if (answerSeconds > call.deadlineSeconds) {
    call.state = IS_TOO_LATE;
    return;
  }
  clearDeadline(call);
  call.hasCalleeFailed = isFailed;
  call.state = IS_ANSWERED;
  schedule(answerSeconds, changetype<i32>(call) | ANSWER);
}

/** The event ANSWER. */
export function takeAnswer(call: Call): void {
  if (call.state === IS_ABANDONED) {
    closeCall(call);
    return;
  }
  giveConnectionBack(call);
  if (call.hasCalleeFailed === 0) {
    settle(call);
    return;
  }
  call.edge.failureCount += 1;
  attemptFailed(call);
}

/** The event RETRY. */
export function retry(call: Call): void {
  if (call.state === IS_ABANDONED) closeCall(call);
  else attempt(call);
}

/** The event TIMEOUT. */
export function timeOut(edge: Edge): void {
  for (let call = takeDue(edge, nowSeconds); call !== null; call = takeDue(edge, nowSeconds)) {
    edge.timeoutCount += 1;
    breakOff(call);
    attemptFailed(call);
  }
}

/** The caller is about to depart as failed: nobody waits for its calls any more. */
export function abandonCalls(caller: Visit): void {
  // Those in the queue first: a connection given back by one must not go to another.
  let call = caller.firstCall;
  while (call !== null) {
    if (call.state === WAITS_FOR_CONNECTION) {
      clearDeadline(call);
      breakOff(call);
      call.state = IS_SETTLED;
    }
    call = call.next;
  }
  call = caller.firstCall;
  while (call !== null) {
    const following = call.next;
    abandon(call);
    call = following;
  }
}

/** Sends a message that nobody waits for. */
function send(caller: Visit, edge: Edge): void {
  edge.attemptCount += 1;
  const gapSeconds = drawGapSeconds(edge) + lossSeconds(edge);
  const visit = openVisit(edge.callee, caller.root, null, caller.depth + 1);
  if (visit === null) stop();
  else schedule(nowSeconds + gapSeconds, changetype<i32>(visit) | ARRIVE);
}

function open(caller: Visit, edge: Edge): Call | null {
  const call = openCall(caller, edge);
  if (call === null) {
    stop();
    return null;
  }
  call.next = caller.pending === 0 ? null : caller.firstCall;
  caller.firstCall = call;
  caller.pending += 1;
  return call;
}

function attempt(call: Call): void {
  const edge = call.edge;
  const pool = edge.pool;
  edge.attemptCount += 1;
  call.attempt += 1;
  setDeadline(call, nowSeconds + edge.timeoutSeconds);
  if (pool === null || takeConnection(pool, call)) sendAttempt(call);
  else call.state = WAITS_FOR_CONNECTION;
}

function sendAttempt(call: Call): void {
  const edge = call.edge;
  const caller = call.caller;
  const halfGapSeconds = drawGapSeconds(edge) / 2;
  const thereSeconds = halfGapSeconds + lossSeconds(edge);
  const visit = openVisit(edge.callee, caller.root, null, caller.depth + 1);
  if (visit === null) {
    stop();
    return;
  }
  visit.madeFor = call;
  visit.answerDelaySeconds = halfGapSeconds + lossSeconds(edge);
  call.visit = visit;
  call.state = IS_SENT;
  schedule(nowSeconds + thereSeconds, changetype<i32>(visit) | ARRIVE);
}

/** What losses add to the way of one message: it is sent again after 1, then 2, then 4 … times the wait. */
function lossSeconds(edge: Edge): f64 {
  if (edge.lossProbability === 0) return 0;
  const losses = drawLosses(edge);
  edge.lossCount += <f64>losses;
  return edge.retransmitSeconds * <f64>((1 << losses) - 1);
}

/** Nobody waits for the attempt any more: its visit works on for nobody, its connection goes to the next. */
function breakOff(call: Call): void {
  const visit = call.visit;
  call.visit = null;
  if (visit !== null) visit.madeFor = null;
  if (call.state !== WAITS_FOR_CONNECTION) giveConnectionBack(call);
  else leaveQueue(call.edge.pool!, call);
}

function giveConnectionBack(call: Call): void {
  const pool = call.edge.pool;
  if (pool === null) return;
  const nextCall = releaseConnection(pool, call.caller.replica);
  if (nextCall !== null) sendAttempt(nextCall);
}

function attemptFailed(call: Call): void {
  const edge = call.edge;
  if (call.attempt < edge.attemptsMax) {
    call.state = BACKS_OFF;
    schedule(nowSeconds + backoffSeconds(edge, call.attempt), changetype<i32>(call) | RETRY);
  } else if (edge.isRequired === 0) {
    settle(call);
  } else {
    call.state = IS_SETTLED;
    failCaller(call.caller);
  }
}

function backoffSeconds(edge: Edge, attempts: i32): f64 {
  let seconds = edge.backoffSeconds;
  for (let attempt = 1; attempt < attempts; attempt++) seconds *= edge.backoffFactor;
  return seconds;
}

function settle(call: Call): void {
  const caller = call.caller;
  call.state = IS_SETTLED;
  caller.pending -= 1;
  if (caller.pending > 0) return;
  let settled = caller.firstCall;
  while (settled !== null) {
    const following = settled.next;
    closeCall(settled);
    settled = following;
  }
  goOn(caller);
}

function abandon(call: Call): void {
  const state = call.state;
  if (state === IS_ANSWERED || state === BACKS_OFF) {
    if (state === IS_ANSWERED) giveConnectionBack(call);
    call.state = IS_ABANDONED;
    return;
  }
  if (state !== IS_SETTLED) {
    clearDeadline(call);
    breakOff(call);
  }
  closeCall(call);
}

function nothing(_caller: Visit): void {}
