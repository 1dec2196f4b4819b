import { meanSojournSeconds } from "./markov-queues.ts";

/** An open network of M/M/c stations among which visits wander by chance (Jackson). */
export interface JacksonNetwork {
  /** Poisson arrivals from outside, by station. */
  readonly externalRatePerSecond: readonly number[];
  /** `routing[i][j]`: chance that a visit that leaves station i goes to j; what is left of 1 leaves the network. */
  readonly routing: readonly (readonly number[])[];
  readonly stations: readonly { readonly meanServiceSeconds: number; readonly serverCount: number }[];
}

export interface JacksonMeans {
  /** By station, all visits. */
  readonly arrivalRatePerSecond: readonly number[];
  readonly sojournSeconds: readonly number[];
  /** Of one request, from its arrival from outside until it leaves the network. */
  readonly networkSojournSeconds: number;
}

/**
 * Steady-state means: in number present, each station is an M/M/c queue of its own at the rate of the traffic equations
 * λ = γ + λP. Source: Jackson, Networks of Waiting Lines, Operations Research 5 (1957).
 *
 * @throws {RangeError} when some station has ρ ≥ 1.
 */
export function jacksonMeans(network: JacksonNetwork): JacksonMeans {
  const arrivalRatePerSecond = trafficRates(network);
  const sojournSeconds = network.stations.map((station, index) =>
    meanSojournSeconds({ ...station, arrivalRatePerSecond: arrivalRatePerSecond[index]! }),
  );
  const present = sojournSeconds.reduce((sum, seconds, index) => sum + seconds * arrivalRatePerSecond[index]!, 0);
  const entering = network.externalRatePerSecond.reduce((sum, rate) => sum + rate, 0);
  return { arrivalRatePerSecond, sojournSeconds, networkSojournSeconds: present / entering };
}

/** Mean time through stations in a row: the sum, since what leaves an M/M/c queue is Poisson again (Burke 1956). */
export function meanTandemSojournSeconds(
  arrivalRatePerSecond: number,
  stations: readonly { readonly meanServiceSeconds: number; readonly serverCount: number }[],
): number {
  return stations.reduce((sum, station) => sum + meanSojournSeconds({ ...station, arrivalRatePerSecond }), 0);
}

/** What is known of the mean time of a request that forks to equal M/M/1 stations and waits for all. */
export interface ForkJoinMeans {
  readonly atLeastSeconds: number;
  readonly atMostSeconds: number;
  /** NaN for more than two branches: no closed form is known. */
  readonly exactSeconds: number;
}

/**
 * Fork to `branchCount` M/M/1 stations and join: at least the mean of one branch R, at most R (1 + 1/2 + … + 1/k), as if
 * branches were independent; for two branches exactly R (12 − ρ) / 8.
 * Source: Nelson and Tantawi, Approximate Analysis of Fork/Join Synchronization in Parallel Queues, IEEE Transactions on
 * Computers 37 (1988).
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function forkJoinMeans(
  arrivalRatePerSecond: number,
  meanServiceSeconds: number,
  branchCount: number,
): ForkJoinMeans {
  const branchSeconds = meanSojournSeconds({ arrivalRatePerSecond, meanServiceSeconds, serverCount: 1 });
  let harmonic = 0;
  for (let branch = 1; branch <= branchCount; branch++) harmonic += 1 / branch;
  const busyShare = arrivalRatePerSecond * meanServiceSeconds;
  const exact = new Map([
    [1, branchSeconds],
    [2, (branchSeconds * (12 - busyShare)) / 8],
  ]);
  return {
    atLeastSeconds: branchSeconds,
    atMostSeconds: branchSeconds * harmonic,
    exactSeconds: exact.get(branchCount) ?? Number.NaN,
  };
}

/** Solves λ = γ + λP by sending the external rates round until nothing is left of them. */
function trafficRates({ externalRatePerSecond, routing }: JacksonNetwork): number[] {
  const total = externalRatePerSecond.slice();
  let wandering = externalRatePerSecond.slice();
  for (let round = 0; round < 100_000; round++) {
    const next = total.map((_, to) =>
      wandering.reduce((sum, rate, from) => sum + rate * (routing[from]?.[to] ?? 0), 0),
    );
    if (next.every((rate) => rate <= 1e-15 * Math.max(...total))) return total;
    next.forEach((rate, index) => {
      total[index] = total[index]! + rate;
    });
    wandering = next;
  }
  throw new RangeError("routing: visits never leave the network");
}
