/** Disciplines as the simulator's numbers. */
export const FIFO = 0;
export const PS = 1;
export const DELAY = 2;

/**
 * A network as columns, ready to simulate any number of times; nothing in it changes while it runs.
 * Replicas, programs, groups and calls are numbered through the whole network; `…First` has one entry more than its
 * owner has rows, so the rows of owner i are `first[i] … first[i + 1] − 1`.
 */
export interface CompiledNetwork {
  readonly stationCount: number;
  readonly discipline: Uint8Array;
  readonly serverCount: Float64Array;
  readonly replicaFirst: Int32Array;
  /** Station of each replica. */
  readonly replicaStation: Int32Array;
  /** Running sum of the weights within the station. */
  readonly replicaCumulative: Float64Array;
  readonly isRoundRobin: Uint8Array;
  readonly operationStation: Int32Array;
  readonly programFirst: Int32Array;
  /** Running sum of the probabilities within the operation. */
  readonly programCumulative: Float64Array;
  readonly programSamples: readonly Float64Array[];
  readonly programRows: Int32Array;
  readonly programBlockLength: Int32Array;
  readonly groupFirst: Int32Array;
  readonly callFirst: Int32Array;
  readonly callEdge: Int32Array;
  readonly edgeCallee: Int32Array;
  readonly edgeIsAsync: Uint8Array;
  readonly edgeGaps: readonly Float64Array[];
}
