import { type CompiledNetwork, STALLS } from "./compiled-network.ts";
import { stream } from "./random.ts";

/**
 * When a pause of a replica begins within its interval, or its first CPU period: a whole multiple of the interval after
 * this. Drawn once a run, by station and replica, so that replicas do not stand still together.
 */
export function phaseSeconds(
  seed: number,
  station: number,
  replicaOfStation: number,
  stall: "pause" | "throttle",
  intervalSeconds: number,
): number {
  return intervalSeconds * stream(seed, station, `${stall} phase ${replicaOfStation}`).nextUniform();
}

/** Of every replica that of its pauses and that of its periods, side by side; 0 where there are none. */
export function stallPhases(network: CompiledNetwork, seed: number): Float64Array {
  const { replicaStation, replicaFirst, stationTraits, pauseIntervalSeconds, throttlePeriodSeconds } = network;
  const phases = new Float64Array(2 * replicaStation.length);
  replicaStation.forEach((station, replica) => {
    if ((stationTraits[station]! & STALLS) === 0) return;
    const number = replica - replicaFirst[station]!;
    const interval = pauseIntervalSeconds[station]!;
    const period = throttlePeriodSeconds[station]!;
    if (interval < Number.POSITIVE_INFINITY)
      phases[2 * replica] = phaseSeconds(seed, station, number, "pause", interval);
    if (period < Number.POSITIVE_INFINITY)
      phases[2 * replica + 1] = phaseSeconds(seed, station, number, "throttle", period);
  });
  return phases;
}
