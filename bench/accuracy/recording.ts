import { join } from "node:path";
import { readLabels } from "../../datasets/labels.ts";
import type { LabelledLoad } from "../../src/contracts/labels.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { openRecording } from "../../src/pipeline/sources.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { between, type Requests, requestsOf } from "./requests.ts";

/** Utilizations of the bottleneck predicted for, in the order in which the recording has them. */
export const LEVELS = ["0.75", "0.8", "0.9"] as const;
export type Level = (typeof LEVELS)[number];

export interface HeldOutRecording {
  /** Windows of the learning phases, in order of time. */
  readonly learning: readonly Observation[];
  readonly levels: readonly HeldOutLevel[];
  /** The last phase, in which more came than the bottleneck can serve. */
  readonly overload: readonly Observation[];
}

export interface HeldOutLevel {
  readonly level: Level;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Everything that came from shortly before the phase, which fills its queues, to its end. */
  readonly requests: Requests;
  /** Windows wholly inside the phase, and the one before them. */
  readonly windows: readonly Observation[];
  readonly before: Observation;
}

/** The testbed's own processes are being optimised by their runtimes in the first phase: it is left out. */
const WARM_UP_PHASES = 1;
const LEARNING_PHASES = 4;
/** Time before a phase whose requests fill its queues. */
const FILL_SECONDS = 30;

/** Reads a recording made with `datasets/testbed/schedules/held-out.yaml`. @throws {RangeError} when its phases are others. */
export async function readHeldOut(folder: string): Promise<HeldOutRecording> {
  const observations = await observationsOf(folder);
  const loads = readLabels(join(folder, "labels.json")).loads ?? [];
  const phaseCount = WARM_UP_PHASES + LEARNING_PHASES + LEVELS.length + 1;
  if (loads.length !== phaseCount)
    throw new RangeError(`${folder}: has ${loads.length} loads, ${phaseCount} are needed (schedules/held-out.yaml)`);
  const within = (load: Pick<LabelledLoad, "start" | "end">): Observation[] =>
    observations.filter((each) => each.startSeconds >= load.start && each.endSeconds <= load.end);
  const requests = requestsOf(observations);
  const levels = LEVELS.map((level, i): HeldOutLevel => {
    const { start, end } = loads[WARM_UP_PHASES + LEARNING_PHASES + i]!;
    return {
      level,
      startSeconds: start,
      endSeconds: end,
      requests: between(requests, start - FILL_SECONDS, end),
      windows: within({ start, end }),
      before: observations[observations.findIndex((each) => each.startSeconds >= start) - 1]!,
    };
  });
  const learning = loads.slice(WARM_UP_PHASES, WARM_UP_PHASES + LEARNING_PHASES).flatMap(within);
  return { learning, levels, overload: within(loads[phaseCount - 1]!) };
}

async function observationsOf(folder: string): Promise<Observation[]> {
  const settings = loadSettings({ env: {}, flags: { windowSeconds: 5 } });
  const ledger = new CountingLedger();
  const source = await openRecording(folder, "otlp", settings, ledger);
  const observer = new Observer(settings, ledger);
  const observations: Observation[] = [];
  await source.read((batch) => {
    observations.push(...observer.add(batch));
  }, new AbortController().signal);
  observations.push(...observer.finish());
  return observations;
}
