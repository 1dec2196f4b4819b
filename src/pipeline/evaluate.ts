import { BASELINE_NAMES, createBaseline } from "../../models/baselines/all-baselines.ts";
import type { ModelView } from "../contracts/api.ts";
import type { IncidentEvent } from "../contracts/incident.ts";
import type { Labels } from "../contracts/labels.ts";
import type { Scored, Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../contracts/telemetry.ts";
import { evaluateRuns } from "../evaluation/report.ts";
import type { EvaluationReport, Provenance, ScorerRun } from "../evaluation/report-type.ts";
import { type ReplayResult, replay } from "./replay.ts";

/** Replays a labelled recording once with the shipped scorer deciding what is learned, all baselines watching. */
export async function evaluateRecording(parts: {
  source: TelemetrySource;
  recording: string;
  labels: Labels;
  settings: Settings;
  scorer: Scorer;
  model: ModelView;
  ledger: Ledger;
  provenance: Provenance;
  onWindow?: () => void;
  signal: AbortSignal;
}): Promise<{ report: EvaluationReport; replayed: ReplayResult }> {
  const baselines = BASELINE_NAMES.filter((name) => name !== parts.scorer.name).map((name) =>
    createBaseline(name, { seed: parts.settings.seed }),
  );
  const runs = [parts.scorer, ...baselines].map((scorer) => new RunRecorder(scorer.name));
  const replayed = await replay({
    ...parts,
    watchers: baselines,
    onWindow: (result) => {
      [result, ...result.watching].forEach((judgement, k) => {
        runs[k]!.take(judgement.scored, judgement.events);
      });
      parts.onWindow?.();
    },
  });
  const report = evaluateRuns({
    recording: parts.recording,
    labels: parts.labels,
    runs: runs.map((run) => run.finish()),
    subject: parts.scorer.name,
    provenance: parts.provenance,
  });
  return { report, replayed };
}

/** Writes down what one scorer said, window by window. */
class RunRecorder {
  readonly #scorer: string;
  readonly #incidents: IncidentEvent[] = [];
  readonly #windowEndSeconds: number[] = [];
  readonly #probability: Float64Array[] = [];
  #nodes: readonly string[] = [];

  constructor(scorer: string) {
    this.#scorer = scorer;
  }

  take(scored: Scored, events: readonly IncidentEvent[]): void {
    const { observation } = scored.forecast;
    this.#incidents.push(...events);
    this.#nodes = observation.topology.nodes.map((node) => node.name);
    const row = new Float64Array(this.#nodes.length).fill(Number.NaN);
    for (const node of scored.nodes) {
      row[node.node] = node.probability;
    }
    this.#windowEndSeconds.push(observation.endSeconds);
    this.#probability.push(row);
  }

  finish(): ScorerRun {
    return {
      scorer: this.#scorer,
      incidents: this.#incidents,
      timeline: {
        windowEndSeconds: this.#windowEndSeconds,
        nodes: this.#nodes,
        probability: this.#probability,
      },
    };
  }
}
