import { serverCountOf, stationTruths } from "../../datasets/synthetic/application.ts";
import { linearRegression, markovQueue, type NaiveGrounds, trainingQuantiles } from "../accuracy/naive.ts";
import { errorPercents, type Prediction, type Quantiles, quantilesOf } from "../accuracy/quantiles.ts";
import type { Level } from "../accuracy/recording.ts";
import { requestsOf, sojournsByOperation } from "../accuracy/requests.ts";
import { intervalCoverage, learnedTwin, predictLevel } from "../accuracy/twin-prediction.ts";
import { entriesOf, type SimulatedHeldOut, simulateHeldOut } from "./held-out.ts";
import { predictByOracle } from "./oracle.ts";

export const PREDICTORS = [
  "twin",
  "oracle",
  "as while learning",
  "M/M/c at the bottleneck",
  "line over the rate",
] as const;

export interface LevelErrors {
  readonly level: Level;
  readonly requestCount: number;
  /** Percent off at each of `PROBABILITIES`, median over entry operations. */
  readonly errors: Readonly<Record<(typeof PREDICTORS)[number], Quantiles>>;
  readonly coverage: number;
}

export interface ApplicationErrors {
  readonly name: string;
  readonly levels: readonly LevelErrors[];
  /** What is to be busy, for the table. */
  readonly bottleneck: string;
}

/** Requests a second at saturation are few enough for the oracle's replicates, and enough for a p99. */
const SATURATION_PER_SECOND = 90;

export function runApplication(index: number): ApplicationErrors {
  const held = simulateHeldOut(200 + index, {
    serviceCount: 5 + ((index * 7) % 26),
    saturationPerSecond: SATURATION_PER_SECOND,
    autocorrelation: index % 4 === 3 ? 0.7 : 0,
  });
  const { application, capacity, recording } = held;
  const { topology } = recording.learning[0]!;
  const twin = learnedTwin(recording.learning);
  const grounds = naiveGrounds(held);
  const levels = recording.levels.map((level): LevelErrors => {
    const sojourns = sojournsByOperation(level.requests, level.startSeconds);
    const requestCount = [...sojourns.values()].reduce((sum, sorted) => sum + sorted.length, 0);
    const oracle = predictByOracle(application, topology, level);
    const observed: Prediction = new Map([...sojourns].map(([operation, sorted]) => [operation, quantilesOf(sorted)]));
    const rate = requestCount / (level.endSeconds - level.startSeconds);
    const predictions = {
      twin: predictLevel(twin, topology, level),
      oracle,
      "as while learning": trainingQuantiles(grounds),
      "M/M/c at the bottleneck": markovQueue(grounds, rate),
      "line over the rate": linearRegression(grounds, rate),
    };
    const errors = Object.fromEntries(PREDICTORS.map((name) => [name, errorPercents(predictions[name], observed)]));
    return {
      level: level.level,
      requestCount,
      errors: errors as LevelErrors["errors"],
      coverage: intervalCoverage(twin, level, entriesOf(application, topology.operations)),
    };
  });
  const { name, discipline, serverCount, replicaCount } = stationTruths(application)[capacity.bottleneck]!;
  return {
    name: `${application.services.length} nodes`,
    levels,
    bottleneck: `${name}, ${replicaCount} × ${discipline}(${serverCount})`,
  };
}

/** What somebody without a twin could know, who is told which station is the bottleneck and how many servers it has. */
function naiveGrounds({ application, capacity, recording }: SimulatedHeldOut): NaiveGrounds {
  const bottleneck = application.services[capacity.bottleneck]!;
  const quietest = recording.learning.slice(1, Math.ceil(recording.learning.length / 4));
  const sojourns = quietest.flatMap(({ visits, topology: { operations, nodes } }) =>
    [...visits.operation.keys()]
      .filter((row) => nodes[operations[visits.operation[row]!]!.node]!.name === bottleneck.name)
      .map((row) => visits.sojournSeconds[row]!),
  );
  return {
    windows: recording.learning.map((window) => requestsOf([window])),
    windowSeconds: recording.learning[0]!.endSeconds - recording.learning[0]!.startSeconds,
    bottleneckServiceSeconds: sojourns.reduce((sum, each) => sum + each, 0) / sojourns.length,
    bottleneckServers: Math.max(1, Math.round(serverCountOf(bottleneck.station) * bottleneck.replicaCount)),
  };
}
