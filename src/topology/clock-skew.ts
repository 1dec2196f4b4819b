/** Of so many calls of a pair of instances in a row, only the one with the smallest gap is kept: queues make the others worse. */
const CALLS_PER_SAMPLE = 16;
const SAMPLES_PER_PAIR = 32;
/** The best of them speak. */
const SAMPLES_USED_SHARE = 0.25;
const PAIRS_MAX = 10_000;
/** Gaps below this are as good as none: it is the grain of the clocks. */
const GAP_SECONDS_MIN = 1e-4;
const SOLVER_ROUNDS_MAX = 500;
const SOLVER_TOLERANCE = 1e-12;

/** A stretch of time by one instance's clock, seconds. */
export interface ClockInterval {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/**
 * How far the clocks of instances are apart, from calls that were seen at both ends.
 *
 * The callee's visit lies within the caller's call, so each call bounds the difference of the two clocks from both sides;
 * the narrowest calls bound it best, and its estimate is the middle of their bounds (half the round trip each way, as NTP
 * has it). Bounds that allow "no difference" are taken to say so: then nothing is ever corrected on machines whose clocks
 * agree. Least squares over the graph of instances turns the differences into one offset an instance.
 *
 * Times are corrected when they are read. Spans stay as they came.
 */
export class ClockSkew {
  readonly #pairs = new Map<string, Pair>();
  #offsets = new Map<number, number>();

  /** A call of `caller`, by its clock, and the visit it made at `callee`, by that one's. */
  observe(caller: number, callee: number, call: ClockInterval, visit: ClockInterval): void {
    if (caller === callee) {
      return;
    }
    const key = caller < callee ? `${caller} ${callee}` : `${callee} ${caller}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      if (this.#pairs.size >= PAIRS_MAX) {
        return;
      }
      pair = new Pair(Math.min(caller, callee), Math.max(caller, callee));
      this.#pairs.set(key, pair);
    }
    const low = visit.endSeconds - call.endSeconds;
    const high = visit.startSeconds - call.startSeconds;
    if (caller < callee) {
      pair.add(low, high);
    } else {
      pair.add(-high, -low);
    }
  }

  /** Takes in what was observed since the last time. */
  solve(): void {
    const differences = [...this.#pairs.values()].flatMap((pair) => pair.difference() ?? []);
    this.#offsets = differences.every(({ seconds }) => seconds === 0) ? new Map() : solveOffsets(differences);
  }

  /** How far this instance's clock is ahead of the others it was seen with, on average; 0 while nothing is known. */
  offsetSeconds(instance: number): number {
    return this.#offsets.get(instance) ?? 0;
  }

  /** What the clock of `to` showed when that of `from` showed the given time. */
  translate(seconds: number, from: number, to: number): number {
    return from === to ? seconds : seconds - this.offsetSeconds(from) + this.offsetSeconds(to);
  }

  snapshot() {
    const pairs = [...this.#pairs].map(([key, pair]) => ({ key, pair: pair.snapshot() }));
    return { pairs, offsets: new Map(this.#offsets) };
  }

  restore({ pairs, offsets }: ReturnType<ClockSkew["snapshot"]>): void {
    for (const { key, pair } of pairs) this.#pairs.set(key, Pair.restored(pair));
    this.#offsets = offsets;
  }
}

/** The clock of `b` is `seconds` ahead of that of `a`. */
export interface ClockDifference {
  readonly a: number;
  readonly b: number;
  readonly seconds: number;
  readonly weight: number;
}

/** Bounds of the difference of two clocks, (b − a), from their latest calls. */
class Pair {
  readonly #a: number;
  readonly #b: number;
  readonly #low = new Float64Array(SAMPLES_PER_PAIR);
  readonly #high = new Float64Array(SAMPLES_PER_PAIR);
  #callCount = 0;

  constructor(a: number, b: number) {
    this.#a = a;
    this.#b = b;
  }

  add(low: number, high: number): void {
    const sample = Math.floor(this.#callCount / CALLS_PER_SAMPLE) % SAMPLES_PER_PAIR;
    const isFirst = this.#callCount % CALLS_PER_SAMPLE === 0;
    this.#callCount++;
    if (isFirst || high - low < this.#high[sample]! - this.#low[sample]!) {
      this.#low[sample] = low;
      this.#high[sample] = high;
    }
  }

  difference(): ClockDifference | null {
    const count = Math.min(SAMPLES_PER_PAIR, Math.ceil(this.#callCount / CALLS_PER_SAMPLE));
    if (count === 0) {
      return null;
    }
    const gap = (k: number) => this.#high[k]! - this.#low[k]!;
    const best = Array.from({ length: count }, (_, k) => k)
      .sort((x, y) => gap(x) - gap(y))
      .slice(0, Math.ceil(SAMPLES_USED_SHARE * count));
    const low = median(best.map((k) => this.#low[k]!));
    const high = median(best.map((k) => this.#high[k]!));
    // Noise may turn bounds round; then neither of them alone proves anything.
    const isProven = Math.min(low, high) > 0 || Math.max(low, high) < 0;
    const weight = 1 / Math.max(Math.abs(high - low), GAP_SECONDS_MIN) ** 2;
    return { a: this.#a, b: this.#b, seconds: isProven ? (low + high) / 2 : 0, weight };
  }

  snapshot() {
    return {
      a: this.#a,
      b: this.#b,
      low: this.#low.slice(),
      high: this.#high.slice(),
      callCount: this.#callCount,
    };
  }

  static restored({ a, b, low, high, callCount }: ReturnType<Pair["snapshot"]>): Pair {
    const pair = new Pair(a, b);
    pair.#low.set(low);
    pair.#high.set(high);
    pair.#callCount = callCount;
    return pair;
  }
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/**
 * Offsets that fit the differences best (weighted least squares), with mean 0 over instances that hang together. Conjugate
 * gradients on the graph's Laplacian, which need no more rounds than there are instances.
 */
export function solveOffsets(differences: readonly ClockDifference[]): Map<number, number> {
  const instances = [...new Set(differences.flatMap(({ a, b }) => [a, b]))];
  const rowOf = new Map(instances.map((instance, row) => [instance, row]));
  // Weights only matter relative to each other; near 1 they keep the tolerance meaningful.
  const heaviest = differences.reduce((max, { weight }) => Math.max(max, weight), 0);
  const links = differences.map((each) => ({
    a: rowOf.get(each.a)!,
    b: rowOf.get(each.b)!,
    seconds: each.seconds,
    weight: each.weight / heaviest,
  }));
  const n = instances.length;
  const offsets = new Float64Array(n);
  const residual = new Float64Array(n);
  for (const { a, b, seconds, weight } of links) {
    residual[a] = residual[a]! - weight * seconds;
    residual[b] = residual[b]! + weight * seconds;
  }
  const direction = residual.slice();
  let norm = dot(residual, residual);
  for (let round = 0; round < Math.min(SOLVER_ROUNDS_MAX, 2 * n) && norm > SOLVER_TOLERANCE ** 2; round++) {
    const image = new Float64Array(n);
    for (const { a, b, weight } of links) {
      const flow = weight * (direction[b]! - direction[a]!);
      image[a] = image[a]! - flow;
      image[b] = image[b]! + flow;
    }
    const step = norm / dot(direction, image);
    for (let i = 0; i < n; i++) {
      offsets[i] = offsets[i]! + step * direction[i]!;
      residual[i] = residual[i]! - step * image[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < n; i++) {
      direction[i] = residual[i]! + (next / norm) * direction[i]!;
    }
    norm = next;
  }
  return new Map(instances.map((instance, row) => [instance, offsets[row]!]));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i]! * b[i]!;
  }
  return sum;
}
