import { EventCalendar, NO_EVENT } from "./event-calendar.ts";
import { InstantQueue } from "./instant-queue.ts";

/**
 * What is to happen, and what time it is. Events at the same instant happen in the order they were scheduled; those for
 * this very instant need not go through the calendar, as all that stand in it for now were scheduled before.
 */
export class Agenda {
  readonly #calendar: EventCalendar;
  readonly #instant = new InstantQueue();
  #nowSeconds = Number.NEGATIVE_INFINITY;
  #isOverfull = false;

  constructor(limit: number) {
    this.#calendar = new EventCalendar(limit);
  }

  /** Time of the event last taken, or of the last `advanceTo`. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** True once an event was lost because there were too many. */
  get isOverfull(): boolean {
    return this.#isOverfull;
  }

  /** @throws {RangeError} when the time lies before now or is not a finite number. */
  schedule(timeSeconds: number, event: number): void {
    if (timeSeconds === this.#nowSeconds) this.#instant.add(event);
    else if (!this.#calendar.schedule(timeSeconds, event)) this.#isOverfull = true;
  }

  /** Events from then on are not taken. */
  stopBefore(limitSeconds: number): void {
    this.#calendar.limitSeconds = limitSeconds;
  }

  /** Takes out the next event if its time lies before the limit, and moves now there; NO_EVENT otherwise. */
  takeBeforeLimit(): number {
    if (this.#instant.size > 0) return this.#takeInstant();
    const event = this.#calendar.takeBeforeLimit();
    this.#nowSeconds = this.#calendar.nowSeconds;
    return event;
  }

  /** Moves now without taking an event. @throws {RangeError} into the past. */
  advanceTo(timeSeconds: number): void {
    this.#calendar.advanceTo(timeSeconds);
    this.#nowSeconds = timeSeconds;
  }

  #takeInstant(): number {
    if (this.#nowSeconds >= this.#calendar.limitSeconds) return NO_EVENT;
    if (this.#calendar.nextSeconds > this.#nowSeconds) return this.#instant.take();
    return this.#calendar.take();
  }
}
