// Goal: a fault does to a table what it does to a distribution, and bins tell distributions apart without inventing evidence.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binEdges, countInBins, effectiveShare, logLikelihood, sharesOf } from "../../../twin/hypotheses/bins.ts";
import {
  delayShifts,
  lossShifts,
  meanShiftSeconds,
  type Shifts,
  shiftedShareUpTo,
  shiftRows,
  stallShifts,
} from "../../../twin/hypotheses/shifts.ts";
import { Reference } from "../../../twin/learning/reference.ts";

const anyShifts: fc.Arbitrary<Shifts> = fc.oneof(
  fc.double({ min: 0.001, max: 2, noNaN: true }).map(delayShifts),
  fc.double({ min: 0, max: 1, noNaN: true }).map(lossShifts),
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.001, max: 3, noNaN: true }))
    .map(([share, longest]) => stallShifts(share, longest)),
);
const anyTable = fc
  .array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float64Array.from(values));

describe("shifts", () => {
  test("have weights that sum to 1 and take nobody's time away", () => {
    fc.assert(
      fc.property(anyShifts, (shifts) => {
        expect(shifts.reduce((sum, each) => sum + each.weight, 0)).toBeCloseTo(1, 9);
        expect(shifts.every((each) => each.weight >= 0 && each.seconds >= 0)).toBe(true);
      }),
    );
  });

  test("make the mean of a table longer by their own, to the share one row in 256 can be off", () => {
    fc.assert(
      fc.property(anyTable, anyShifts, (table, shifts) => {
        const shifted = shiftRows(table, 1, shifts);
        const mean = (values: Float64Array) => values.reduce((sum, each) => sum + each, 0) / values.length;
        const most = Math.max(...shifts.map((each) => each.seconds));
        const off = mean(shifted) - mean(table) - meanShiftSeconds(shifts);
        expect(Math.abs(off)).toBeLessThan((most * 3 * shifts.length) / shifted.length + 1e-9);
      }),
    );
  });

  test("leave all columns but the first as they were", () => {
    const table = Float64Array.of(1, 2, 3, 4);
    const shifted = shiftRows(table, 2, delayShifts(1));
    for (let row = 0; row < shifted.length / 2; row++) expect(shifted[2 * row + 1]).toBe(row % 2 === 0 ? 2 : 4);
  });

  test("shift the distribution as they shift the table: the greatest distance between both is that of a few rows", () => {
    fc.assert(
      fc.property(anyTable, anyShifts, fc.double({ min: 0, max: 8, noNaN: true }), (table, shifts, x) => {
        const shifted = new Reference(shiftRows(table, 1, shifts));
        const rowShare = (2 * table.length * shifts.length) / shifted.count;
        const close = Math.abs(shifted.pit(x) - shiftedShareUpTo(new Reference(table), shifts, x));
        expect(close).toBeLessThan(Math.max(0.08, rowShare));
      }),
    );
  });
});

describe("bins", () => {
  test("hold every sample once, and their shares are those of a distribution without zeros", () => {
    fc.assert(
      fc.property(anyTable, anyTable, (reference, samples) => {
        const counts = countInBins(binEdges(reference.slice().sort()), samples);
        expect(counts.reduce((sum, each) => sum + each, 0)).toBe(samples.length);
        const shares = sharesOf(counts);
        expect(shares.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
        expect(shares.every((each) => each > 0)).toBe(true);
      }),
    );
  });

  test("find no distribution likelier than that of the samples themselves (Gibbs' inequality)", () => {
    fc.assert(
      fc.property(anyTable, anyTable, anyTable, (reference, samples, others) => {
        const edges = binEdges(reference.slice().sort());
        const counts = countInBins(edges, samples);
        const total = counts.reduce((sum, each) => sum + each, 0);
        const own = counts.map((each) => Math.max(1e-12, each / total));
        expect(logLikelihood(counts, own)).toBeGreaterThanOrEqual(
          logLikelihood(counts, sharesOf(countInBins(edges, others))) - 1e-9,
        );
      }),
    );
  });

  test("are worth no more samples than the discrepancy leaves, however many there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0.01, max: 0.3, noNaN: true }), (n, tau) => {
        const worth = n * effectiveShare(n, tau);
        expect(worth).toBeLessThanOrEqual(n);
        expect(worth).toBeLessThanOrEqual(1 / (12 * tau * tau));
      }),
    );
  });
});
