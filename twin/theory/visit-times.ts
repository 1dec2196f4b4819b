import { hasWorkers, type LayeredNetwork, type LayeredProgram } from "./layered-network.ts";
import { type Moments, slowestOf } from "./slowest-of.ts";

/** By station: how much longer than alone things take. */
export interface Delays {
  /** Time of own work / work. */
  readonly shareStretch: Float64Array;
  /** Time a worker is held / time it is held in an empty network. */
  readonly holdStretch: Float64Array;
  /** Time until a worker is free. */
  readonly waitingSeconds: Float64Array;
}

/** Nobody else is there. A share of less than one server is slow even so. */
export function aloneDelays({ stations }: LayeredNetwork): Delays {
  return {
    shareStretch: Float64Array.from(stations, ({ sharedServerCount }) => 1 / Math.min(1, sharedServerCount)),
    holdStretch: new Float64Array(stations.length).fill(1),
    waitingSeconds: new Float64Array(stations.length),
  };
}

/**
 * From its start to its end, of each operation in an empty network.
 *
 * @param order callers before callees
 */
export function aloneTimes(network: LayeredNetwork, order: readonly number[]): Moments[] {
  const delays = aloneDelays(network);
  const alone: Moments[] = network.operations.map(() => ({ mean: 0, variance: 0 }));
  for (let at = order.length - 1; at >= 0; at--) {
    const { station, programs } = network.operations[order[at]!]!;
    let mean = 0;
    let square = 0;
    for (const program of programs) {
      const workSeconds = program.workSeconds * delays.shareStretch[station]!;
      const groups = groupTimes(program, (operation) => alone[operation]!);
      const seconds = groups.reduce((sum, group) => sum + group.mean, workSeconds);
      const variance = groups.reduce((sum, group) => sum + group.variance, (workSeconds * program.workVariation) ** 2);
      mean += program.share * seconds;
      square += program.share * (seconds * seconds + variance);
    }
    alone[order[at]!] = { mean, variance: Math.max(0, square - mean * mean) };
  }
  return alone;
}

/**
 * Mean times under the delays, of the operations in `calleesFirst`.
 *
 * @returns by operation, from the start of its work to its end, awaited calls included
 */
export function heldTimes(
  network: LayeredNetwork,
  alone: readonly Moments[],
  calleesFirst: readonly number[],
  delays: Delays,
): Float64Array {
  const held = new Float64Array(network.operations.length);
  const answer = (operation: number): Moments => {
    const mean = sojournSeconds(network, alone, operation, held[operation]!, delays);
    // What an M/M/1 queue adds to the variance when it makes of the mean time alone this mean time.
    const { mean: meanAlone, variance } = alone[operation]!;
    return { mean, variance: variance + Math.max(0, mean * mean - meanAlone * meanAlone) };
  };
  for (const operation of calleesFirst) {
    const { station, programs } = network.operations[operation]!;
    for (const program of programs) {
      let seconds = program.workSeconds * delays.shareStretch[station]!;
      for (const group of groupTimes(program, answer)) seconds += group.mean;
      held[operation]! += program.share * seconds;
    }
  }
  return held;
}

/** Mean time of a visit from its arrival to its departure, when `heldSeconds` is that without the wait for a worker. */
export function sojournSeconds(
  network: LayeredNetwork,
  alone: readonly Moments[],
  operation: number,
  heldSeconds: number,
  delays: Delays,
): number {
  const { station } = network.operations[operation]!;
  if (!hasWorkers(network.stations[station]!)) return heldSeconds;
  return alone[operation]!.mean * delays.holdStretch[station]! + delays.waitingSeconds[station]!;
}

function groupTimes({ groups }: LayeredProgram, answer: (operation: number) => Moments): Moments[] {
  return groups.map((group) => {
    const awaited = group.filter((call) => !call.isAsync);
    return slowestOf(
      awaited.map(({ operation, gapSeconds }) => {
        const { mean, variance } = answer(operation);
        return { mean: mean + gapSeconds, variance };
      }),
    );
  });
}
