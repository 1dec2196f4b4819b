import {
  addEvent,
  DAYS_FROM,
  limitSeconds,
  NO_EVENT,
  nextSeconds,
  nowSeconds,
  startCalendar,
  takeEvent,
} from "./calendar";
import { allocate } from "./memory";

const INITIAL_CAPACITY: i32 = 256;

/** True once an event was lost because there were too many. */
export let isOverfull: bool = false;

// Events for this very instant, in a ring.
let events: usize = 0;
let capacity: i32 = 0;
let head: i32 = 0;
let size: i32 = 0;

/**
 * What is to happen. Events at the same instant happen in the order they were scheduled; those for this very instant
 * need not go through the calendar, as all that stand in it for now were scheduled before.
 */
export function startAgenda(maxEvents: i32): void {
  startCalendar(maxEvents, DAYS_FROM);
  isOverfull = false;
  capacity = INITIAL_CAPACITY;
  events = allocate((<usize>capacity) << 2);
  head = 0;
  size = 0;
}

export function schedule(timeSeconds: f64, event: i32): void {
  if (timeSeconds === nowSeconds) addInstant(event);
  else if (!addEvent(timeSeconds, event)) isOverfull = true;
}

/** Takes out the next event if its time lies before the limit, and moves now there; NO_EVENT otherwise. */
export function takeBeforeLimit(): i32 {
  return size > 0 ? takeInstant() : takeEvent();
}

function takeInstant(): i32 {
  if (nowSeconds >= limitSeconds) return NO_EVENT;
  if (nextSeconds() <= nowSeconds) return takeEvent();
  const event = load<i32>(events + ((<usize>head) << 2));
  head = (head + 1) & (capacity - 1);
  size -= 1;
  return event;
}

function addInstant(event: i32): void {
  if (size === capacity) grow();
  store<i32>(events + ((<usize>((head + size) & (capacity - 1))) << 2), event);
  size += 1;
}

function grow(): void {
  const grown = allocate((<usize>capacity) << 3);
  for (let i = 0; i < size; i++) {
    store<i32>(grown + ((<usize>i) << 2), load<i32>(events + ((<usize>((head + i) & (capacity - 1))) << 2)));
  }
  events = grown;
  capacity *= 2;
  head = 0;
}
