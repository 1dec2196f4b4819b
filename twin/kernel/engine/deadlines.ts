import { schedule } from "./agenda";
import { Call, Edge, Link } from "./entities";
import { TIMEOUT } from "./events";
import { firstOf, insertAfter, remove } from "./queues";

// When the attempts along each edge time out. All of an edge may take equally long, so they stand in a queue by deadline,
// and one event an edge, for the oldest, is enough: an attempt that is answered in time leaves nothing behind.

/** The attempt of `call` ends at `deadlineSeconds` if it is not answered; Infinity for never. */
export function setDeadline(call: Call, deadlineSeconds: f64): void {
  const edge = call.edge;
  call.deadlineSeconds = deadlineSeconds;
  if (deadlineSeconds === Infinity) return;
  const last = edge.deadlines.tail;
  let place: Link | null = last;
  // Only those from before the run, whose gaps are drawn anew, may come out of order.
  while (place !== null && place.call.deadlineSeconds > deadlineSeconds) place = place.previous;
  insertAfter(edge.deadlines, place, call.inDeadlines);
  const isBeforeOthers = place === null && last !== null;
  if (isBeforeOthers || edge.isTimerSet === 0) setTimer(edge, deadlineSeconds);
}

/** The attempt of `call` has ended. */
export function clearDeadline(call: Call): void {
  if (call.deadlineSeconds < Infinity) remove(call.edge.deadlines, call.inDeadlines);
}

/** At the event TIMEOUT: takes out a call along `edge` whose deadline is now, or gives null and waits for the next. */
export function takeDue(edge: Edge, nowSeconds: f64): Call | null {
  const call = firstOf(edge.deadlines);
  if (call !== null && call.deadlineSeconds <= nowSeconds) {
    remove(edge.deadlines, call.inDeadlines);
    return call;
  }
  edge.isTimerSet = 0;
  if (call !== null) setTimer(edge, call.deadlineSeconds);
  return null;
}

function setTimer(edge: Edge, deadlineSeconds: f64): void {
  edge.isTimerSet = 1;
  schedule(deadlineSeconds, changetype<i32>(edge) | TIMEOUT);
}
