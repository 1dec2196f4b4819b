/** Mean and variance of a duration, in seconds and seconds². */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** With so many nodes the integrals are good to 10⁻⁵ for variations up to 3. */
const NODES = gaussLegendre(32);

/**
 * The longest of independent durations of which two moments are known. Each is taken to be exponential behind a constant
 * (variation ≤ 1) or a mix of two exponentials with balanced means (above 1), so exponential durations give the harmonic
 * numbers exactly. Branches that queue behind the same arrivals are positively dependent: their longest is shorter, for
 * two M/M/1 branches by up to 1/12 (Nelson and Tantawi 1988).
 */
export function slowestOf(durations: readonly Moments[]): Moments {
  if (durations.length === 0) return { mean: 0, variance: 0 };
  if (durations.length === 1) return durations[0]!;
  const tails = durations.map(tailOf);
  const scale = Math.max(...durations.map(({ mean, variance }) => mean + Math.sqrt(variance)));
  if (scale === 0) return { mean: 0, variance: 0 };
  // All are longer than the longest constant; beyond it by t = scale · u / (1 − u), u from 0 to 1.
  const from = Math.max(...tails.map(({ constant }) => constant));
  let first = 0;
  let second = 0;
  for (const { at: u, weight } of NODES) {
    const beyond = (scale * u) / (1 - u);
    let allDone = 1;
    for (const tail of tails) allDone *= 1 - tail.after(from + beyond);
    const open = ((1 - allDone) * scale * weight) / ((1 - u) * (1 - u));
    first += open;
    second += 2 * beyond * open;
  }
  return { mean: from + first, variance: Math.max(0, second - first * first) };
}

interface Tail {
  readonly constant: number;
  /** Chance of being longer. */
  readonly after: (seconds: number) => number;
}

function tailOf({ mean, variance }: Moments): Tail {
  const deviation = Math.sqrt(variance);
  if (deviation <= mean) {
    const constant = mean - deviation;
    const after = (t: number): number =>
      t < constant ? 1 : deviation === 0 ? 0 : Math.exp((constant - t) / deviation);
    return { constant, after };
  }
  const square = variance / (mean * mean);
  const share = (1 + Math.sqrt((square - 1) / (square + 1))) / 2;
  const after = (t: number): number =>
    share * Math.exp((-2 * share * t) / mean) + (1 - share) * Math.exp((-2 * (1 - share) * t) / mean);
  return { constant: 0, after };
}

/**
 * Nodes and weights of Gauss and Legendre on (0, 1), the roots found by Newton's method.
 * Source: Press et al., Numerical Recipes (2007), section 4.6.
 */
function gaussLegendre(count: number): { readonly at: number; readonly weight: number }[] {
  return Array.from({ length: count }, (_, root) => {
    let x = Math.cos((Math.PI * (root + 0.75)) / (count + 0.5));
    let slope = 0;
    for (let round = 0; round < 20; round++) {
      let value = 1;
      let before = 0;
      for (let degree = 1; degree <= count; degree++) {
        [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
      }
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return { at: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
