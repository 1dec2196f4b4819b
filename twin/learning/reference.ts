/** An empirical distribution to hold samples against: sorted, finite, seconds. */
export class Reference {
  readonly sorted: Float64Array;
  readonly meanSeconds: number;
  readonly p95Seconds: number;
  /** Variance in s², without the largest hundredth: one freak must not hide everything. */
  readonly variance: number;

  constructor(samples: Float64Array) {
    this.sorted = samples.slice().sort();
    let sum = 0;
    for (const sample of this.sorted) {
      sum += sample;
    }
    this.meanSeconds = this.sorted.length === 0 ? Number.NaN : sum / this.sorted.length;
    this.p95Seconds = this.quantile(0.95);
    const kept = this.sorted.subarray(0, Math.ceil(this.sorted.length * 0.99));
    let mean = 0;
    for (const sample of kept) {
      mean += sample / kept.length;
    }
    let squares = 0;
    for (const sample of kept) {
      squares += (sample - mean) ** 2;
    }
    this.variance = kept.length === 0 ? Number.NaN : squares / kept.length;
  }

  get count(): number {
    return this.sorted.length;
  }

  /** Probability integral transform: the share of samples below x, ties counted half; in [0, 1]. */
  pit(x: number): number {
    const n = this.sorted.length;
    return (lowerBound(this.sorted, x) + upperBound(this.sorted, x)) / (2 * n);
  }

  /** Linear interpolation between order statistics; NaN without samples. */
  quantile(p: number): number {
    return quantileOfSorted(this.sorted, p);
  }

  snapshot() {
    return { sorted: this.sorted };
  }

  static restored({ sorted }: ReturnType<Reference["snapshot"]>): Reference {
    return new Reference(sorted);
  }
}

/** @param sorted ascending */
export function quantileOfSorted(sorted: Float64Array, p: number): number {
  const n = sorted.length;
  if (n === 0) {
    return Number.NaN;
  }
  const at = p * (n - 1);
  const low = Math.floor(at);
  const below = sorted[low]!;
  const above = sorted[Math.min(n - 1, low + 1)]!;
  return below + (at - low) * (above - below);
}

function lowerBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function upperBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
