import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { readLabels } from "../../datasets/labels.ts";
import { drawCampaign } from "../../datasets/synthetic/draw-campaign.ts";
import { evidenceOf, largestOf } from "../../models/baselines/twin-residual-evidence.ts";
import { featureRows } from "../../models/features.ts";
import { callPairsOf } from "../../models/neighbours.ts";
import type { TrainingExample } from "../../models/training-batches.ts";
import { Twin } from "../../twin/twin.ts";
import { SourceError } from "../contracts/errors.ts";
import type { Labels } from "../contracts/labels.ts";
import { FAULT_KINDS } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TelemetryBatch, TelemetrySource } from "../contracts/telemetry.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { dataHash } from "./data-hash.ts";
import { type LabelledWindow, labelledWindows } from "./labelled-windows.ts";
import { openRecording } from "./sources.ts";

/** Where windows with labels come from: a recording, or an application that is drawn from a seed and simulated. */
export type TrainingSource =
  | { readonly kind: "recording"; readonly folder: string; readonly windowSeconds: number }
  | { readonly kind: "simulated"; readonly seed: number };

/** A window as a network learns from it, with all features, and what the twin alone makes of each of its nodes. */
export interface LabelledExample extends TrainingExample {
  /** Largest standardised residual, by row. */
  readonly residualZ: Float32Array;
}

export interface TrainingRecording {
  readonly name: string;
  /** Of the data; of what was drawn, how to draw it again. */
  readonly hash: string;
  readonly examples: readonly LabelledExample[];
}

const LABELS_FILE = "labels.json";

/** What whoever stops it wants to know. */
export const GOES_ON = "the same command goes on from there";

export function windowsOf(recordings: readonly TrainingRecording[]): LabelledExample[] {
  return recordings.flatMap(({ examples }) => examples);
}

export function describeSource(source: TrainingSource): string {
  return source.kind === "simulated"
    ? `simulated application ${source.seed}`
    : `${source.folder} in windows of ${source.windowSeconds} s`;
}

/**
 * SHA-256 of a recording with its labels (first 16 digits); of what is drawn, its seed.
 *
 * @throws {SettingsError} for a folder or labels that cannot be read: now, and not when hours have been spent on others
 */
export async function hashOfSource(source: TrainingSource): Promise<string> {
  if (source.kind === "simulated") return `seed ${source.seed}`;
  readLabels(join(source.folder, LABELS_FILE));
  return await dataHash(source.folder);
}

/**
 * Every window of a source with its label, as the twin saw it.
 *
 * @param watch.onShare told which share of the labelled time is done, in [0, 1]
 * @throws {SourceError} when it is stopped: half a recording is another recording
 */
export async function readTraining(
  source: TrainingSource,
  hash: string,
  settings: Settings,
  watch: { readonly signal: AbortSignal; readonly onShare: (share: number) => void },
): Promise<TrainingRecording> {
  const { telemetry, labels, name, windowSeconds } = await openSource(source, settings);
  const own = { ...settings, windowSeconds };
  const from = Math.min(...labels.covered.map(([start]) => start));
  const until = Math.max(...labels.covered.map(([, end]) => end));
  const windows = await labelledWindows({
    source: telemetry,
    labels,
    settings: own,
    twin: new Twin(own),
    ledger: new CountingLedger(),
    signal: watch.signal,
    onWindow: (endSeconds) => watch.onShare(Math.min(1, Math.max(0, (endSeconds - from) / (until - from)))),
  });
  if (watch.signal.aborted)
    throw new SourceError(`stopped while reading ${describeSource(source)}; ${GOES_ON}`, { retriable: true });
  return { name, hash, examples: windows.flatMap((window) => exampleOf(window) ?? []) };
}

async function openSource(
  source: TrainingSource,
  settings: Settings,
): Promise<{ telemetry: TelemetrySource; labels: Labels; name: string; windowSeconds: number }> {
  if (source.kind === "simulated") {
    const campaign = drawCampaign(source.seed);
    const { windowSeconds } = settings;
    const name = `simulated, ${campaign.application.services.length} nodes, windows of ${windowSeconds} s`;
    return { telemetry: unhurried(campaign.source), labels: campaign.labels, name, windowSeconds };
  }
  const { folder, windowSeconds } = source;
  return {
    telemetry: await openRecording(folder, "otlp", settings, new CountingLedger()),
    labels: readLabels(join(folder, LABELS_FILE)),
    name: `${basename(folder)}, windows of ${windowSeconds} s`,
    windowSeconds,
  };
}

/** A simulation plays in one go and waits for nobody: its batches are given with a breath between, so that Ctrl-C is heard. */
function unhurried(source: TelemetrySource): TelemetrySource {
  return {
    name: source.name,
    async read(take, signal) {
      const batches: TelemetryBatch[] = [];
      await source.read((batch) => void batches.push(batch), signal);
      for (const batch of batches) {
        await setImmediate();
        if (signal.aborted) return;
        await take(batch);
      }
    },
  };
}

/** Rows and label of a window; null when the guilty node is not visible in it or its kind is unknown. */
export function exampleOf(window: LabelledWindow): LabelledExample | null {
  const { forecast, fault } = window;
  const rows = featureRows(forecast);
  const calls = callPairsOf(forecast);
  const residualZ = Float32Array.from(evidenceOf(forecast), largestOf);
  if (fault === null) return { rows, calls, residualZ, guiltyRow: -1, kind: -1 };
  const { nodes } = forecast.observation.topology;
  const guiltyRow = forecast.nodes.findIndex((node) => nodes[node.node]!.name === fault.service);
  const kind = FAULT_KINDS.findIndex((each) => each === fault.fault);
  return guiltyRow < 0 || kind < 0 ? null : { rows, calls, residualZ, guiltyRow, kind };
}
