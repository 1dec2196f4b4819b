import type { CompiledNetwork } from "./compiled-network.ts";
import type { Engine } from "./engine.ts";
import type { SimulatedVisits } from "./spec.ts";
import { readRows } from "./visit-rows.ts";

/** The words of an `Outcome` of `engine/run.ts`; `endSeconds` follows them. */
const OUTCOME_WORDS = 10;

/** Copies what a run through `network` has come to out of the memory of its engine. */
export function readOutcome(engine: Engine, at: number, network: CompiledNetwork): SimulatedVisits {
  const { memory } = engine;
  const words = [...new Int32Array(memory, at, OUTCOME_WORDS)] as OutcomeWords;
  const [count, firstPage, hasTies, isTruncated, busySeconds, attempts, timeouts, failures, losses] = words;
  const endSeconds = new Float64Array(memory, at + 4 * OUTCOME_WORDS, 1)[0]!;
  const byEdge = (column: number) => new Float64Array(memory, column, network.edgeCallee.length).slice();
  return {
    count,
    ...readRows(memory, firstPage, count, hasTies === 1),
    busySeconds: new Float64Array(memory, busySeconds, network.replicaStation.length).slice(),
    edgeAttempts: byEdge(attempts),
    edgeTimeouts: byEdge(timeouts),
    edgeFailures: byEdge(failures),
    edgeLosses: byEdge(losses),
    // A run in which nothing happens reaches no time.
    endSeconds: endSeconds === Number.NEGATIVE_INFINITY ? 0 : endSeconds,
    isTruncated: isTruncated === 1,
  };
}

type OutcomeWords = [number, number, number, number, number, number, number, number, number, number];
