import type { Discipline, StationStructure } from "../../../src/contracts/forecast.ts";
import type { StationSample } from "../../../twin/identification/structure.ts";
import { normal, stream } from "../../../twin/kernel/random.ts";
import { runTruth, type TruthStation, type Work } from "./truth-station.ts";

/** What a tracer makes of a station, whatever is wrong with it. */
export interface Sight {
  /** Chance of a visit not being seen. */
  readonly loss?: number;
  /** Standard deviation of each time stamp, in mean service times. */
  readonly noise?: number;
}

/** The visits of a station as they were seen. */
export function watch(station: TruthStation, work: Work, { loss = 0, noise = 0 }: Sight = {}): StationSample {
  const { arrivals, departures } = runTruth(station, work);
  const random = stream(work.seed, "tracer", "errors");
  const seen: { start: number; end: number }[] = [];
  for (let i = 0; i < arrivals.length; i++) {
    const isLost = random.nextUniform() < loss;
    const error = (): number => (noise === 0 ? 0 : normal(random, 0, noise * work.meanSeconds));
    const start = arrivals[i]! + error();
    const end = Math.max(start, departures[i]! + error());
    if (!isLost) seen.push({ start, end });
  }
  seen.sort((a, b) => a.start - b.start);
  return {
    arrivals: Float64Array.from(seen, ({ start }) => start),
    departures: Float64Array.from(seen, ({ end }) => end),
    childSeconds: new Float64Array(seen.length),
    classes: new Uint32Array(seen.length),
  };
}

export function isStructure(structure: StationStructure, discipline: Discipline, serverCount: number): boolean {
  return structure.discipline === discipline && structure.serverCount === serverCount;
}
