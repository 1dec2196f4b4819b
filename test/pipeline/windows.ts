import type { Forecast } from "../../src/contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../../src/contracts/incident.ts";
import type { Settings } from "../../src/contracts/settings.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import type { TwinLike } from "../../src/pipeline/line.ts";
import { SETTINGS } from "../../src/settings/schema.ts";
import { nodeForecast } from "../models/baselines/fixtures.ts";
import { batchOf, type TestSpan } from "../topology/spans.ts";

/** Every default, with what a test needs otherwise. */
export function settings(changes: Partial<Settings> = {}): Settings {
  const defaults = Object.fromEntries(Object.entries(SETTINGS).map(([key, { defaultValue }]) => [key, defaultValue]));
  return { ...(defaults as unknown as Settings), ...changes };
}

const SERVER = 2;
const CLIENT = 3;

/** One request a second for `seconds`: front calls back. Trace numbers begin at 1 with `from` = 0. */
export function requests(from: number, seconds: number): TelemetryBatch {
  const spans = Array.from({ length: seconds }, (_, i): TestSpan[] => {
    const start = 1000 + from + i + 0.2;
    const trace = from + i + 1;
    return [
      {
        trace,
        id: 3,
        parent: 2,
        kind: SERVER,
        service: "back",
        operation: "answer",
        start: start + 0.02,
        end: start + 0.08,
      },
      {
        trace,
        id: 2,
        parent: 1,
        kind: CLIENT,
        service: "front",
        operation: "call",
        start: start + 0.01,
        end: start + 0.09,
      },
      { trace, id: 1, kind: SERVER, service: "front", operation: "GET /", start, end: start + 0.1 },
    ];
  });
  return batchOf(spans.flat());
}

/** A twin that is ready after some windows and remembers which it was told to learn. */
export class NotingTwin implements TwinLike {
  readonly learned: number[] = [];
  readonly accepted: { readonly node: number; readonly atSeconds: number }[] = [];
  readonly memory = { visits: 7, instances: 2, forgottenInstances: 1, refused: 3 };
  readonly #readyAfter: number;
  #seen = 0;

  constructor(readyAfter: number) {
    this.#readyAfter = readyAfter;
  }

  get isReady(): boolean {
    return this.#seen > this.#readyAfter;
  }

  forecast(observation: Forecast["observation"]): Forecast {
    this.#seen++;
    const { nodes } = observation.topology;
    return {
      observation,
      isReady: this.isReady,
      readiness: nodes.map(({ index }) => ({
        node: index,
        visitsLearned: 60,
        visitsNeeded: 60,
        isReady: this.isReady,
        driftShare: 0,
        isDrifting: false,
        instanceCount: 1,
        completeness: 1,
        sampledShare: 1,
        limitation: "",
      })),
      nodes: this.isReady ? nodes.map(({ index }) => nodeForecast(index)) : [],
      operations: [],
      stations: [],
      edges: [],
      entryRatePerSecond: 1,
      usualEntryRatePerSecond: 1,
      capacity: null,
      deployments: [],
    };
  }

  snapshot() {
    return { learned: [...this.learned], accepted: [...this.accepted], seen: this.#seen };
  }

  restore({ learned, accepted, seen }: ReturnType<NotingTwin["snapshot"]>): void {
    this.learned.push(...learned);
    this.accepted.push(...accepted);
    this.#seen = seen;
  }

  learn(forecast: Forecast): void {
    this.learned.push(forecast.observation.startSeconds);
  }

  acceptNewNormal(node: number, atSeconds: number): void {
    this.accepted.push({ node, atSeconds });
  }

  counterfactuals(): [] {
    return [];
  }

  diagnose(): [] {
    return [];
  }
}

export function event(type: IncidentEvent["type"], incident: Incident): IncidentEvent {
  return { type, atSeconds: incident.resolvedSeconds ?? incident.openedSeconds, incident };
}
