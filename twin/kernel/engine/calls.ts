import { Call, Edge, Link, Visit } from "./entities";
import { allocateMany } from "./memory";

// What a guarded call is doing.
/** Its attempt has not been sent: it waits for a connection. */
export const WAITS_FOR_CONNECTION: i32 = 0;
/** Its attempt is on its way or at the callee. */
export const IS_SENT: i32 = 1;
/** Its answer comes at a time that is known; the event is set. */
export const IS_ANSWERED: i32 = 2;
/** The answer would come after the deadline: nothing but the timeout is to be expected. */
export const IS_TOO_LATE: i32 = 3;
/** Its next attempt comes at a time that is known; the event is set. */
export const BACKS_OFF: i32 = 4;
/** It has succeeded or failed for good. */
export const IS_SETTLED: i32 = 5;
/** Its caller is gone, and an event that is still set must find it so. */
export const IS_ABANDONED: i32 = 6;

let limit: i32 = 0;
let used: i32 = 0;
let free: Call | null = null;

export function startCalls(maxOpenCalls: i32): void {
  limit = maxOpenCalls;
  used = 0;
  free = null;
}

/** A guarded call of `caller`; null when the limit is reached. */
export function openCall(caller: Visit, edge: Edge): Call | null {
  let call = free;
  if (call !== null) {
    free = call.next;
  } else {
    if (used === limit) return null;
    used += 1;
    call = newCall();
  }
  call.caller = caller;
  call.edge = edge;
  call.attempt = 0;
  call.visit = null;
  return call;
}

export function closeCall(call: Call): void {
  call.next = free;
  free = call;
}

function newCall(): Call {
  const call = changetype<Call>(allocateMany<Call>(1));
  call.inDeadlines = newLink(call);
  call.inWaiting = newLink(call);
  return call;
}

function newLink(call: Call): Link {
  const link = changetype<Link>(allocateMany<Link>(1));
  link.call = call;
  return link;
}
