import { createTwinResidual } from "../../models/baselines/twin-residual.ts";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { isMaterial } from "../../src/detection/floors.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { Twin } from "../../twin/twin.ts";
import { errorPercents, type Prediction, type Quantiles, quantilesOf } from "../accuracy/quantiles.ts";
import { between, requestsOf, sojournsByOperation, toOperations } from "../accuracy/requests.ts";
import { predictLevel } from "../accuracy/twin-prediction.ts";
import { entriesOf } from "../simulated-accuracy/held-out.ts";
import { predictByOracle } from "../simulated-accuracy/oracle.ts";
import { loadedStations, type PhaseName, type Played, play, windowsOf } from "./sampled-recording.ts";

/** Share of the traces that is kept. */
export const CONDITIONS = [1, 0.1, 0.02] as const;
/** Residual in standard deviations, of a material effect, in two windows on end: an alarm. */
const ALARM_Z = 4;
/** The last learning windows, in which nodes are matched that had to wait for their turn. */
const SETTLING_WINDOWS = 12;
/** Time before the held-out level whose requests fill its queues. */
const FILL_SECONDS = 30;

export interface SampledResult {
  readonly samplingProbability: number;
  /** Stations loaded enough to be told, those whose server count and whose discipline were found, and whose truth is plausible. */
  readonly stations: number;
  readonly countRight: number;
  readonly disciplineRight: number;
  readonly amongPlausible: number;
  /** Percent off at p50, p95 and p99 of the held-out level, median over entry operations. */
  readonly errors: Quantiles;
  readonly oracleErrors: Quantiles;
  /** Windows without a fault, by phase, and those with an alarm. */
  readonly surgeWindows: number;
  readonly surgeAlarms: number;
  readonly quietWindows: number;
  readonly quietAlarms: number;
  /** Whether the slowed service raised an alarm while it was slow, and was the loudest. */
  readonly isFound: Readonly<Record<"×1.5" | "×2", boolean>>;
  /** CPU seconds of learning, matching included. */
  readonly learningSeconds: number;
}

/** One application under one condition: `index` counts applications first, conditions second. */
export function runSampled(index: number): SampledResult {
  const samplingProbability = CONDITIONS[index % CONDITIONS.length]!;
  const played = play(400 + Math.floor(index / CONDITIONS.length));
  const complete = played.observe(1);
  const seen = samplingProbability === 1 ? complete : played.observe(samplingProbability);
  const learning = windowsOf(seen, played.phases, "learning");
  const settings = loadSettings({ env: {}, flags: {} });
  const twin = new Twin({ ...settings, learningWindows: learning.length - SETTLING_WINDOWS });
  const begin = process.cpuUsage().user;
  for (const window of learning) twin.learn(twin.forecast(window));
  const learningSeconds = (process.cpuUsage().user - begin) / 1e6;
  const forecasts = (name: PhaseName): Forecast[] =>
    windowsOf(seen, played.phases, name).map((window) => twin.forecast(window));
  const held = heldOut(twin, played, complete);
  const surge = alarms(forecasts("surge"));
  const quietForecasts = forecasts("quiet");
  const quiet = alarms(quietForecasts);
  const faulty = played.application.services[played.faultyService]!.name;
  const first = alarms(forecasts("×1.5"));
  forecasts("recovery");
  const second = alarms(forecasts("×2"));
  return {
    samplingProbability,
    ...identification(quietForecasts.at(-1)!, played),
    ...held,
    surgeWindows: surge.length,
    surgeAlarms: surge.filter((name) => name !== null).length,
    quietWindows: quiet.length,
    quietAlarms: quiet.filter((name) => name !== null).length,
    isFound: { "×1.5": first.includes(faulty), "×2": second.includes(faulty) },
    learningSeconds,
  };
}

function identification(forecast: Forecast, played: Played) {
  const stations = loadedStations(played);
  const { nodes } = forecast.observation.topology;
  const found = stations.map((station) => {
    const own = (node: NodeForecast): boolean => nodes[node.node]!.name === station.name;
    return { station, structures: forecast.nodes.find(own)?.structures ?? [] };
  });
  const share = (is: (each: (typeof found)[number]) => boolean): number => found.filter(is).length;
  return {
    stations: stations.length,
    countRight: share(({ station, structures }) => structures[0]?.serverCount === station.serverCount),
    disciplineRight: share(({ station, structures }) => structures[0]?.discipline === station.discipline),
    amongPlausible: share(({ station, structures }) =>
      structures.some((each) => each.discipline === station.discipline && each.serverCount === station.serverCount),
    ),
  };
}

/** The held-out level's own requests, predicted by the twin and by the truth's simulator, against what they took. */
function heldOut(twin: Twin, { application, phases }: Played, complete: readonly Observation[]) {
  const { fromSeconds: startSeconds, untilSeconds: endSeconds } = phases.find(({ name }) => name === "held out")!;
  const windows = windowsOf(complete, phases, "held out");
  const { topology } = windows[0]!;
  const requests = toOperations(requestsOf(complete), entriesOf(application, topology.operations));
  const level = {
    level: "0.75" as const,
    startSeconds,
    endSeconds,
    requests: between(requests, startSeconds - FILL_SECONDS, endSeconds),
    windows,
    before: windows[0]!,
  };
  const observed: Prediction = new Map(
    [...sojournsByOperation(level.requests, startSeconds)].map(([operation, sorted]) => [
      operation,
      quantilesOf(sorted),
    ]),
  );
  return {
    errors: errorPercents(predictLevel(twin, topology, level), observed),
    oracleErrors: errorPercents(predictByOracle(application, topology, level), observed),
  };
}

/** By window: the loudest node that is over the bound in this window and the one before, or null. */
function alarms(forecasts: readonly Forecast[]): (string | null)[] {
  const scorer = createTwinResidual();
  let before = new Set<number>();
  return forecasts.map((forecast) => {
    const material = new Set(forecast.nodes.filter(isMaterial).map(({ node }) => node));
    const loud = scorer
      .score(forecast)
      .nodes.filter(({ node, residualZ }) => residualZ > ALARM_Z && material.has(node))
      .sort((a, b) => b.residualZ - a.residualZ);
    const again = loud.find(({ node }) => before.has(node));
    before = new Set(loud.map(({ node }) => node));
    return again === undefined ? null : forecast.observation.topology.nodes[again.node]!.name;
  });
}
