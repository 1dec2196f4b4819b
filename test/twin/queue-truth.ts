import { exponential, lognormal, stream } from "../../twin/kernel/random.ts";

/** Stays at a FIFO station of c servers, each held for its visit's service and, after it, calls. Not the twin's kernel. */
export function fifoStays(arrivals: readonly number[], holdSeconds: readonly number[], c: number): number[] {
  const freeAt = new Array<number>(c).fill(0);
  return arrivals.map((arrival, i) => {
    const server = freeAt.indexOf(Math.min(...freeAt));
    const departure = Math.max(arrival, freeAt[server]!) + holdSeconds[i]!;
    freeAt[server] = departure;
    return departure - arrival;
  });
}

/** Stays at a PS station of c processors, by stepping from event to event over all that are present. Not the twin's kernel. */
export function psStays(arrivals: readonly number[], workSeconds: readonly number[], c: number): number[] {
  const stays = new Array<number>(arrivals.length).fill(0);
  const left = new Map<number, number>();
  let now = 0;
  for (let next = 0; next < arrivals.length || left.size > 0; ) {
    const rate = Math.min(1, c / Math.max(1, left.size));
    let first = -1;
    for (const [visit, work] of left) if (first < 0 || work < left.get(first)!) first = visit;
    const departure = first < 0 ? Number.POSITIVE_INFINITY : now + left.get(first)! / rate;
    const arrival = arrivals[next] ?? Number.POSITIVE_INFINITY;
    const step = (Math.min(arrival, departure) - now) * rate;
    for (const [visit, work] of left) left.set(visit, work - step);
    now = Math.min(arrival, departure);
    if (arrival <= departure) left.set(next, workSeconds[next++]!);
    else {
      left.delete(first);
      stays[first] = now - arrivals[first]!;
    }
  }
  return stays;
}

/** Poisson arrivals with lognormal service times; seconds. */
export function drawVisits(options: {
  readonly ratePerSecond: number;
  readonly meanSeconds: number;
  readonly variation: number;
  readonly count: number;
  readonly seed: number;
}): { readonly arrivals: number[]; readonly services: number[] } {
  const gaps = stream(options.seed, "truth", "gaps");
  const work = stream(options.seed, "truth", "work");
  let now = 0;
  const arrivals = Array.from({ length: options.count }, () => (now += exponential(gaps, 1 / options.ratePerSecond)));
  const services = arrivals.map(() => lognormal(work, options.meanSeconds, options.variation));
  return { arrivals, services };
}
