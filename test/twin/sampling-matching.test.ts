// Goal: a tenth of the visits, at several levels of load, name the station's discipline and servers, or say they cannot.
// Method: stations whose truth another simulator made (no inverse crime); what is seen is a thinned sample and the rate.
import { describe, expect, test, vi } from "vitest";
import type { StationStructure } from "../../src/contracts/forecast.ts";
import { type LoadLevel, lognormalTable, SampledStation } from "../../twin/identification/sampled-station.ts";
import { matchStructures } from "../../twin/identification/simulation-matching.ts";
import { stream } from "../../twin/kernel/random.ts";
import { drawVisits, fifoStays, psStays } from "./queue-truth.ts";

// A station takes some seconds of work, and more on a machine that does other things.
vi.setConfig({ testTimeout: 240_000 });

const MEAN_SECONDS = 0.01;
const SHARE = 0.1;
const CHOICES: readonly StationStructure[] = [
  { discipline: "delay", serverCount: Number.POSITIVE_INFINITY },
  ...[1, 2, 4].flatMap((serverCount): StationStructure[] => [
    { discipline: "fifo", serverCount },
    { discipline: "ps", serverCount },
  ]),
];

interface Truth {
  readonly structure: StationStructure;
  readonly loads?: readonly number[];
  readonly variation?: number;
  readonly count?: number;
  /** Time each visit waits for calls, a server held. */
  readonly childSeconds?: number;
  readonly seed: number;
}

function seen({ structure, loads = [0.2, 0.4, 0.6, 0.7], ...truth }: Truth): LoadLevel[] {
  const { variation = 0.5, count = 6000, childSeconds = 0, seed } = truth;
  const { discipline, serverCount } = structure;
  return loads.map((load, level) => {
    const ratePerSecond = (load * serverCount) / (MEAN_SECONDS + childSeconds);
    const drawn = drawVisits({ ratePerSecond, meanSeconds: MEAN_SECONDS, variation, count, seed: seed + 100 * level });
    const held = drawn.services.map((service) => service + childSeconds);
    const stays = (discipline === "fifo" ? fifoStays : psStays)(drawn.arrivals, held, serverCount);
    const keep = stream(seed, level, "sample");
    const kept = stays.filter(() => keep.nextUniform() < SHARE);
    return [
      {
        ratePerSecond: count / drawn.arrivals.at(-1)!,
        ownSeconds: Float64Array.from(kept, (stay) => stay - childSeconds),
        childSeconds: childSeconds > 0 ? new Float64Array([childSeconds]) : new Float64Array(),
        sampledShare: SHARE,
      },
    ];
  });
}

describe("a tenth of the visits at four levels of load", () => {
  test.each([
    [{ discipline: "fifo", serverCount: 1 }, 1],
    [{ discipline: "ps", serverCount: 2 }, 0.5],
  ] as const)(
    "tell %j with variation %d, its mean within 5 % and its variation within 15 %",
    (structure, variation) => {
      const found = matchStructures(seen({ structure, variation, seed: 7 }), { seed: 1, candidates: CHOICES });
      expect(found.best).toEqual(structure);
      expect(found.plausible).toContainEqual(structure);
      expect(found.isIdentified).toBe(true);
      expect(found.fits[0]!.structure).toEqual(structure);
      expect(Math.abs(found.fits[0]!.meanSeconds[0]! / MEAN_SECONDS - 1)).toBeLessThan(0.05);
      expect(Math.abs(found.fits[0]!.variation / variation - 1)).toBeLessThan(0.15);
    },
  );

  test("tell a worker pool that is held over calls, where the calls take most of its time", () => {
    const structure = { discipline: "fifo", serverCount: 2 } as const;
    const levels = seen({ structure, childSeconds: 0.02, variation: 1, loads: [0.3, 0.5, 0.7], count: 4000, seed: 11 });
    const others = [CHOICES[0]!, { discipline: "fifo", serverCount: 1 }, { discipline: "ps", serverCount: 2 }] as const;
    const found = matchStructures(levels, { seed: 1, candidates: [...others, structure] });
    expect(found.best).toEqual(structure);
    expect(found.isIdentified).toBe(true);
  });

  test("of a station that never queued leave it open, and say so", () => {
    const structure = { discipline: "ps", serverCount: 4 } as const;
    const found = matchStructures(seen({ structure, loads: [0.05, 0.1, 0.15], seed: 13 }), {
      seed: 1,
      candidates: CHOICES,
    });
    expect(found.isIdentified).toBe(false);
    expect(found.plausible).toContainEqual(CHOICES[0]);
  });
});

test("two kinds of work get a mean each", () => {
  const structure = { discipline: "fifo", serverCount: 1 } as const;
  const station = (seed: number): LoadLevel[] =>
    [0.3, 0.5, 0.7].map((load, level) => {
      const count = 5000;
      const ratePerSecond = load / MEAN_SECONDS;
      const { arrivals, services } = drawVisits({
        ratePerSecond,
        meanSeconds: 1,
        variation: 0.5,
        count,
        seed: seed + level,
      });
      // Every other visit takes three times as long; the mean of both is the usual one.
      const work = services.map((service, i) => service * MEAN_SECONDS * (i % 2 === 0 ? 0.5 : 1.5));
      const stays = fifoStays(arrivals, work, 1);
      const keep = stream(seed, level, "sample");
      const kept = stays.map((stay, i) => ({ stay, kind: i % 2 })).filter(() => keep.nextUniform() < 0.2);
      return [0, 1].map((kind) => ({
        ratePerSecond: ratePerSecond / 2,
        ownSeconds: Float64Array.from(
          kept.filter((each) => each.kind === kind),
          (each) => each.stay,
        ),
        childSeconds: new Float64Array(),
        sampledShare: 0.2,
      }));
    });
  const sampled = new SampledStation(station(17), 12_000, 1);
  const { parameters } = sampled.fit(structure, sampled.start(), 48);
  const [short, long] = parameters.kindFactors.map((factor) => factor * Math.exp(parameters.logMean));
  expect(long! / short!).toBeGreaterThan(2.4);
  expect(long! / short!).toBeLessThan(3.6);
  expect(Math.abs((short! + long!) / 2 / MEAN_SECONDS - 1)).toBeLessThan(0.1);
});

test("the same levels and seed give the same answer", () => {
  const candidates = CHOICES.slice(0, 3);
  const levels = seen({ structure: { discipline: "fifo", serverCount: 1 }, loads: [0.3, 0.6], count: 3500, seed: 19 });
  const found = matchStructures(levels, { seed: 1, candidates });
  expect(matchStructures(levels, { seed: 1, candidates })).toEqual(found);
});

test("a table of a lognormal has its mean and variation", () => {
  const table = lognormalTable(0.02, 0.8);
  const mean = table.reduce((sum, each) => sum + each, 0) / table.length;
  const variance = table.reduce((sum, each) => sum + (each - mean) ** 2, 0) / table.length;
  expect(Math.abs(mean / 0.02 - 1)).toBeLessThan(0.005);
  expect(Math.abs(Math.sqrt(variance) / mean / 0.8 - 1)).toBeLessThan(0.02);
});

test("no level and a rate that is not above zero are refused", () => {
  expect(() => matchStructures([], { seed: 1 })).toThrow(/levels/);
  const none = seen({ structure: { discipline: "fifo", serverCount: 1 }, loads: [0.3], count: 500, seed: 23 });
  expect(() => matchStructures([[{ ...none[0]![0]!, ratePerSecond: 0 }]], { seed: 1 })).toThrow(/ratePerSecond: 0/);
});
