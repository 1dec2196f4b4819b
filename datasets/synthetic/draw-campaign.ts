import type { LabelledFault, LabelledLoad, Labels } from "../../src/contracts/labels.ts";
import type { TelemetrySource } from "../../src/contracts/telemetry.ts";
import { type RandomStream, randomStream } from "../testbed/random.ts";
import type { Application } from "./application.ts";
import { measureCapacity } from "./capacity.ts";
import type { Disturbances } from "./disturbances.ts";
import { drawApplication } from "./draw-application.ts";
import { drawFault, type FaultSlot } from "./draw-faults.ts";
import type { SyntheticFault } from "./faults.ts";
import { type Burstiness, drawRequests, type LoadPhase, type Requests, steady } from "./load.ts";
import { recordApplication } from "./record.ts";
import { EPOCH_SECONDS } from "./span-batches.ts";

/** An application and a while of its life with labelled faults: what a model is trained on besides the testbed. */
export interface SyntheticCampaign {
  readonly application: Application;
  readonly labels: Labels;
  /** Gives the spans, batch by batch; each reading plays it anew and gives the same. */
  readonly source: TelemetrySource;
}

/** Utilization of the bottleneck while it is learned, then in fault slots and in surges without a fault. */
const LEARNING = [0.2, 0.4, 0.6, 0.3, 0.5];
const FAULT_LOADS = [0.25, 0.4, 0.55, 0.7];
const SURGE_LOADS = [0.75, 0.82, 0.9];
const LEARNING_SECONDS = 40;
const SLOT_SECONDS = 40;
const REST_SECONDS = 30;
const REST_LOAD = 0.35;
const SLOTS = 12;
/** Of the slots, those in which nothing is wrong but there is more traffic. */
const SURGE_SHARE = 0.3;

interface Slot extends FaultSlot {
  readonly isSurge: boolean;
}

/** Draws a campaign: the application, its load, the faults, and how much of the truth its spans lose. */
export function drawCampaign(seed: number): SyntheticCampaign {
  const random = randomStream(seed, "campaign");
  const application = drawApplication(seed, {
    serviceCount: 4 + Math.floor(15 * random()),
    saturationPerSecond: 30 * 2.5 ** random(),
    autocorrelation: random() < 0.25 ? 0.5 : 0,
    hasPauses: random() < 0.25,
    hasNarrowPools: random() < 0.2,
  });
  const capacity = measureCapacity(application, seed, 1500);
  const phases: LoadPhase[] = LEARNING.map((load) => steady(capacity.rateAt(load), LEARNING_SECONDS));
  const slots: Slot[] = [];
  let at = LEARNING.length * LEARNING_SECONDS;
  for (let k = 0; k < SLOTS; k++) {
    const isSurge = random() < SURGE_SHARE;
    const loads = isSurge ? SURGE_LOADS : FAULT_LOADS;
    const ratePerSecond = capacity.rateAt(loads[Math.floor(random() * loads.length)]!);
    slots.push({ fromSeconds: at, untilSeconds: at + SLOT_SECONDS, ratePerSecond, isSurge });
    phases.push(steady(ratePerSecond, SLOT_SECONDS), steady(capacity.rateAt(REST_LOAD), REST_SECONDS));
    at += SLOT_SECONDS + REST_SECONDS;
  }
  const faults = slots.filter((slot) => !slot.isSurge).map((slot) => drawFault(application, slot, random));
  const bursts: Burstiness = { amplitude: 0.4 * random(), meanSeconds: 5 };
  const requests = drawRequests(application, phases, seed, bursts);
  return {
    application,
    labels: labelsOf(application, faults, slots, at),
    source: sourceOf(application, requests, { seed, faults, disturbances: drawDisturbances(random) }),
  };
}

function labelsOf(
  application: Application,
  faults: readonly SyntheticFault[],
  slots: readonly Slot[],
  endSeconds: number,
): Labels {
  const unix = (seconds: number): number => EPOCH_SECONDS + seconds;
  return {
    unit: "unix seconds, UTC",
    settleSeconds: REST_SECONDS,
    covered: [[unix(0), unix(endSeconds)]],
    faults: faults.map(
      (fault): LabelledFault => ({
        start: unix(fault.fromSeconds),
        end: unix(fault.untilSeconds),
        service: application.services[fault.service]!.name,
        fault: fault.kind,
        performance: true,
        detail: { size: fault.size },
      }),
    ),
    loads: slots
      .filter((slot) => slot.isSurge)
      .map(
        ({ fromSeconds, untilSeconds, ratePerSecond }): LabelledLoad => ({
          start: unix(fromSeconds),
          end: unix(untilSeconds),
          shape: "surge",
          factor: ratePerSecond,
        }),
      ),
  };
}

/** Half of the applications are seen as they are; the others have clocks that differ, coarse ones, or lose spans. */
function drawDisturbances(random: RandomStream): Disturbances {
  if (random() < 0.5) return {};
  return {
    skewSeconds: random() < 0.6 ? 0.02 * random() : 0,
    noiseShare: random() < 0.3 ? 0.1 * random() : 0,
    grainSeconds: random() < 0.3 ? 0.001 : 0,
    lossProbability: random() < 0.3 ? 0.02 * random() : 0,
  };
}

function sourceOf(
  application: Application,
  requests: Requests,
  options: { readonly seed: number; readonly faults: readonly SyntheticFault[]; readonly disturbances: Disturbances },
): TelemetrySource {
  return {
    name: `synthetic-${options.seed}`,
    read: (take) => {
      // The simulation knows no waiting for a reader, and nobody here makes it wait.
      recordApplication(application, requests, { ...options, take: (batch) => void take(batch) });
      return Promise.resolve();
    },
  };
}
