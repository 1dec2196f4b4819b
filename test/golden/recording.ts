import { fileURLToPath } from "node:url";
import type { Incident } from "../../src/contracts/incident.ts";
import type { Settings } from "../../src/contracts/settings.ts";
import type { TelemetrySource } from "../../src/contracts/telemetry.ts";
import type { WindowListener } from "../../src/pipeline/line.ts";
import { replay } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";

export const SAMPLE = fileURLToPath(new URL("../../datasets/sample", import.meta.url));

export const settings: Settings = loadSettings({ env: {}, flags: {}, directory: SAMPLE });

/** Sends a source through a fresh line with the shipped model; the incidents and how they came about. */
export async function judge(
  open: (ledger: CountingLedger) => TelemetrySource | Promise<TelemetrySource>,
  onWindow: WindowListener = () => undefined,
): Promise<{ incidents: readonly Incident[]; text: string; spans: number; model: string }> {
  const ledger = new CountingLedger();
  const { scorer, view } = await loadScorer(settings);
  const source = await open(ledger);
  const { signal } = new AbortController();
  const result = await replay({ source, settings, scorer, model: view, ledger, onWindow, signal });
  return {
    incidents: result.incidents,
    text: JSON.stringify(result.events),
    spans: result.spans,
    model: view.degradedReason ?? view.name,
  };
}
