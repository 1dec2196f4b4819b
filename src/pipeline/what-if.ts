import { Twin } from "../../twin/twin.ts";
import { BaseTraffic } from "../../twin/what-if/base-traffic.ts";
import type { WhatIfModel } from "../../twin/what-if/model.ts";
import { operationsOf } from "../../twin/what-if/named-network.ts";
import { ScenarioError, UnknownName } from "../../twin/what-if/scenario-error.ts";
import { whatIf } from "../../twin/what-if/what-if.ts";
import { SettingsError, SourceError } from "../contracts/errors.ts";
import type { Forecast } from "../contracts/forecast.ts";
import type { Labels } from "../contracts/labels.ts";
import type { Observation } from "../contracts/observation.ts";
import type { Scorer } from "../contracts/score.ts";
import type { Settings, TimeRange } from "../contracts/settings.ts";
import type { Ledger, TelemetryBatch, TelemetrySource } from "../contracts/telemetry.ts";
import type { WhatIfAnswer } from "../contracts/what-if.ts";
import { nearestOf } from "../settings/names.ts";
import type { WrittenScenario } from "../settings/scenario.ts";
import { Observer } from "../topology/observer.ts";
import { LearningGate } from "./learning-gate.ts";
import { Line, type TwinLike } from "./line.ts";

/** So long after a fault, or a load that was too much, the backlog may still show. */
const AFTERMATH_SECONDS = 8;

/** Nobody reads the forecasts of windows whose verdict is known. */
const REPLICATES_UNJUDGED = 2;

/** What the labels of a recording say is not normal: the faults, each with its aftermath. */
export function labelledFaults(labels: Labels): TimeRange[] {
  return labels.faults.map(({ start, end }) => ({ fromSeconds: start, toSeconds: end + AFTERMATH_SECONDS }));
}

export function labelledLoads(labels: Labels): TimeRange[] {
  return (labels.loads ?? []).map(({ start, end }) => ({ fromSeconds: start, toSeconds: end + AFTERMATH_SECONDS }));
}

/**
 * Learns, and answers what a scenario would do.
 *
 * @throws {SettingsError} naming the change, as it was written, that does not fit the system.
 */
export async function askWhatIf(
  parts: Parameters<typeof learnForWhatIf>[0] & {
    written: WrittenScenario;
    replications: number;
    /** "service" or "service operation". */
    operations: readonly string[];
    onReplication: (done: number) => void;
  },
): Promise<WhatIfAnswer> {
  const model = await learnForWhatIf(parts);
  const { scenario, origins } = parts.written;
  try {
    return whatIf(model, scenario, {
      seed: parts.settings.seed,
      replications: parts.replications,
      operations: parts.operations.flatMap((target) => watched(model, target)),
      onReplication: parts.onReplication,
    });
  } catch (error) {
    if (!(error instanceof ScenarioError)) {
      throw error;
    }
    const origin = origins[scenario.changes.indexOf(error.change)];
    throw asSettingsError(origin?.key ?? error.change.verb, origin?.value ?? error.value, error, origin?.where ?? "");
  }
}

/** Operations of the network that are to be answered for too. */
function watched(model: WhatIfModel, target: string): number[] {
  try {
    return operationsOf(model.network, target);
  } catch (error) {
    throw error instanceof UnknownName ? asSettingsError("--operation", target, error, "") : error;
  }
}

/** Says what was meant, if it can be guessed. */
function asSettingsError(
  key: string,
  written: unknown,
  error: ScenarioError | UnknownName,
  where: string,
): SettingsError {
  const nearest = typeof error.value === "string" ? nearestOf(error.value, error.known) : null;
  const known = error.known.length === 0 ? "" : `: known are ${error.known.join(", ")}`;
  const hint = nearest === null ? known : `: did you mean ${nearest}?`;
  const about = String(written) === String(error.value) ? "" : `${JSON.stringify(error.value)} `;
  return new SettingsError(key, written, `${about}${error.rule}${hint}${where}`);
}

/**
 * Learns the twin from recordings, one after the other in order of time, and hands out what a scenario is asked of.
 * Windows that the settings exclude are not learned. What else is not normal, the labels have said (`isLabelled`) or the
 * line judges: faults are not learned, unusual loads (`unusualLoads`, or the line's verdict "traffic") are learned from
 * but are no base for traffic.
 *
 * @throws {SettingsError} naming a recording that is out of order.
 * @throws {SourceError} when there was too little normal traffic to learn anything.
 */
export async function learnForWhatIf(parts: {
  /** In order of time. */
  recordings: readonly { readonly path: string; readonly source: TelemetrySource }[];
  settings: Settings;
  scorer: Scorer;
  ledger: Ledger;
  isLabelled: boolean;
  unusualLoads: readonly TimeRange[];
  onWindow: (endSeconds: number) => void;
  signal: AbortSignal;
}): Promise<WhatIfModel> {
  const { settings, isLabelled } = parts;
  const twin = new RememberingTwin(
    isLabelled ? { ...settings, replicates: REPLICATES_UNJUDGED } : settings,
    parts.onWindow,
  );
  const unusual = new Map<string, TimeRange>();
  const line = isLabelled ? new UnjudgedLine(settings, twin, parts.ledger) : judgingLine({ ...parts, twin }, unusual);
  for (const [index, { path, source }] of parts.recordings.entries()) {
    const windowsBefore = twin.windowCount;
    await source.read((batch) => line.take(batch), parts.signal);
    if (index > 0 && twin.windowCount === windowsBefore) {
      throw new SettingsError(
        "recordings",
        path,
        "holds nothing later than the one before: give them in order of time",
      );
    }
  }
  line.finish();
  twin.traffic.leaveOut([...parts.unusualLoads, ...unusual.values()]);
  const model = twin.whatIfModel(twin.traffic);
  if (model === null) {
    throw new SourceError("too little normal traffic to learn from: nothing can be said about a change", {
      retriable: false,
    });
  }
  return model;
}

/** A line that writes down when it saw unusual traffic, by incident. */
function judgingLine(parts: ConstructorParameters<typeof Line>[0], unusual: Map<string, TimeRange>): Line {
  const line = new Line(parts);
  line.onWindow(({ events }) => {
    for (const { incident } of events) {
      if (incident.verdict === "traffic") {
        const toSeconds = incident.resolvedSeconds ?? Number.POSITIVE_INFINITY;
        unusual.set(incident.id, { fromSeconds: incident.onsetSeconds, toSeconds });
      }
    }
  });
  return line;
}

/** Spans to windows to the twin, learning from all that is not excluded. */
class UnjudgedLine {
  readonly #observer: Observer;
  readonly #gate: LearningGate;
  readonly #twin: TwinLike;

  constructor(settings: Settings, twin: TwinLike, ledger: Ledger) {
    this.#observer = new Observer(settings, ledger);
    this.#gate = new LearningGate({ delaySeconds: 0, excluded: settings.exclude });
    this.#twin = twin;
  }

  take(batch: TelemetryBatch): void {
    this.#learn(this.#observer.add(batch));
  }

  finish(): void {
    this.#learn(this.#observer.finish());
  }

  #learn(observations: Iterable<Observation>): void {
    for (const observation of observations) {
      for (const clean of this.#gate.take(this.#twin.forecast(observation), Number.NaN)) {
        this.#twin.learn(clean);
      }
    }
  }
}

/** A twin that also remembers how normal traffic came. */
class RememberingTwin extends Twin {
  readonly traffic = new BaseTraffic();
  windowCount = 0;
  readonly #onWindow: (endSeconds: number) => void;

  constructor(settings: Settings, onWindow: (endSeconds: number) => void) {
    super(settings);
    this.#onWindow = onWindow;
  }

  override forecast(observation: Observation): Forecast {
    this.windowCount++;
    this.#onWindow(observation.endSeconds);
    return super.forecast(observation);
  }

  override learn(forecast: Forecast): void {
    super.learn(forecast);
    this.traffic.add(forecast.observation);
  }
}
