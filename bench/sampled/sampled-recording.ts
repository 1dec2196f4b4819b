import {
  type Application,
  meanWorkSeconds,
  serverCountOf,
  stationTruths,
  visitsPerRequest,
} from "../../datasets/synthetic/application.ts";
import { type Capacity, measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { drawApplication } from "../../datasets/synthetic/draw-application.ts";
import type { SyntheticFault } from "../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import { EPOCH_SECONDS } from "../../datasets/synthetic/span-batches.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";

const WINDOW_SECONDS = 5;
const SERVICES = 6;
/** Enough requests for two in a hundred of them to say something. */
const SATURATION_PER_SECOND = 200;
/** The busiest first: what is learned early is then learned for good. */
const LEARNING = [0.6, 0.2, 0.5, 0.35, 0.45];

/** What happens one after the other: utilization of the bottleneck, how long, and work × `slower` at one service. */
const PHASES = [
  ...LEARNING.map((utilization) => ({ name: "learning", utilization, lengthSeconds: 60, slower: 1 })),
  { name: "held out", utilization: 0.75, lengthSeconds: 90, slower: 1 },
  { name: "surge", utilization: 0.85, lengthSeconds: 60, slower: 1 },
  { name: "quiet", utilization: 0.5, lengthSeconds: 60, slower: 1 },
  { name: "×1.5", utilization: 0.5, lengthSeconds: 40, slower: 1.5 },
  { name: "recovery", utilization: 0.5, lengthSeconds: 40, slower: 1 },
  { name: "×2", utilization: 0.5, lengthSeconds: 40, slower: 2 },
] as const;

export type PhaseName = (typeof PHASES)[number]["name"];

export interface Phase {
  readonly name: PhaseName;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/** An application and all that came; what is seen of it is another matter. */
export interface Played {
  readonly application: Application;
  readonly capacity: Capacity;
  readonly faultyService: number;
  readonly observe: (samplingProbability: number) => Observation[];
  /** Unix seconds. */
  readonly phases: readonly Phase[];
}

export function play(seed: number): Played {
  const application = drawApplication(seed, { serviceCount: SERVICES, saturationPerSecond: SATURATION_PER_SECOND });
  const capacity = measureCapacity(application, seed);
  const faultyService = serviceToSlow(application, capacity);
  const loads = PHASES.map(({ utilization, lengthSeconds }) => steady(capacity.rateAt(utilization), lengthSeconds));
  const requests = drawRequests(application, loads, seed);
  let at = 0;
  const faults: SyntheticFault[] = [];
  const phases = PHASES.map(({ name, lengthSeconds, slower }): Phase => {
    const [from, until] = [at, at + lengthSeconds];
    at = until;
    if (slower > 1) {
      const times = { fromSeconds: from, untilSeconds: until };
      faults.push({ kind: "slow-code", service: faultyService, size: slower, ...times });
    }
    return { name, fromSeconds: EPOCH_SECONDS + from, untilSeconds: EPOCH_SECONDS + until };
  });
  const observe = (samplingProbability: number): Observation[] => {
    const limits = { windowSeconds: WINDOW_SECONDS, latenessSeconds: 3, maxOpenTraces: 100_000 };
    const observer = new Observer({ ...limits, samplingProbability }, new CountingLedger());
    const windows: Observation[] = [];
    recordApplication(application, requests, {
      seed,
      faults,
      disturbances: { samplingProbability },
      take: (batch) => windows.push(...observer.add(batch)),
    });
    return [...windows, ...observer.finish()];
  };
  return { application, capacity, faultyService, observe, phases };
}

/** The windows that lie within the phases of a name. */
export function windowsOf(windows: readonly Observation[], phases: readonly Phase[], name: PhaseName): Observation[] {
  const own = phases.filter((phase) => phase.name === name);
  return windows.filter((window) =>
    own.some((phase) => window.startSeconds >= phase.fromSeconds && window.endSeconds <= phase.untilSeconds),
  );
}

export interface LoadedStation {
  readonly name: string;
  readonly discipline: "fifo" | "ps" | "delay";
  readonly serverCount: number;
}

/** Services held more than a quarter of the time at the busiest learning level, with a whole number of servers. */
export function loadedStations({ application, capacity }: Played): LoadedStation[] {
  const rate = capacity.rateAt(Math.max(...LEARNING));
  const visits = visitsPerRequest(application);
  return stationTruths(application).filter((truth, service) => {
    const { isLeaf, station } = application.services[service]!;
    let heldSeconds = 0;
    application.operations.forEach((operation, k) => {
      if (operation.service !== service) return;
      const each = truth.discipline === "fifo" ? unloadedSeconds(application, k) : meanWorkSeconds(operation);
      heldSeconds += visits[k]! * each;
    });
    const utilization = (rate * heldSeconds) / (serverCountOf(station) * truth.replicaCount);
    return !isLeaf && Number.isInteger(truth.serverCount) && utilization > 0.25;
  });
}

/** Mean time of a visit if nobody ever waited, calls included. */
function unloadedSeconds(application: Application, index: number): number {
  const operation = application.operations[index]!;
  const called = operation.programs.reduce((sum, { probability, groups }) => {
    const slowest = groups.map((group) => Math.max(0, ...group.map((callee) => unloadedSeconds(application, callee))));
    return sum + probability * slowest.reduce((total, each) => total + each, 0);
  }, 0);
  return meanWorkSeconds(operation) + called;
}

/** The service with the most work a visit that is neither the bottleneck (twice its work would overload it) nor a leaf. */
function serviceToSlow(application: Application, capacity: Capacity): number {
  const truths = stationTruths(application);
  const visits = visitsPerRequest(application);
  const possible = truths
    .map((truth, service) => ({ service, truth }))
    .filter(({ service }) => service !== capacity.bottleneck && !application.services[service]!.isLeaf)
    .filter(({ service }) => visitsOf(application, visits, service) > 0.3);
  return possible.reduce((best, each) => (each.truth.meanServiceSeconds > best.truth.meanServiceSeconds ? each : best))
    .service;
}

function visitsOf(application: Application, visits: Float64Array, service: number): number {
  return application.operations.reduce(
    (sum, operation, k) => sum + (operation.service === service ? visits[k]! : 0),
    0,
  );
}
