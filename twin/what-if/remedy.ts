import type { Bottleneck, Change, Remedy } from "../../src/contracts/what-if.ts";
import { applyScenario } from "./apply-scenario.ts";
import { p95After, type Question } from "./replicate.ts";

/** Enlargements of the bottleneck that are tried, as factors; whole things grow by one at least. */
const FACTORS = [1.25, 1.5, 2, 3, 4];
/** An enlargement is enough when it comes so near to the best of all tried. */
const NEAR_BEST = 1.15;
/** And worth telling when it takes away at least a fifth. */
const WORTHWHILE = 0.8;

/**
 * How much more of the bottleneck it takes until more of it no longer helps the operation (an index into those of the
 * plan); null when that would not undo much, or when the bottleneck is nothing one could have more of.
 */
export function remedyFor(question: Question, bottleneck: Bottleneck, target: number): Remedy | null {
  const { network } = question.model;
  const operation = network.operations[question.plan.operations[target]!.operation]!.name;
  const p95 = (changes: readonly Change[]): number => {
    const spec = applyScenario(network, { changes: [...question.scenario.changes, ...changes] });
    // One set of dice: all enlargements see the same, so they compare well.
    return p95After(question, spec, 0)[target]!;
  };
  const tried = enlargements(question, bottleneck).map((change) => ({ change, p95Seconds: p95([change]) }));
  const best = Math.min(...tried.map((each) => each.p95Seconds));
  const enough = tried.find((each) => each.p95Seconds <= NEAR_BEST * best);
  if (enough === undefined || !(enough.p95Seconds <= WORTHWHILE * p95([]))) {
    return null;
  }
  const { change, p95Seconds } = enough;
  const count = change.verb === "pool" ? change.connectionCount : change.count;
  return { service: bottleneck.service, to: bottleneck.to, verb: change.verb, count, operation, p95Seconds };
}

type Enlargement = Extract<Change, { readonly verb: "servers" | "workers" | "replicas" | "pool" }>;

/** Ascending. What has several replicas gets more of them. */
function enlargements(question: Question, bottleneck: Bottleneck): Enlargement[] {
  const { network } = question.model;
  const { service } = bottleneck;
  const after = applyScenario(network, question.scenario);
  const index = network.stations.findIndex((each) => each.name === service);
  const station = after.stations[index]!;
  const whole = (now: number): number[] => [
    ...new Set(FACTORS.map((factor) => Math.max(now + 1, Math.round(now * factor)))),
  ];
  if (bottleneck.resource === "connections") {
    return connections(question, bottleneck, whole);
  }
  if (station.replicaWeights.length > 1) {
    return whole(station.replicaWeights.length).map((count) => ({ verb: "replicas", service, count }));
  }
  if (bottleneck.resource === "workers") {
    return whole(station.workerCount!).map((count) => ({ verb: "workers", service, count }));
  }
  const counts =
    station.discipline === "ps" ? FACTORS.map((factor) => station.serverCount * factor) : whole(station.serverCount);
  return counts.map((count) => ({ verb: "servers", service, count }));
}

function connections(question: Question, { service, to }: Bottleneck, whole: (now: number) => number[]): Enlargement[] {
  const { network } = question.model;
  const after = applyScenario(network, question.scenario);
  const station = network.stations.findIndex((each) => each.name === service);
  const pool = after.pools?.find((each) => each.station === station);
  if (pool === undefined || to === null) {
    return [];
  }
  return whole(pool.connectionCount).map((connectionCount) => ({
    verb: "pool",
    edge: { from: service, to },
    connectionCount,
  }));
}
