/** Values of the labels of one series, by label name. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a metric as it stands now. `suffix` is "", "_bucket", "_sum" or "_count". */
export interface Sample {
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

/** One metric as it stands now. Names end in the unit; counters in `_total`. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

/** Counts up. */
export interface Counter {
  /** @throws {RangeError} when `amount` is negative or not finite. */
  add(amount: number, labels?: Labels): void;
}

/** Collects how long or large things were, in buckets. */
export interface Histogram {
  observe(value: number): void;
}

/** What a metric read on demand gives: one number, or one a label set. */
export type Reading = number | readonly { readonly labels: Labels; readonly value: number }[];

/** Label sets kept of one metric; what comes after is added up under `OVERFLOW_LABEL`. */
const MAX_SERIES = 500;
const OVERFLOW_LABEL = "other";

const METRIC_NAME = /^spantwin_[a-z][a-z0-9_]*$/;

/** Numbers about ourselves, by metric. Read them with `snapshot`. */
export class Counters {
  readonly #metrics = new Map<string, () => MetricSnapshot>();

  /** A number that only grows, kept here. */
  counter(name: string, help: string): Counter {
    const series = new Map<string, { labels: Labels; value: number }>();
    this.#register(name, () => ({ name, help, type: "counter", samples: samplesOf([...series.values()]) }));
    return {
      add(amount, labels = {}) {
        if (!(amount >= 0 && amount < Infinity)) throw new RangeError(`${name}: cannot add ${amount}`);
        const kept = rowFor(series, labels);
        kept.value += amount;
      },
    };
  }

  /** A number that somebody else keeps, read when asked for; `counter` when it only grows. */
  read(type: "counter" | "gauge", name: string, help: string, reading: () => Reading): void {
    this.#register(name, () => {
      const now = reading();
      const rows = typeof now === "number" ? [{ labels: {}, value: now }] : withinLimit(now);
      return { name, help, type, samples: samplesOf(rows) };
    });
  }

  /** `bounds` are the upper bounds of the buckets, growing; a last one without bound is added. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const counts = new Array<number>(bounds.length).fill(0);
    let sum = 0;
    let count = 0;
    this.#register(name, () => {
      const buckets = bounds.map((bound, index) => bucket(String(bound), counts[index] ?? 0));
      const samples = [...buckets, bucket("+Inf", count), plain("_sum", sum), plain("_count", count)];
      return { name, help, type: "histogram", samples };
    });
    return {
      observe(value) {
        if (!Number.isFinite(value)) throw new RangeError(`${name}: cannot observe ${value}`);
        bounds.forEach((bound, index) => {
          if (value <= bound) counts[index]! += 1;
        });
        sum += value;
        count += 1;
      },
    };
  }

  /** All metrics as they stand, sorted by name. */
  snapshot(): readonly MetricSnapshot[] {
    return [...this.#metrics.keys()].sort().map((name) => this.#metrics.get(name)!());
  }

  #register(name: string, take: () => MetricSnapshot): void {
    if (!METRIC_NAME.test(name)) throw new RangeError(`${name} is not a metric name: spantwin_ and small letters`);
    if (this.#metrics.has(name)) throw new RangeError(`${name} is already a metric`);
    this.#metrics.set(name, take);
  }
}

function rowFor(series: Map<string, { labels: Labels; value: number }>, labels: Labels): { value: number } {
  const kept = series.get(seriesKey(labels));
  if (kept !== undefined) return kept;
  const isFull = series.size >= MAX_SERIES;
  const own = isFull ? otherLabels(labels) : labels;
  const row = (isFull ? series.get(seriesKey(own)) : undefined) ?? { labels: own, value: 0 };
  series.set(seriesKey(own), row);
  return row;
}

/** What is beyond the limit is added up, not left out: the sum over all labels stays right. */
function withinLimit(rows: Exclude<Reading, number>): Exclude<Reading, number> {
  if (rows.length <= MAX_SERIES) return rows;
  const others = rows.slice(MAX_SERIES - 1);
  const labels = otherLabels(others[0]?.labels ?? {});
  return [...rows.slice(0, MAX_SERIES - 1), { labels, value: others.reduce((sum, { value }) => sum + value, 0) }];
}

function otherLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, OVERFLOW_LABEL]));
}

function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function samplesOf(rows: readonly { readonly labels: Labels; readonly value: number }[]): Sample[] {
  return rows.map(({ labels, value }) => ({ suffix: "", labels, value }));
}

function bucket(bound: string, value: number): Sample {
  return { suffix: "_bucket", labels: { le: bound }, value };
}

function plain(suffix: string, value: number): Sample {
  return { suffix, labels: {}, value };
}
