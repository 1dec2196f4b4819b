import { EventHeap } from "./event-heap.ts";

/** What `takeBeforeLimit` gives when there is none. */
export const NO_EVENT = -1;

const END = -1;
const INITIAL_CAPACITY = 256;
const NO_DAY = -1;
/** With this as the beginning of the days, every time lies beyond their end. */
const NO_YEAR = Number.NEGATIVE_INFINITY;

/** From this many pending events on days are faster than a heap; they are left again at a third of it. */
const DAYS_FROM = 32;
/** The calendar's year is about so many mean delays long: hardly an event lies beyond it. */
const DAYS_PER_EVENT = 4;
const MAX_DAYS = 2 ** 16;
/** Days are counted in 31 bits; between two looks at the pace a year passes at most `MAX_TAKES` times. */
const LAST_DAY = 2 ** 29;
const MIN_TAKES = 1024;
const MAX_TAKES = 8192;

/**
 * Events to come, each a whole number ≥ 0 of the caller's making. Two events at the same instant come out in the order they went in.
 *
 * Few events stand in a heap. Many stand in a calendar queue (R. Brown 1988): time is cut into days, about one event
 * each, and a year of days goes round in a ring of sorted lists; the heap then keeps what lies more than a year ahead.
 * The length of a day follows the pace of the events. How events are kept never changes their order.
 */
export class EventCalendar {
  readonly #limit: number;
  readonly #daysFrom: number;
  readonly #heap: EventHeap;
  #nowSeconds = Number.NEGATIVE_INFINITY;
  /** Where `takeBeforeLimit` stops. A number handed to a function costs an allocation, one that stands here does not. */
  limitSeconds = Number.POSITIVE_INFINITY;
  /** Events in the days; the heap has the others. */
  #inDays = 0;

  // The ring of days. A day is a number since `#firstSeconds`; day d has the list of index d & #mask.
  #firstSeconds = NO_YEAR;
  #daysPerSecond = 1;
  #mask = 0;
  /** The first day that is more than a year ahead. While there is no ring it is before all days. */
  #endDay = NO_DAY;
  /** No event stands in a day before. */
  #nextDay = 0;
  #dayHead: Int32Array = new Int32Array(0);

  // The entries of the lists.
  #times: Float64Array = new Float64Array(0);
  /** By entry: the next of its list or of the free ones, and the event. */
  #links: Int32Array = new Int32Array(0);
  #free = END;

  // The pace of the events, looked at now and then.
  #takesLeft = MIN_TAKES;
  #takes = MIN_TAKES;
  #sinceSeconds = Number.NEGATIVE_INFINITY;

  /** Holds at most `limit` events; keeps them in days once there are `daysFrom`, Infinity for never. */
  constructor(limit: number, daysFrom = DAYS_FROM) {
    this.#limit = limit;
    this.#daysFrom = daysFrom;
    this.#heap = new EventHeap(INITIAL_CAPACITY);
  }

  get size(): number {
    return this.#inDays + this.#heap.size;
  }

  /** Time of the event last taken, or of the last `advanceTo`. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** Time of the event that `take` would give; Infinity when there is none. */
  get nextSeconds(): number {
    return this.#inDays > 0 ? this.#times[this.#firstEntry()]! : this.#heap.nextSeconds;
  }

  /**
   * Adds an event; false, and nothing changed, when the calendar is full.
   *
   * @throws {RangeError} when the time lies before now or is not a finite number.
   */
  schedule(timeSeconds: number, event: number): boolean {
    if (!(timeSeconds >= this.#nowSeconds && timeSeconds < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`cannot schedule at ${timeSeconds} s: it is ${this.#nowSeconds} s`);
    }
    if (this.#inDays + this.#heap.size >= this.#limit) return false;
    const day = (timeSeconds - this.#firstSeconds) * this.#daysPerSecond;
    if (day < this.#endDay) this.#addToDay(day | 0, timeSeconds, event);
    else this.#heap.add(timeSeconds, event);
    return true;
  }

  /** Takes out the next event and moves now to its time. @throws {RangeError} when there is none. */
  take(): number {
    const limitSeconds = this.limitSeconds;
    this.limitSeconds = Number.POSITIVE_INFINITY;
    const event = this.takeBeforeLimit();
    this.limitSeconds = limitSeconds;
    if (event === NO_EVENT) throw new RangeError("the calendar is empty");
    return event;
  }

  /** Takes out the next event if its time lies before the limit, and moves now there; NO_EVENT, and nothing changed, otherwise. */
  takeBeforeLimit(): number {
    if (--this.#takesLeft === 0) this.#followPace();
    if (this.#inDays === 0) return this.#takeFromHeap();
    const entry = this.#firstEntry();
    const timeSeconds = this.#times[entry]!;
    if (timeSeconds >= this.limitSeconds) return NO_EVENT;
    this.#nowSeconds = timeSeconds;
    const event = this.#removeFirst(entry);
    const endDay = (this.#nextDay + this.#mask + 1) | 0;
    if (endDay !== this.#endDay) this.#moveEnd(endDay);
    return event;
  }

  /** Moves now without taking an event, for something that happens outside the calendar. @throws {RangeError} into the past. */
  advanceTo(timeSeconds: number): void {
    if (!(timeSeconds >= this.#nowSeconds)) {
      throw new RangeError(`cannot go to ${timeSeconds} s: it is ${this.#nowSeconds} s`);
    }
    this.#nowSeconds = timeSeconds;
  }

  /** The entry of the earliest event in the days; there must be one. */
  #firstEntry(): number {
    const head = this.#dayHead;
    const mask = this.#mask;
    let day = this.#nextDay;
    let entry = head[day & mask]!;
    while (entry === END) {
      day = (day + 1) | 0;
      entry = head[day & mask]!;
    }
    this.#nextDay = day;
    return entry;
  }

  /** Takes the earliest entry out of its day, and gives its event. */
  #removeFirst(entry: number): number {
    const links = this.#links;
    const at = entry << 1;
    this.#dayHead[this.#nextDay & this.#mask] = links[at]!;
    links[at] = this.#free;
    this.#free = entry;
    this.#inDays = (this.#inDays - 1) | 0;
    return links[at + 1]!;
  }

  #addToDay(day: number, timeSeconds: number, event: number): void {
    if (day < this.#nextDay) this.#nextDay = day;
    if (this.#free === END) this.#growEntries();
    const times = this.#times;
    const links = this.#links;
    const entry = this.#free;
    const at = entry << 1;
    this.#free = links[at]!;
    this.#inDays = (this.#inDays + 1) | 0;
    times[entry] = timeSeconds;
    links[at + 1] = event;
    const list = day & this.#mask;
    let after = this.#dayHead[list]!;
    if (after === END || times[after]! > timeSeconds) {
      links[at] = after;
      this.#dayHead[list] = entry;
      return;
    }
    let before = after;
    for (after = links[before << 1]!; after !== END && times[after]! <= timeSeconds; after = links[before << 1]!) {
      before = after;
    }
    links[at] = after;
    links[before << 1] = entry;
  }

  #takeFromHeap(): number {
    const timeSeconds = this.#heap.nextSeconds;
    if (timeSeconds >= this.limitSeconds) return NO_EVENT;
    this.#nowSeconds = timeSeconds;
    const event = this.#heap.take();
    // The days are empty: the year can as well begin now.
    if (this.#endDay !== NO_DAY) this.#beginYear(timeSeconds);
    return event;
  }

  /** A year of days begins, none of which has an event yet; those of the heap that fall into it move over. */
  #beginYear(firstSeconds: number): void {
    this.#firstSeconds = firstSeconds;
    this.#nextDay = 0;
    this.#moveEnd(this.#mask + 1);
  }

  #moveEnd(endDay: number): void {
    this.#endDay = endDay;
    const heap = this.#heap;
    while (heap.size > 0) {
      const timeSeconds = heap.nextSeconds;
      const day = (timeSeconds - this.#firstSeconds) * this.#daysPerSecond;
      if (!(day < endDay)) return;
      this.#addToDay(day | 0, timeSeconds, heap.take());
    }
  }

  /** Fits the days to how fast the events followed each other since it was last called. */
  #followPace(): void {
    const size = this.size;
    const elapsed = this.#nowSeconds - this.#sinceSeconds;
    const meanGapSeconds = elapsed / this.#takes;
    this.#sinceSeconds = this.#nowSeconds;
    this.#takes = Math.min(MAX_TAKES, Math.max(MIN_TAKES, size));
    this.#takesLeft = this.#takes;
    const isWanted = size >= (this.#endDay === NO_DAY ? this.#daysFrom : this.#daysFrom / 3);
    const daysPerSecond = 1 / meanGapSeconds;
    // Also false when nothing is known of the pace yet, or all happened at one instant.
    if (isWanted && daysPerSecond > 0 && daysPerSecond < Number.POSITIVE_INFINITY) {
      if (!this.#fits(daysPerSecond, size)) this.#rebuild(daysPerSecond, size);
    } else if (!isWanted && this.#endDay !== NO_DAY) {
      this.#clearDays();
    }
  }

  #fits(daysPerSecond: number, size: number): boolean {
    const change = daysPerSecond / this.#daysPerSecond;
    const wantedDays = Math.min(MAX_DAYS, size * DAYS_PER_EVENT);
    const days = this.#mask + 1;
    return change > 0.5 && change < 2 && days >= wantedDays && days < wantedDays * 4 && this.#endDay < LAST_DAY;
  }

  #rebuild(daysPerSecond: number, size: number): void {
    this.#clearDays();
    let days = 1;
    while (days < size * DAYS_PER_EVENT && days < MAX_DAYS) days *= 2;
    if (this.#dayHead.length !== days) this.#dayHead = new Int32Array(days).fill(END);
    this.#mask = days - 1;
    this.#daysPerSecond = daysPerSecond;
    this.#beginYear(this.#nowSeconds);
  }

  /** Back to the heap alone. Every event of the days is earlier than those that stand there already. */
  #clearDays(): void {
    this.#endDay = NO_DAY;
    this.#firstSeconds = NO_YEAR;
    while (this.#inDays > 0) {
      const entry = this.#firstEntry();
      // The heap numbers them anew; they are in order, and earlier than all that it has.
      this.#heap.add(this.#times[entry]!, this.#removeFirst(entry));
    }
  }

  #growEntries(): void {
    const used = this.#times.length;
    const capacity = Math.max(INITIAL_CAPACITY, used * 2);
    const times = new Float64Array(capacity);
    const links = new Int32Array(2 * capacity);
    times.set(this.#times);
    links.set(this.#links);
    for (let entry = used; entry < capacity; entry++) links[2 * entry] = entry + 1 < capacity ? entry + 1 : END;
    this.#free = used;
    this.#times = times;
    this.#links = links;
  }
}
