import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatClock, formatMoment, formatSince } from "../../ui/format/moment.ts";
import { formatCount, formatDuration, formatFactor, formatRate, formatShare } from "../../ui/format/quantity.ts";

describe("durations", () => {
  test.each([
    [0, "0 ms"],
    [0.000_000_2, "1 µs"],
    [0.000_85, "850 µs"],
    [0.000_999_6, "1.0 ms"],
    [0.0084, "8.4 ms"],
    [0.00996, "10 ms"],
    [0.118, "118 ms"],
    [0.9994, "999 ms"],
    [0.9996, "1.0 s"],
    [1.24, "1.2 s"],
    [9.96, "10 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [3599.6, "1 h"],
    [7500, "2 h 5 min"],
    [86_399, "1 d"],
    [273_600, "3 d 4 h"],
    [-0.0021, "−2.1 ms"],
  ])("%f s reads %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test("what is not there reads as a dash", () => {
    for (const absent of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      expect(formatDuration(absent)).toBe("–");
  });

  test("a longer duration never reads as a shorter one, and no unit overflows", () => {
    const unit: Readonly<Record<string, number>> = { µs: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };
    const read = (text: string): number =>
      [...text.matchAll(/([\d.]+) (µs|ms|s|min|h|d)/g)].reduce(
        (sum, [, value, name]) => sum + Number(value) * (unit[name ?? ""] ?? Number.NaN),
        0,
      );
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 50, noNaN: true }),
        (seconds, factor) => {
          const short = formatDuration(seconds);
          const long = formatDuration(seconds * factor);
          expect(read(long)).toBeGreaterThanOrEqual(read(short) * 0.999_999);
          expect(Math.abs(read(short) / seconds - 1)).toBeLessThan(0.06 + (seconds < 2e-5 ? 0.5 : 0));
          expect(short).not.toMatch(/\b(1000 (µs|ms)|60 (s|min)|24 h)\b/);
        },
      ),
    );
  });
});

describe("rates, shares and counts", () => {
  test.each([
    [0, "0/s"],
    [0.824, "0.82/s"],
    [0.997, "1.0/s"],
    [23.44, "23.4/s"],
    [99.96, "100/s"],
    [1239.6, "1,240/s"],
  ])("%f a second reads %s", (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  test.each([
    [0, "0 %"],
    [0.0004, "< 0.1 %"],
    [0.004, "0.4 %"],
    [0.012, "1.2 %"],
    [0.05, "5 %"],
    [0.62, "62 %"],
    [0.9949, "99 %"],
    [0.995, "> 99 %"],
    [0.999_999, "> 99 %"],
    [1, "100 %"],
  ])("a share of %f reads %s", (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  test("something is never shown as nothing, nor nearly all as all", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }), (share) => {
        expect(formatShare(share)).not.toBe("0 %");
        expect(formatShare(share)).not.toBe("100 %");
      }),
    );
  });

  test("thousands are separated, and a factor needs something to compare with", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
    expect(formatCount(999)).toBe("999");
    expect(formatFactor(0.64, 0.118)).toBe("5.4×");
    expect(formatFactor(0.64, 0)).toBeNull();
  });
});

describe("moments", () => {
  const at = Date.UTC(2026, 2, 14, 14, 32, 5) / 1000;

  test("are said in UTC wherever the reader is", () => {
    expect(formatClock(at)).toBe("14:32:05");
    expect(formatMoment(at)).toBe("2026-03-14 14:32:05 UTC");
    expect(formatClock(null)).toBe("–");
    expect(formatMoment(1e300)).toBe("–");
  });

  test("carry their day only when it is another one", () => {
    expect(formatSince(at, at + 3600)).toBe("14:32:05");
    expect(formatSince(at, at + 86_400)).toBe("03-14 14:32");
  });
});
