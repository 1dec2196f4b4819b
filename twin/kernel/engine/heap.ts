import { allocate } from "./memory";

const INITIAL_CAPACITY: i32 = 256;

let times: usize = 0;
/** How many were added before: the rule for ties. */
let turns: usize = 0;
let events: usize = 0;
let capacity: i32 = 0;
let filled: i32 = 0;
let nextTurn: f64 = 0;
let hasHole: bool = false;

/**
 * Events by time in a heap of four children a node; equal times come out in the order they went in.
 *
 * Taking an event leaves a hole at the top, which the next added event fills: most events bring about just one other,
 * and so sift once, not twice.
 */
export function startHeap(): void {
  capacity = INITIAL_CAPACITY;
  times = allocate((<usize>capacity) << 3);
  turns = allocate((<usize>capacity) << 3);
  events = allocate((<usize>capacity) << 2);
  filled = 0;
  nextTurn = 0;
  hasHole = false;
}

export function heapSize(): i32 {
  return hasHole ? filled - 1 : filled;
}

/** Time of the event that `takeFromHeap` would give; Infinity when there is none. */
export function heapNextSeconds(): f64 {
  if (hasHole) closeHole();
  return filled === 0 ? Infinity : timeAt(0);
}

export function addToHeap(timeSeconds: f64, event: i32): void {
  const turn = nextTurn;
  nextTurn = turn + 1;
  if (hasHole) {
    hasHole = false;
    sinkFromTop(timeSeconds, turn, event);
    return;
  }
  if (filled === capacity) grow();
  rise(timeSeconds, turn, event);
}

/** Takes out the next event; there must be one. */
export function takeFromHeap(): i32 {
  if (hasHole) closeHole();
  hasHole = true;
  return eventAt(0);
}

function closeHole(): void {
  hasHole = false;
  const last = filled - 1;
  filled = last;
  if (last > 0) sinkFromTop(timeAt(last), turnAt(last), eventAt(last));
}

function rise(time: f64, turn: f64, event: i32): void {
  let at = filled;
  filled = at + 1;
  while (at > 0) {
    const parent = (at - 1) >> 2;
    // The newcomer has the highest turn of all, so it never passes an equal time.
    if (timeAt(parent) <= time) break;
    put(at, timeAt(parent), turnAt(parent), eventAt(parent));
    at = parent;
  }
  put(at, time, turn, event);
}

function sinkFromTop(time: f64, turn: f64, event: i32): void {
  const count = filled;
  let at = 0;
  for (;;) {
    const first = (at << 2) + 1;
    if (first >= count) break;
    const end = min(first + 4, count);
    let least = first;
    let leastTime = timeAt(first);
    for (let child = first + 1; child < end; child++) {
      const childTime = timeAt(child);
      if (childTime < leastTime || (childTime === leastTime && turnAt(child) < turnAt(least))) {
        least = child;
        leastTime = childTime;
      }
    }
    if (leastTime > time || (leastTime === time && turnAt(least) > turn)) break;
    put(at, leastTime, turnAt(least), eventAt(least));
    at = least;
  }
  put(at, time, turn, event);
}

function grow(): void {
  const count = <usize>capacity;
  const grownTimes = allocate(count << 4);
  const grownTurns = allocate(count << 4);
  const grownEvents = allocate(count << 3);
  memory.copy(grownTimes, times, count << 3);
  memory.copy(grownTurns, turns, count << 3);
  memory.copy(grownEvents, events, count << 2);
  times = grownTimes;
  turns = grownTurns;
  events = grownEvents;
  capacity *= 2;
}

function put(at: i32, time: f64, turn: f64, event: i32): void {
  store<f64>(times + ((<usize>at) << 3), time);
  store<f64>(turns + ((<usize>at) << 3), turn);
  store<i32>(events + ((<usize>at) << 2), event);
}

function timeAt(at: i32): f64 {
  return load<f64>(times + ((<usize>at) << 3));
}

function turnAt(at: i32): f64 {
  return load<f64>(turns + ((<usize>at) << 3));
}

function eventAt(at: i32): i32 {
  return load<i32>(events + ((<usize>at) << 2));
}
