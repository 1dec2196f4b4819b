// Goal: events come out in time order, ties in the order they went in, and nothing happens in the past, whether events
// stand in the heap, in days, or move from one to the other.
// Method: one suite for each way of keeping them; sequences of schedules and takes against a sorted list, with delays of
// the kinds that are hard on a calendar queue. Days are laid out only after a thousand takes, so sequences are long.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exponential, type RandomStream, stream } from "../../../twin/kernel/random.ts";
import { engineProbe } from "./engine-probe.ts";

const { startCalendar } = await engineProbe();

const ways = [
  { name: "the heap alone", daysFrom: Number.POSITIVE_INFINITY },
  { name: "days as soon as the pace is known", daysFrom: 1 },
  { name: "what the simulator uses", daysFrom: undefined },
];

/** Delays of the next event, in seconds. */
const delays: Record<string, (random: RandomStream, step: number) => number> = {
  "delays that spread well": (random) => exponential(random, 1),
  "whole seconds only, so that most events tie": (random) => random.nextIndex(4),
  "no time at all, then all at once": (_, step) => (step % 500 === 0 ? 1 : 0),
  "clusters: a thousandth of a second or an hour": (random) =>
    (random.nextUniform() < 0.9 ? 0.001 : 3600) * random.nextUniform(),
  "a pace that slows down a million times": (random, step) => exponential(random, 1e-6 * 1e6 ** (step / 20_000)),
  "a pace that speeds up a million times": (random, step) => exponential(random, 1e6 ** (-step / 20_000)),
  "jumps over years": (random) => (random.nextUniform() < 0.001 ? 1e8 : exponential(random, 1e-3)),
  "times the clock cannot tell apart": (random) => 1e-18 * random.nextIndex(1000),
};

/** What an empty calendar gives. */
const NO_EVENT = -1;

/** A sorted list that does the same. */
class SortedList {
  #events: { readonly time: number; readonly event: number }[] = [];

  get size(): number {
    return this.#events.length;
  }

  add(time: number, event: number): void {
    let at = this.#events.length;
    while (at > 0 && this.#events[at - 1]!.time > time) at--;
    this.#events.splice(at, 0, { time, event });
  }

  take(): { readonly time: number; readonly event: number } | undefined {
    return this.#events.shift();
  }
}

describe.each(ways)("$name", ({ daysFrom }) => {
  test("two events at the same instant come out in the order they went in", () => {
    const calendar = startCalendar(100, daysFrom);
    for (const event of [5, 3, 9, 1, 7, 2]) calendar.schedule(1, event);
    calendar.schedule(0.5, 8);
    expect(Array.from({ length: 7 }, () => calendar.take())).toEqual([8, 5, 3, 9, 1, 7, 2]);
  });

  test("an event scheduled while another is being dealt with comes after all that wait for the same instant", () => {
    const calendar = startCalendar(100, daysFrom);
    calendar.schedule(1, 1);
    calendar.schedule(1, 2);
    calendar.schedule(1, 3);
    expect(calendar.take()).toBe(1);
    calendar.schedule(1, 4);
    expect([calendar.take(), calendar.take(), calendar.take()]).toEqual([2, 3, 4]);
  });

  test("any mix of schedules and takes gives what a sorted list would give", () => {
    // A number schedules an event so long from now; null takes one. Few distinct times make many ties.
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }) },
      { weight: 2, arbitrary: fc.constant(null) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const calendar = startCalendar(1000, daysFrom);
        const list = new SortedList();
        steps.forEach((delay, event) => {
          if (delay !== null) {
            const time = Math.max(0, calendar.nowSeconds) + delay;
            expect(calendar.schedule(time, event)).toBe(true);
            list.add(time, event);
          } else if (list.size > 0) {
            const next = list.take()!;
            expect(calendar.nextSeconds).toBe(next.time);
            expect(calendar.take()).toBe(next.event);
            expect(calendar.nowSeconds).toBe(next.time);
          }
          expect(calendar.size).toBe(list.size);
        });
      }),
    );
  });

  test.each(Object.keys(delays))("a long run gives what a sorted list would give: %s", (kind) => {
    const random = stream(1, kind, "delays");
    const calendar = startCalendar(10_000, daysFrom);
    const list = new SortedList();
    const startSeconds = 1_700_000_000;
    calendar.advanceTo(startSeconds);
    let wrong = 0;
    for (let event = 0; event < 20_000; event++) {
      const time = calendar.nowSeconds + delays[kind]!(random, event);
      calendar.schedule(time, event);
      list.add(time, event);
      // Pending events grow to some hundreds, shrink to none, and so on.
      const isGrowing = event % 4000 < 2200;
      for (let takes = isGrowing ? random.nextIndex(3) : 1 + random.nextIndex(2); takes > 0 && list.size > 0; takes--) {
        const next = list.take()!;
        if (calendar.nextSeconds !== next.time || calendar.take() !== next.event) wrong++;
        // Something outside happens before the next event, and may schedule one that comes first.
        if (random.nextUniform() < 0.1 && calendar.nextSeconds < Number.POSITIVE_INFINITY) {
          calendar.advanceTo((calendar.nowSeconds + calendar.nextSeconds) / 2);
        }
      }
    }
    expect(wrong).toBe(0);
    expect(calendar.size).toBe(list.size);
  });

  test("the past, NaN and Infinity are refused, and the calendar stays as it was", () => {
    const calendar = startCalendar(10, daysFrom);
    calendar.schedule(2, 1);
    calendar.take();
    for (const time of [1.999, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => calendar.schedule(time, 2)).toThrow(`nothing can happen at ${time} s`);
    }
    expect(calendar.size).toBe(0);
    expect(calendar.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(calendar.take()).toBe(NO_EVENT);
    expect(() => calendar.advanceTo(1)).toThrow("nothing can happen at 1 s");
  });

  test("times before 0 are times as well", () => {
    const calendar = startCalendar(10, daysFrom);
    for (const time of [0, -3, -1e9]) calendar.schedule(time, Math.abs(time));
    expect([calendar.take(), calendar.take(), calendar.take()]).toEqual([1e9, 3, 0]);
  });

  test("a full calendar says so and keeps what it has, after long use too", () => {
    const calendar = startCalendar(300, daysFrom);
    const random = stream(2, "full", "delays");
    for (let event = 0; event < 300; event++) calendar.schedule(random.nextUniform(), event);
    for (let step = 0; step < 5000; step++)
      calendar.schedule(calendar.nextSeconds + random.nextUniform(), calendar.take());
    expect(calendar.size).toBe(300);
    expect(calendar.schedule(1e9, 300)).toBe(false);
    const left = Array.from({ length: 300 }, () => calendar.take());
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, event) => event));
    expect(calendar.schedule(1e9, 300)).toBe(true);
  });
});
