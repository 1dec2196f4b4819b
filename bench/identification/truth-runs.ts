import { type Application, type Service, type Station, serverCountOf } from "../../datasets/synthetic/application.ts";
import { measureCapacity } from "../../datasets/synthetic/capacity.ts";
import type { Disturbances } from "../../datasets/synthetic/disturbances.ts";
import { type DrawOptions, drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { History } from "../../twin/learning/history.ts";

/** How an application and what is seen of it differ from the clean case. */
export interface Condition {
  readonly name: string;
  readonly draw?: DrawOptions;
  readonly disturbances?: Disturbances;
}

/** Busy share of the bottleneck in the phases of a run: no phase reaches the loads that are to be predicted later. */
const LEVELS = [0.35, 0.5, 0.65, 0.45] as const;
const WINDOW_SECONDS = 5;

/** A service of an application, as it truly was during a run. */
export interface TrueStation {
  readonly service: string;
  readonly structure: StationStructure;
  readonly utilization: number;
}

export interface TruthRun {
  readonly history: History;
  readonly topology: Topology;
  readonly stations: readonly TrueStation[];
}

/** Draws and runs an application in the separate simulator, and shows its spans to the product's own observer. */
export function runTruth(
  seed: number,
  condition: Condition,
  size: { readonly serviceCount: number; readonly seconds: number },
): TruthRun {
  const application = drawApplication(seed, { serviceCount: size.serviceCount, ...condition.draw });
  const capacity = measureCapacity(application, seed);
  const phases = LEVELS.map((level) => steady(capacity.rateAt(level), size.seconds / LEVELS.length));
  const observer = new Observer(
    { windowSeconds: WINDOW_SECONDS, latenessSeconds: WINDOW_SECONDS, maxOpenTraces: 50_000 },
    new CountingLedger(),
  );
  const history = new History();
  const truth = recordApplication(application, drawRequests(application, phases, seed), {
    seed,
    windowSeconds: WINDOW_SECONDS,
    ...(condition.disturbances === undefined ? {} : { disturbances: condition.disturbances }),
    take: (batch) => {
      for (const observation of observer.add(batch)) history.learn(observation);
    },
  });
  for (const observation of observer.finish()) history.learn(observation);
  return { history, topology: observer.topology, stations: stationsOf(application, truth.utilization) };
}

function stationsOf(application: Application, utilization: readonly Float64Array[]): TrueStation[] {
  return application.services.flatMap((service: Service, index) => {
    if (service.isLeaf || service.station.discipline === "delay") return [];
    const windows = utilization[index]!;
    return [
      {
        service: service.name,
        structure: structureOf(service.station),
        utilization: windows.reduce((sum, each) => sum + each, 0) / windows.length,
      },
    ];
  });
}

/** A shared processor of a fraction of a CPU follows the law of one CPU with longer work. */
function structureOf(station: Station): StationStructure {
  const serverCount = serverCountOf(station);
  const { discipline } = station;
  return { discipline, serverCount: discipline === "ps" ? Math.max(1, serverCount) : serverCount };
}
