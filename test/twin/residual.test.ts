// Goal: a residual is a fair measure of surprise: uniform when nothing changed, monotone in the change, deaf to one freak.
// Method: samples of known distributions are held against references of the same or of another one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lognormal, stream } from "../../twin/kernel/random.ts";
import { Reference } from "../../twin/learning/reference.ts";
import { Discrepancy, ResidualAccumulator, SAMPLES_MIN } from "../../twin/learning/residual.ts";
import { NumberRing } from "../../twin/learning/ring.ts";

const times = fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 });

function draws(count: number, seed: number, factor = 1): Float64Array {
  const random = stream(seed, 1, "residual test");
  return Float64Array.from({ length: count }, () => factor * lognormal(random, 0.01, 0.8));
}

function residualOf(samples: Float64Array, reference: Reference, discrepancy = new Discrepancy()) {
  const accumulator = new ResidualAccumulator();
  for (const sample of samples) accumulator.add(sample, reference);
  return accumulator.residual(discrepancy);
}

describe("a reference", () => {
  test("has a PIT that never falls as x grows, is 0 below and 1 above all samples", () => {
    fc.assert(
      fc.property(times, times, (samples, probes) => {
        const reference = new Reference(Float64Array.from(samples));
        const pits = probes.sort((a, b) => a - b).map((x) => reference.pit(x));
        expect(pits).toEqual([...pits].sort((a, b) => a - b));
        expect(reference.pit(0)).toBe(0);
        expect(reference.pit(11)).toBe(1);
      }),
    );
  });

  test("counts ties half, so that its own samples have a mean PIT of exactly one half", () => {
    fc.assert(
      fc.property(times, (samples) => {
        const reference = new Reference(Float64Array.from(samples));
        const mean = samples.reduce((sum, each) => sum + reference.pit(each), 0) / samples.length;
        expect(mean).toBeCloseTo(0.5, 10);
      }),
    );
  });

  test("does not reorder the samples it was given, and has no opinion without any", () => {
    const samples = Float64Array.of(3, 1, 2);
    expect(new Reference(samples).quantile(0.5)).toBe(2);
    expect([...samples]).toEqual([3, 1, 2]);
    const empty = new Reference(new Float64Array());
    expect([empty.meanSeconds, empty.p95Seconds, empty.variance]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("leaves the largest hundredth out of its variance only", () => {
    const samples = Float64Array.from({ length: 200 }, (_, i) => 1 + (i % 2));
    const calm = new Reference(samples);
    samples[0] = 1000;
    const freak = new Reference(samples);
    expect(freak.variance).toBeLessThan(2 * calm.variance);
    expect(freak.meanSeconds).toBeGreaterThan(3 * calm.meanSeconds);
  });
});

describe("a residual", () => {
  test(`is null with fewer than ${SAMPLES_MIN} samples`, () => {
    const reference = new Reference(draws(500, 1));
    expect(residualOf(draws(SAMPLES_MIN - 1, 2), reference)).toBeNull();
    expect(residualOf(draws(SAMPLES_MIN, 2), reference)?.sampleCount).toBe(SAMPLES_MIN);
  });

  test("grows with the slowdown and is negative when faster", () => {
    const reference = new Reference(draws(2000, 1));
    const z = [0.5, 1, 1.3, 2, 4].map((factor) => residualOf(draws(100, 2, factor), reference)!.z);
    expect(z).toEqual([...z].sort((a, b) => a - b));
    expect(z[0]).toBeLessThan(-1);
    expect(z[3]).toBeGreaterThan(3);
  });

  test("one freak among a hundred does not move z beyond 2, however long it took", () => {
    const reference = new Reference(draws(2000, 1));
    for (let seed = 2; seed < 12; seed++) {
      const samples = draws(100, seed);
      samples[0] = 60;
      expect(residualOf(samples, reference)!.z, `seed ${seed}`).toBeLessThan(2);
    }
  });

  test("with more samples is surer of the same change", () => {
    const reference = new Reference(draws(2000, 1));
    const discrepancy = new Discrepancy();
    for (let window = 0; window < 60; window++) discrepancy.learn(residualOf(draws(100, 100 + window), reference));
    const few = residualOf(draws(8, 7, 1.6), reference, discrepancy)!;
    const many = residualOf(draws(400, 7, 1.6), reference, discrepancy)!;
    expect(many.z).toBeGreaterThan(few.z);
  });

  test("of two halves joined is the residual of the whole", () => {
    const reference = new Reference(draws(500, 1));
    const samples = draws(50, 3, 1.4);
    const [left, right] = [new ResidualAccumulator(), new ResidualAccumulator()];
    samples.forEach((sample, i) => {
      (i < 20 ? left : right).add(sample, reference);
    });
    left.join(right);
    const whole = residualOf(samples, reference)!;
    const joined = left.residual(new Discrepancy())!;
    expect(joined.sampleCount).toBe(50);
    expect(joined.z).toBeCloseTo(whole.z, 10);
    expect(joined.tail).toBeCloseTo(whole.tail, 10);
  });

  test("stays a number when what is expected takes no time at all", () => {
    const residual = residualOf(Float64Array.of(0, 0, 0, 0, 0.1), new Reference(new Float64Array(50)))!;
    expect(Object.values(residual).every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe("the discrepancy", () => {
  test("shrinks towards its floor in windows that are as expected, and grows in windows that are not", () => {
    const reference = new Reference(draws(2000, 1));
    const [fair, poor, fresh] = [new Discrepancy(), new Discrepancy(), new Discrepancy()];
    for (let window = 0; window < 100; window++) {
      fair.learn(residualOf(draws(100, 200 + window), reference));
      poor.learn(residualOf(draws(100, 200 + window, window % 2 === 0 ? 2 : 0.5), reference));
    }
    expect(fair.shift).toBeLessThan(fresh.shift);
    expect(poor.shift).toBeGreaterThan(fresh.shift);
    expect(fair.logMean).toBeLessThan(poor.logMean);
  });

  test("learns nothing from a window without samples", () => {
    const discrepancy = new Discrepancy();
    const before = [discrepancy.shift, discrepancy.logMean];
    discrepancy.learn(null);
    expect([discrepancy.shift, discrepancy.logMean]).toEqual(before);
  });
});

test("a ring keeps the last numbers, oldest first, and never more than fit", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (numbers, capacity) => {
      const ring = new NumberRing(capacity);
      for (const number of numbers) ring.push(number);
      expect([...ring.take()]).toEqual(numbers.slice(-capacity));
      expect(ring.length).toBe(Math.min(capacity, numbers.length));
    }),
  );
});
