import type { Observation } from "../../src/contracts/observation.ts";
import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { meanOf, type NodeColumns, type Quantity, summarizeNodes } from "./node-columns.ts";
import { MINIMUM_SAMPLES } from "./per-node-scorer.ts";
import { createMedianReference, type Reference, restored } from "./reference.ts";
import { probabilityOfDeviation } from "./squash.ts";
import { UNIFORM_KINDS } from "./uniform-kinds.ts";

export interface CrudeOptions {
  readonly warmUpWindows?: number;
  readonly memoryWindows?: number;
  /** Interquartile ranges above the median at which the probability is ½. */
  readonly ranges?: number;
  /** Length of "a minute". */
  readonly minuteSeconds?: number;
}

const QUANTITIES: readonly Quantity[] = ["self", "gap"];
/** Bounds the windows of a minute whatever their length. */
const MAX_WINDOWS_A_MINUTE = 600;

interface TimedColumns {
  readonly startSeconds: number;
  readonly columns: NodeColumns;
}

interface PendingMinute {
  readonly endSeconds: number;
  /** [node][quantity] */
  readonly means: readonly (readonly number[])[];
}

interface CrudeMemory {
  readonly references: readonly (readonly unknown[])[];
  readonly recent: readonly TimedColumns[];
  readonly pending: readonly PendingMinute[];
}

/**
 * The crude rule, without a model: over the last minute, each node's excess of mean self time and of mean
 * caller-minus-callee gap over its normal median, in interquartile ranges; the largest ranks first.
 * Normal is its past: minutes that ended before the scored one began. A hole in the data shortens a minute.
 */
export function createCrude(options: CrudeOptions = {}): Scorer {
  const ranges = options.ranges ?? 3;
  const minuteSeconds = options.minuteSeconds ?? 60;
  const references: Reference[][] = [];
  const recent: TimedColumns[] = [];
  const pending: PendingMinute[] = [];
  const createReference = () =>
    createMedianReference({
      warmUpWindows: options.warmUpWindows ?? 6,
      memoryWindows: options.memoryWindows ?? 360,
      clampAt: ranges,
    });
  const referencesOf = (node: number) => (references[node] ??= QUANTITIES.map(createReference));

  function learnMinutesBefore(startSeconds: number): void {
    while (pending.length > 0 && (pending[0]!.endSeconds <= startSeconds || pending.length > MAX_WINDOWS_A_MINUTE)) {
      for (const [node, means] of pending.shift()!.means.entries()) {
        for (const [i, mean] of means.entries()) referencesOf(node)[i]!.learn(mean);
      }
    }
  }

  return {
    name: "crude",
    memory: {
      snapshot: () => ({
        references: references.map((own) => own.map((reference) => reference.snapshot())),
        recent: [...recent],
        pending: [...pending],
      }),
      restore(state: CrudeMemory) {
        for (const own of state.references) references.push(own.map((saved) => restored(createReference(), saved)));
        recent.push(...state.recent);
        pending.push(...state.pending);
      },
    },
    score(forecast) {
      const { observation } = forecast;
      keepMinute(recent, observation, minuteSeconds);
      learnMinutesBefore(recent[0]!.startSeconds);
      const nodeCount = observation.topology.nodes.length;
      const means = minuteMeans(recent, nodeCount);
      const nodes = means.map((row, node): NodeScore => {
        let largest = 0;
        for (const [i, mean] of row.entries()) {
          const deviation = referencesOf(node)[i]!.deviation(mean);
          if (deviation > largest) largest = deviation;
        }
        const probability = probabilityOfDeviation(largest, ranges);
        return { node, probability, kindProbabilities: UNIFORM_KINDS, pValue: null, residualZ: largest };
      });
      pending.push({ endSeconds: observation.endSeconds, means });
      return { forecast, scorer: "crude", nodes };
    },
  };
}

function keepMinute(recent: TimedColumns[], observation: Observation, minuteSeconds: number): void {
  recent.push({ startSeconds: observation.startSeconds, columns: summarizeNodes(observation) });
  const oldestSeconds = observation.endSeconds - minuteSeconds;
  while (recent.length > 1 && (recent[0]!.startSeconds < oldestSeconds || recent.length > MAX_WINDOWS_A_MINUTE))
    recent.shift();
}

function minuteMeans(recent: readonly TimedColumns[], nodeCount: number): number[][] {
  const pooled: NodeColumns = {
    visitCount: new Float64Array(nodeCount),
    gapCount: new Float64Array(nodeCount),
    sums: {
      self: new Float64Array(nodeCount),
      gap: new Float64Array(nodeCount),
      lag: new Float64Array(nodeCount),
      sojourn: new Float64Array(nodeCount),
    },
  };
  for (const { columns } of recent) {
    for (let node = 0; node < columns.visitCount.length; node++) {
      pooled.visitCount[node]! += columns.visitCount[node]!;
      pooled.gapCount[node]! += columns.gapCount[node]!;
      for (const quantity of QUANTITIES) pooled.sums[quantity][node]! += columns.sums[quantity][node]!;
    }
  }
  return Array.from({ length: nodeCount }, (_, node) =>
    QUANTITIES.map((quantity) => meanOf(pooled, quantity, node, MINIMUM_SAMPLES)),
  );
}
