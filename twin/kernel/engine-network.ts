import type { CompiledNetwork } from "./compiled-network.ts";

/** What can be put into an engine's memory: 32-bit words and real numbers. */
export type Column = Int32Array | Uint32Array | Float64Array;

/** The columns of `NetworkColumns` in `engine/network.ts`, in the same order. */
const NETWORK_COLUMNS = [
  "stationTraits",
  "serverCount",
  "admittedCount",
  "queueCapacity",
  "batchSizeMax",
  "pauseIntervalSeconds",
  "pauseDurationSeconds",
  "throttlePeriodSeconds",
  "throttleQuotaSeconds",
  "balancing",
  "replicaFirst",
  "replicaStation",
  "replicaCumulative",
  "replicaGuide",
  "operationStation",
  "programFirst",
  "programCumulative",
  "programGuide",
  "samples",
  "programSampleFirst",
  "programRows",
  "programBlockLength",
  "groupFirst",
  "groupIsGuarded",
  "callFirst",
  "callEdge",
  "edgeCallee",
  "edgeIsAsync",
  "gaps",
  "edgeGapFirst",
  "edgeGapCount",
  "edgeLossProbability",
  "edgeRetransmitSeconds",
  "edgeTimeoutSeconds",
  "edgeAttemptsMax",
  "edgeBackoffSeconds",
  "edgeBackoffFactor",
  "edgeIsRequired",
  "edgePool",
  "poolStation",
  "poolConnectionCount",
] as const;

/** Puts the columns of a network where `put` says; the words of a `NetworkColumns`. */
export function networkWords(network: CompiledNetwork, put: (column: Column) => number): Int32Array {
  const { replicaChoice, programChoice, ...columns } = network;
  const all = {
    ...columns,
    replicaCumulative: replicaChoice.cumulative,
    replicaGuide: replicaChoice.guide,
    programCumulative: programChoice.cumulative,
    programGuide: programChoice.guide,
  };
  const counts = [
    network.stationCount,
    network.replicaStation.length,
    network.operationStation.length,
    network.programRows.length,
    network.groupIsGuarded.length,
    network.callEdge.length,
    network.edgeCallee.length,
    network.poolStation.length,
  ];
  return Int32Array.from([...counts, ...NETWORK_COLUMNS.map((name) => put(widened(all[name])))]);
}

function widened(column: Uint8Array | Column): Column {
  return column instanceof Uint8Array ? Int32Array.from(column) : column;
}
