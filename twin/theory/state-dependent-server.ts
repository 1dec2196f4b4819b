/**
 * A place whose speed depends on how many visits it holds: `workRates[j − 1]` seconds of work a second with j visits
 * present, the last element for all more. A visit brings work; alone it is done at `workRates[0]`.
 *
 * One server: [1]. c servers: [1, 2, …, c]. What stands for a whole subnetwork (flow-equivalent server): its throughput
 * with j visits in it, times the work of one.
 */
export type WorkRates = Float64Array;

/** Servers that all present share, each using one at most. `serverCount` real-valued > 0: half a server is one at half speed. */
export function sharedServers(serverCount: number): WorkRates {
  if (!(serverCount > 0 && Number.isFinite(serverCount))) {
    throw new RangeError(`serverCount: ${serverCount} must be finite and > 0`);
  }
  return Float64Array.from({ length: Math.ceil(serverCount) }, (_, before) => Math.min(before + 1, serverCount));
}

/** Work a second that it can do at the most. */
export function capacityOf(workRates: WorkRates): number {
  return workRates[workRates.length - 1]!;
}

export interface StateMeans {
  readonly present: number;
  /** Mean present beyond the first `workRates.length`: those who wait where each of them is a place. */
  readonly waiting: number;
  /** `share[j]`: chance of j present, j < workRates.length; the last element: of `workRates.length` or more. */
  readonly share: Float64Array;
}

/**
 * Steady state with Poisson arrivals that bring `offeredLoad` seconds of work a second: exact for exponential work, and
 * for any work where all present share the rate (processor sharing; insensitivity).
 * Source: the birth and death chain, Kleinrock, Queueing Systems vol. 1 (1975), section 3.1; Cohen, The multiple phase
 * service network with generalized processor sharing, Acta Informatica 12 (1979).
 *
 * @throws {RangeError} when the load reaches the capacity.
 */
export function openState(workRates: WorkRates, offeredLoad: number): StateMeans {
  const places = workRates.length;
  const ratio = offeredLoad / capacityOf(workRates);
  if (!(ratio < 1)) throw new RangeError(`offered load ${offeredLoad} must be below ${capacityOf(workRates)}`);
  const weight = new Float64Array(places + 1);
  weight[0] = 1;
  let total = 1;
  for (let present = 1; present <= places; present++) {
    weight[present] = (weight[present - 1]! * offeredLoad) / workRates[present - 1]!;
    // Beyond the last place every further visit is less likely by `ratio`.
    if (present === places) weight[present] = weight[present]! / (1 - ratio);
    total += weight[present]!;
    if (total > 1e200) {
      for (let before = 0; before <= present; before++) weight[before] = weight[before]! * 1e-200;
      total *= 1e-200;
    }
  }
  const share = weight.map((each) => each / total);
  const waiting = (share[places]! * ratio) / (1 - ratio);
  let present = waiting + share[places]! * places;
  for (let few = 1; few < places; few++) present += few * share[few]!;
  return { present, waiting, share };
}

/**
 * What is left for up to `populationMax` visits when others come and go as a Poisson stream of `otherLoad` seconds of
 * work a second: the rate the former get together, by how many of them are present. Exact in product-form networks.
 * Source: Lavenberg (ed.), Computer Performance Modeling Handbook (1983), section 3.6 (mixed networks).
 *
 * @throws {RangeError} when the others alone reach the capacity.
 */
export function ratesBesideOthers(workRates: WorkRates, otherLoad: number, populationMax: number): WorkRates {
  const capacity = capacityOf(workRates);
  if (!(otherLoad < capacity)) throw new RangeError(`load ${otherLoad} of the others must be below ${capacity}`);
  const rateWith = (present: number): number => workRates[Math.min(present, workRates.length) - 1]!;
  if (otherLoad <= 0) return Float64Array.from({ length: populationMax }, (_, before) => rateWith(before + 1));
  const rates = new Float64Array(populationMax);
  let before = logWeight(rateWith, workRates.length, otherLoad, 0);
  for (let present = 1; present <= populationMax; present++) {
    if (present > workRates.length) {
      rates[present - 1] = capacity - otherLoad;
      continue;
    }
    const weight = logWeight(rateWith, workRates.length, otherLoad, present);
    rates[present - 1] = rateWith(present) * Math.exp(before - weight);
    before = weight;
  }
  return rates;
}

/** ln Σ_b C(m + b, b) load^b / (rate(m + 1) … rate(m + b)) over the number b of others present. */
function logWeight(rateWith: (present: number) => number, places: number, load: number, ours: number): number {
  let term = 1;
  let sum = 1;
  let scale = 0;
  for (let others = 1; ; others++) {
    const growth = ((ours + others) / others) * (load / rateWith(ours + others));
    term *= growth;
    sum += term;
    if (growth < 1 && ours + others > places && term < (1 - growth) * 1e-13 * sum) return Math.log(sum) + scale;
    if (sum > 1e250) {
      sum *= 1e-250;
      term *= 1e-250;
      scale += 250 * Math.LN10;
    }
  }
}
