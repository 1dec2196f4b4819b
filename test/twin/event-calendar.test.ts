// Goal: events come out in time order, ties in the order they went in, and nothing happens in the past.
// Method: any sequence of schedules and takes against a sorted list.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventCalendar } from "../../twin/kernel/event-calendar.ts";

describe("order", () => {
  test("two events at the same instant come out in the order they went in", () => {
    const calendar = new EventCalendar(100);
    for (const event of [5, 3, 9, 1, 7, 2]) calendar.schedule(1, event);
    calendar.schedule(0.5, 8);
    expect(Array.from({ length: 7 }, () => calendar.take())).toEqual([8, 5, 3, 9, 1, 7, 2]);
  });

  test("an event scheduled while another is being dealt with comes after all that wait for the same instant", () => {
    const calendar = new EventCalendar(100);
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
        const calendar = new EventCalendar(1000, 1);
        const list: { time: number; turn: number }[] = [];
        let now = 0;
        steps.forEach((delay, turn) => {
          if (delay !== null) {
            expect(calendar.schedule(now + delay, turn)).toBe(true);
            list.push({ time: now + delay, turn });
          } else if (list.length > 0) {
            list.sort((a, b) => a.time - b.time || a.turn - b.turn);
            const next = list.shift()!;
            expect(calendar.nextSeconds).toBe(next.time);
            expect(calendar.take()).toBe(next.turn);
            now = next.time;
            expect(calendar.nowSeconds).toBe(now);
          }
          expect(calendar.size).toBe(list.length);
        });
      }),
    );
  });
});

describe("limits", () => {
  test("the past, NaN and Infinity are refused, and the calendar stays as it was", () => {
    const calendar = new EventCalendar(10);
    calendar.schedule(2, 1);
    calendar.take();
    for (const time of [1.999, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => calendar.schedule(time, 2)).toThrow(`cannot schedule at ${time} s: it is 2 s`);
    }
    expect(calendar.size).toBe(0);
    expect(calendar.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(() => calendar.take()).toThrow(RangeError);
    expect(() => calendar.advanceTo(1)).toThrow("cannot go to 1 s: it is 2 s");
  });

  test("a full calendar says so and keeps what it has", () => {
    const calendar = new EventCalendar(3, 2);
    expect([3, 2, 1, 0].map((time) => calendar.schedule(time, time))).toEqual([true, true, true, false]);
    expect([calendar.take(), calendar.take(), calendar.take()]).toEqual([1, 2, 3]);
  });
});
