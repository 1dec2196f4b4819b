// Goal: event time of a keyed partition waits for whoever has more to say, and for nobody else.
import { describe, expect, test } from "vitest";

import { decodeKeyed, encodeKeyed, type Section } from "../../../src/pipeline/workers/keyed-record.ts";
import { SourceClock } from "../../../src/pipeline/workers/source-clock.ts";
import { SourceWatermarks } from "../../../src/pipeline/workers/source-watermarks.ts";

const NOTHING = new Uint8Array(0);
const section = (
  source: string,
  offset: number,
  eventSeconds: number | null,
  isAtEnd = false,
  asOfSeconds = 0,
): Section => {
  return { source, offset, eventSeconds, isAtEnd, asOfSeconds, signal: "traces", body: NOTHING };
};

function watermarks(sourceCount: number) {
  const marks = new SourceWatermarks();
  const hear = (recordSeconds: number, ...sections: Section[]): number => {
    for (const each of sections) marks.take(each, sourceCount, recordSeconds);
    return marks.advance();
  };
  return { marks, hear };
}

describe("event time", () => {
  test("is not known before every source was heard of", () => {
    const { hear } = watermarks(2);
    expect(hear(0, section("a", 0, 100))).toBe(Number.NEGATIVE_INFINITY);
    expect(hear(1, section("b", 0, 90))).toBe(90);
  });

  test("is that of the slowest, and never goes back", () => {
    const { hear } = watermarks(2);
    hear(0, section("a", 0, 100), section("b", 0, 90));
    expect(hear(1, section("b", 1, 120))).toBe(100);
    expect(hear(2, section("a", 1, 95))).toBe(100);
  });

  test("is not told by sources that hold metrics alone", () => {
    const { hear } = watermarks(2);
    const metrics = { ...section("m", 0, null), signal: "metrics" as const };
    expect(hear(0, section("a", 0, 100), metrics)).toBe(Number.NEGATIVE_INFINITY);
    expect(hear(1, section("b", 0, 90))).toBe(90);
  });

  test("does not wait for a source at its end; when all are, it is that of the latest", () => {
    const { hear } = watermarks(2);
    expect(hear(0, section("a", 0, 100), section("b", -1, null, true))).toBe(100);
    expect(hear(1, section("a", 0, 100, true), section("b", 0, 90, true))).toBe(100);
  });

  test("goes no further than what was written before a source was known to be at its end: it may have more since", () => {
    const { hear } = watermarks(2);
    hear(0, section("a", 0, 100, false, 50), section("b", -1, null, true, 51));
    expect(hear(1, section("a", 1, 400, false, 52))).toBe(100);
    expect(hear(2, section("a", 2, 500, false, 54), section("b", -1, null, true, 53))).toBe(400);
    expect(hear(3, section("b", 0, 420, false, 54))).toBe(420);
  });

  test("waits for a source that was at its end when its worker has fallen silent: it may have more", () => {
    const { hear } = watermarks(2);
    hear(0, section("a", 0, 100), section("b", 0, 99, true));
    expect(hear(5, section("a", 1, 105))).toBe(105);
    expect(hear(30, section("a", 2, 130))).toBe(105);
    expect(hear(31, section("b", 1, 127))).toBe(127);
  });

  test("waits a quarter of an hour, and then no more: the source is gone", () => {
    const { hear } = watermarks(2);
    hear(0, section("a", 0, 100), section("b", 0, 90));
    expect(hear(800, section("a", 1, 900))).toBe(90);
    expect(hear(1000, section("a", 2, 1100))).toBe(1100);
  });
});

test("what was told before is known: a body that comes twice is new once, and an old word changes nothing", () => {
  const marks = new SourceWatermarks();
  expect(marks.take(section("a", 7, 100), 1, 0)).toBe(true);
  expect(marks.take(section("a", 7, 100), 1, 1)).toBe(false);
  expect(marks.take(section("a", 5, 500, true), 1, 2)).toBe(false);
  expect(marks.take(section("a", 8, 101), 1, 3)).toBe(true);
  expect(marks.advance()).toBe(101);
});

test("one broken clock does not move a source; a recording that jumps does", () => {
  const clock = new SourceClock();
  expect(clock.eventSeconds).toBeNull();
  for (const end of [1000, 990, 1001, 1e6, 1002]) clock.take(end);
  expect(clock.eventSeconds).toBe(1002);
  for (let span = 0; span < 200; span++) clock.take(2e6 + span);
  expect(clock.eventSeconds).toBeGreaterThanOrEqual(2e6);
});

test("a record comes back as it was written, and bytes that are none are refused", () => {
  const sections = [
    { ...section("raw/0", 3, 12.5), body: Uint8Array.of(1, 2, 3) },
    section("raw/1", -1, null, true),
    { ...section("metrics/0", 9, null), signal: "metrics" as const, body: Uint8Array.of(9) },
  ];
  const bytes = encodeKeyed({ sourceCount: 2, sections });
  expect(decodeKeyed(Uint8Array.from(bytes))).toEqual({ sourceCount: 2, sections });
  for (const broken of [bytes.subarray(0, 2), bytes.subarray(0, bytes.length - 1), Uint8Array.of(0, 0, 0, 1, 65)]) {
    expect(() => decodeKeyed(broken)).toThrow(/^no record of a keyed topic/);
  }
});
