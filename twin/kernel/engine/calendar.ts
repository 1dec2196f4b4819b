import { NOT_A_TIME } from "./failures";
import { addToHeap, heapNextSeconds, heapSize, startHeap, takeFromHeap } from "./heap";
import { fail } from "./host";
import { allocate, allocateMany, entityAt } from "./memory";

/** What `takeBeforeLimit` gives when there is none. */
export const NO_EVENT: i32 = -1;

const NO_DAY: i32 = -1;
/** With this as the beginning of the days, every time lies beyond their end. */
const NO_YEAR: f64 = -Infinity;
const ENTRIES_AT_ONCE: i32 = 256;

/** From this many pending events on days are faster than a heap; they are left again at a third of it. */
export const DAYS_FROM: f64 = 32;
/** The calendar's year is about so many mean delays long: hardly an event lies beyond it. */
const DAYS_PER_EVENT: i32 = 4;
const MAX_DAYS: i32 = 1 << 16;
/** Days are counted in 31 bits; between two looks at the pace a year passes at most `MAX_TAKES` times. */
const LAST_DAY: i32 = 1 << 29;
const MIN_TAKES: i32 = 1024;
const MAX_TAKES: i32 = 8192;

/** An event in a day's list, by time. */
@unmanaged
class Entry {
  time: f64;
  /** The next of its list, or of the free ones. */
  next: Entry | null;
  event: i32;
}

/** Time of the event last taken, or of the last `advanceTo`. */
export let nowSeconds: f64 = -Infinity;
/** Events from then on are not taken. */
export let limitSeconds: f64 = Infinity;

let limit: i32 = 0;
let daysFrom: f64 = DAYS_FROM;
/** Events in the days; the heap has the others. */
let inDays: i32 = 0;

// The ring of days. A day is a number since `firstSeconds`; day d has the list of index d & mask.
let firstSeconds: f64 = NO_YEAR;
let daysPerSecond: f64 = 1;
let mask: i32 = 0;
/** The first day that is more than a year ahead. While there is no ring it is before all days. */
let endDay: i32 = NO_DAY;
/** No event stands in a day before. */
let nextDay: i32 = 0;
let dayHeads: usize = 0;
let dayCapacity: i32 = 0;
let free: Entry | null = null;

// The pace of the events, looked at now and then.
let takesLeft: i32 = MIN_TAKES;
let takes: i32 = MIN_TAKES;
let sinceSeconds: f64 = -Infinity;

/**
 * Events to come, each a whole number ≥ 0 of the caller's making, at most `maxEvents`. Two events at the same instant
 * come out in the order they went in.
 *
 * Few events stand in a heap. Many, from `daysFromEvents` on, stand in a calendar queue (R. Brown 1988): time is cut
 * into days, about one event each, and a year of days goes round in a ring of sorted lists; the heap then keeps what
 * lies more than a year ahead. The length of a day follows the pace of the events. How events are kept never changes
 * their order.
 */
export function startCalendar(maxEvents: i32, daysFromEvents: f64): void {
  startHeap();
  limit = maxEvents;
  daysFrom = daysFromEvents;
  nowSeconds = -Infinity;
  limitSeconds = Infinity;
  inDays = 0;
  firstSeconds = NO_YEAR;
  daysPerSecond = 1;
  mask = 0;
  endDay = NO_DAY;
  nextDay = 0;
  dayHeads = 0;
  dayCapacity = 0;
  free = null;
  takesLeft = MIN_TAKES;
  takes = MIN_TAKES;
  sinceSeconds = -Infinity;
}

export function calendarSize(): i32 {
  return inDays + heapSize();
}

/** Time of the event that comes next; Infinity when there is none. */
export function nextSeconds(): f64 {
  return inDays > 0 ? firstEntry().time : heapNextSeconds();
}

/** Adds an event, not before now; false, and nothing changed, when the calendar is full. */
export function addEvent(timeSeconds: f64, event: i32): bool {
  if (!(timeSeconds >= nowSeconds && timeSeconds < Infinity)) fail(NOT_A_TIME, timeSeconds);
  if (inDays + heapSize() >= limit) return false;
  const day = (timeSeconds - firstSeconds) * daysPerSecond;
  if (day < <f64>endDay) addToDay(<i32>day, timeSeconds, event);
  else addToHeap(timeSeconds, event);
  return true;
}

/** Takes out the next event if its time lies before the limit, and moves now there; NO_EVENT, and nothing changed, otherwise. */
export function takeEvent(): i32 {
  takesLeft -= 1;
  if (takesLeft === 0) followPace();
  if (inDays === 0) return takeOutOfHeap();
  const entry = firstEntry();
  const timeSeconds = entry.time;
  if (timeSeconds >= limitSeconds) return NO_EVENT;
  nowSeconds = timeSeconds;
  const event = removeFirst(entry);
  const newEnd = nextDay + mask + 1;
  if (newEnd !== endDay) moveEnd(newEnd);
  return event;
}

export function setLimit(seconds: f64): void {
  limitSeconds = seconds;
}

/** Moves now without taking an event, for something that happens outside the calendar. */
export function setNow(timeSeconds: f64): void {
  if (!(timeSeconds >= nowSeconds)) fail(NOT_A_TIME, timeSeconds);
  nowSeconds = timeSeconds;
}

/** The earliest entry of the days; there must be one. */
function firstEntry(): Entry {
  let day = nextDay;
  let entry = dayHead(day & mask);
  while (entry === null) {
    day += 1;
    entry = dayHead(day & mask);
  }
  nextDay = day;
  return entry!;
}

/** Takes the earliest entry out of its day, and gives its event. */
function removeFirst(entry: Entry): i32 {
  setDayHead(nextDay & mask, entry.next);
  entry.next = free;
  free = entry;
  inDays -= 1;
  return entry.event;
}

function addToDay(day: i32, timeSeconds: f64, event: i32): void {
  if (day < nextDay) nextDay = day;
  if (free === null) addEntries();
  const entry = free!;
  free = entry.next;
  inDays += 1;
  entry.time = timeSeconds;
  entry.event = event;
  const list = day & mask;
  const head = dayHead(list);
  if (head === null || head.time > timeSeconds) {
    entry.next = head;
    setDayHead(list, entry);
    return;
  }
  let before: Entry = head;
  let after = before.next;
  while (after !== null && after.time <= timeSeconds) {
    before = after;
    after = before.next;
  }
  entry.next = after;
  before.next = entry;
}

function takeOutOfHeap(): i32 {
  const timeSeconds = heapNextSeconds();
  if (timeSeconds >= limitSeconds) return NO_EVENT;
  nowSeconds = timeSeconds;
  const event = takeFromHeap();
  // The days are empty: the year can as well begin now.
  if (endDay !== NO_DAY) beginYear(timeSeconds);
  return event;
}

/** A year of days begins, none of which has an event yet; those of the heap that fall into it move over. */
function beginYear(seconds: f64): void {
  firstSeconds = seconds;
  nextDay = 0;
  moveEnd(mask + 1);
}

function moveEnd(newEnd: i32): void {
  endDay = newEnd;
  while (heapSize() > 0) {
    const timeSeconds = heapNextSeconds();
    const day = (timeSeconds - firstSeconds) * daysPerSecond;
    if (!(day < <f64>newEnd)) return;
    addToDay(<i32>day, timeSeconds, takeFromHeap());
  }
}

/** Fits the days to how fast the events followed each other since it was last called. */
function followPace(): void {
  const size = calendarSize();
  const meanGapSeconds = (nowSeconds - sinceSeconds) / <f64>takes;
  sinceSeconds = nowSeconds;
  takes = min(MAX_TAKES, max(MIN_TAKES, size));
  takesLeft = takes;
  const isWanted = <f64>size >= (endDay === NO_DAY ? daysFrom : daysFrom / 3);
  const pace = 1 / meanGapSeconds;
  // Also false when nothing is known of the pace yet, or all happened at one instant.
  if (isWanted && pace > 0 && pace < Infinity) {
    if (!fits(pace, size)) rebuild(pace, size);
  } else if (!isWanted && endDay !== NO_DAY) {
    clearDays();
  }
}

function fits(pace: f64, size: i32): bool {
  const change = pace / daysPerSecond;
  const wantedDays = min(MAX_DAYS, size * DAYS_PER_EVENT);
  const days = mask + 1;
  return change > 0.5 && change < 2 && days >= wantedDays && days < wantedDays * 4 && endDay < LAST_DAY;
}

function rebuild(pace: f64, size: i32): void {
  clearDays();
  let days: i32 = 1;
  while (days < size * DAYS_PER_EVENT && days < MAX_DAYS) days *= 2;
  if (days > dayCapacity) {
    dayHeads = allocate((<usize>days) << 2);
    dayCapacity = days;
  }
  mask = days - 1;
  daysPerSecond = pace;
  beginYear(nowSeconds);
}

/** Back to the heap alone. Every event of the days is earlier than those that stand there already. */
function clearDays(): void {
  endDay = NO_DAY;
  firstSeconds = NO_YEAR;
  while (inDays > 0) {
    const entry = firstEntry();
    // The heap numbers them anew; they are in order, and earlier than all that it has.
    addToHeap(entry.time, removeFirst(entry));
  }
}

function addEntries(): void {
  const first = allocateMany<Entry>(ENTRIES_AT_ONCE);
  for (let index = ENTRIES_AT_ONCE - 1; index >= 0; index--) {
    const entry = entityAt<Entry>(first, index);
    entry.next = free;
    free = entry;
  }
}

function dayHead(list: i32): Entry | null {
  return changetype<Entry | null>(load<usize>(dayHeads + ((<usize>list) << 2)));
}

function setDayHead(list: i32, entry: Entry | null): void {
  store<usize>(dayHeads + ((<usize>list) << 2), changetype<usize>(entry));
}
