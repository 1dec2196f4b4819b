/** Rows of the visits that came at low load (lowest third of an instrument) and at high load (highest fifth). */
export interface LoadSplit {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/**
 * What is counted around each arrival, and how long it is remembered, in typical stays. Visits ahead tell how many servers
 * there are: with too many assumed, waiting passes for work. Those that come after tell the discipline: in a queue they
 * change nothing for whom they follow, in a shared processor they slow him down.
 */
const INSTRUMENTS = [
  { side: "before", memoryStays: 5 },
  { side: "before", memoryStays: 1 },
  { side: "after", memoryStays: 2 },
] as const;

export const INSTRUMENT_COUNT = INSTRUMENTS.length;

const LOW_SHARE = 1 / 3;
const HIGH_SHARE = 0.8;
const MEMORY_SECONDS_MIN = 1e-6;

/**
 * Visits by the load around their arrival, once for each instrument. Load is measured from arrivals alone: each one counts
 * e^(−distance/τ). Service times cannot disturb that; the number in the queue would not do, since with autocorrelated
 * service times it depends on them.
 *
 * @param arrivals ascending, seconds.
 */
export function splitByLoad(arrivals: Float64Array, departures: Float64Array): readonly LoadSplit[] {
  if (arrivals.length === 0) {
    return INSTRUMENTS.map(() => ({ low: new Uint32Array(), high: new Uint32Array() }));
  }
  const stays = departures.map((departure, i) => departure - arrivals[i]!).sort();
  const typicalSeconds = stays[stays.length >> 1]!;
  return INSTRUMENTS.map(({ side, memoryStays }) => {
    const memorySeconds = Math.max(memoryStays * typicalSeconds, MEMORY_SECONDS_MIN);
    return split(side === "before" ? loadBefore(arrivals, memorySeconds) : loadAfter(arrivals, memorySeconds));
  });
}

function loadBefore(arrivals: Float64Array, memorySeconds: number): Float64Array {
  const load = new Float64Array(arrivals.length);
  for (let i = 1; i < load.length; i++) {
    load[i] = (load[i - 1]! + 1) * Math.exp((arrivals[i - 1]! - arrivals[i]!) / memorySeconds);
  }
  return load;
}

function loadAfter(arrivals: Float64Array, memorySeconds: number): Float64Array {
  const load = new Float64Array(arrivals.length);
  for (let i = load.length - 2; i >= 0; i--) {
    load[i] = (load[i + 1]! + 1) * Math.exp((arrivals[i]! - arrivals[i + 1]!) / memorySeconds);
  }
  return load;
}

function split(load: Float64Array): LoadSplit {
  const sorted = load.slice().sort();
  const lowest = sorted[Math.floor(load.length * LOW_SHARE)]!;
  const highest = sorted[Math.floor(load.length * HIGH_SHARE)]!;
  const rows = Uint32Array.from(load, (_, row) => row);
  return {
    low: rows.filter((row) => load[row]! <= lowest),
    high: rows.filter((row) => load[row]! >= highest && load[row]! > lowest),
  };
}
