import { Twin } from "../../twin/twin.ts";
import type { LedgerView, ModelView } from "../contracts/api.ts";
import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import type { Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../contracts/telemetry.ts";
import type { RunStage } from "../self/stage-clock.ts";
import { Line, type WindowListener } from "./line.ts";

export interface ReplayResult {
  readonly incidents: readonly Incident[];
  readonly events: readonly IncidentEvent[];
  readonly spans: number;
  readonly windows: number;
  /** Event time from the first to the last window, holes included; and the time windows with data cover. */
  readonly spanSeconds: number;
  readonly coveredSeconds: number;
  readonly model: Pick<ModelView, "name" | "backend" | "degradedReason">;
  readonly ledger: LedgerView;
}

/** A line with a fresh twin. */
export function createLine(
  settings: Settings,
  scorer: Scorer,
  ledger: Ledger,
  more: { readonly watchers?: readonly Scorer[] | undefined; readonly runStage?: RunStage } = {},
): Line {
  const { watchers = [], runStage } = more;
  return new Line({ settings, twin: new Twin(settings), scorer, ledger, watchers, runStage });
}

/** Sends a source through a fresh line, as fast as it goes, and gathers what was found. */
export async function replay(parts: {
  source: TelemetrySource;
  settings: Settings;
  scorer: Scorer;
  model: ModelView;
  ledger: Ledger;
  watchers?: readonly Scorer[];
  onWindow?: WindowListener;
  signal: AbortSignal;
}): Promise<ReplayResult> {
  const line = createLine(parts.settings, parts.scorer, parts.ledger, { watchers: parts.watchers });
  const events: IncidentEvent[] = [];
  let windows = 0;
  let spans = 0;
  let firstSeconds = Number.NaN;
  let lastSeconds = Number.NaN;
  line.onWindow((result) => {
    const { startSeconds, endSeconds } = result.scored.forecast.observation;
    windows++;
    firstSeconds = Number.isNaN(firstSeconds) ? startSeconds : firstSeconds;
    lastSeconds = endSeconds;
    events.push(...result.events);
  });
  if (parts.onWindow !== undefined) {
    line.onWindow(parts.onWindow);
  }
  await parts.source.read((batch) => {
    spans += batch.spans.spanCount;
    line.take(batch);
  }, parts.signal);
  line.finish();
  const { name, backend, degradedReason } = parts.model;
  return {
    incidents: lastOfEach(events),
    events,
    spans,
    windows,
    spanSeconds: windows === 0 ? 0 : lastSeconds - firstSeconds,
    coveredSeconds: windows * parts.settings.windowSeconds,
    model: { name, backend, degradedReason },
    ledger: { rows: parts.ledger.rows().map((row) => ({ ...row, lost: { ...row.lost } })) },
  };
}

/** Each incident as it stood at the end, in order of opening. */
function lastOfEach(events: readonly IncidentEvent[]): Incident[] {
  const latest = new Map<string, Incident>();
  for (const event of events) {
    latest.set(event.incident.id, event.incident);
  }
  return [...latest.values()];
}
