import { FAULT_KINDS } from "../src/contracts/score.ts";
import type { FeatureName } from "./features.ts";
import { type LayerWeights, roundsOf } from "./network.ts";
import type { Reliability, ValidationMetrics } from "./validation-metrics.ts";

export interface CardRecording {
  readonly name: string;
  readonly hash: string;
  readonly cleanWindows: number;
  readonly faultWindows: number;
}

export interface CardFacts {
  readonly name: string;
  readonly features: readonly FeatureName[];
  readonly isPooled: boolean;
  readonly layers: readonly LayerWeights[];
  readonly seed: number;
  readonly backend: string;
  /** The artifact it went on from, null for fresh weights. */
  readonly init: string | null;
  readonly epochs: number;
  readonly validationLoss: number;
  readonly temperature: number;
  /** Node-windows behind the scores of clean windows. */
  readonly cleanScores: number;
  readonly metrics: ValidationMetrics;
  /** Windows of each kind that were trained on, in the order of `FAULT_KINDS`. */
  readonly kindWindows: readonly number[];
  readonly training: readonly CardRecording[];
  readonly validation: readonly CardRecording[];
}

/** The model card that is written beside the weights, Markdown. */
export function modelCard(facts: CardFacts): string {
  const rows = [
    ...facts.training.map((each) => row("training", each)),
    ...facts.validation.map((each) => row("validation", each)),
  ];
  return `# ${facts.name}

Scores every node of the service map in every window: is it at fault, and of what kind.

${networkLines(facts)}
- **Training**: seed ${facts.seed}, backend ${facts.backend}, ${facts.init === null ? "from fresh weights" : `from \`${facts.init}\``}, best epoch ${facts.epochs}, validation loss ${facts.validationLoss.toFixed(4)}.
- **Calibration** on the validation recordings: guilt logit / ${facts.temperature.toFixed(2)}; p-values from ${facts.cleanScores} scores of
  nodes in windows without a fault.

${metricLines(facts.metrics)}
## Data

Training stopped by the validation recordings and was calibrated on them; weights were learned from the others alone.

| use | recording | SHA-256 (first 16) | clean windows | fault windows |
|---|---|---|---|---|
${rows.join("\n")}

${kindLine(facts.kindWindows)}

## Limits

What it does on an application is measured by \`spantwin evaluate\`, not promised here. Simulated applications are as varied
as the simulator knows how: no consumers, no caches that fill, no autoscaling. Faults that change no latency, error or call
pattern are invisible to it. Two faults at a time are scored node by node but were not trained on.
`;
}

function networkLines({ features, isPooled, layers }: CardFacts): string {
  const withoutTwin = features.some((name) => name.startsWith("plain."));
  const input = withoutTwin
    ? "dimensionless statistics of a node against its own past, without the queueing twin"
    : "dimensionless residuals of a node against the queueing twin, at the load there is";
  const hearing =
    roundsOf(layers) === 1
      ? "; between them each node hears the mean of its callees and of its callers"
      : features.some((name) => name.startsWith("callees."))
        ? "; neighbours are seen through features alone"
        : "; neighbours are not seen";
  const use = isPooled
    ? `its log odds of guilt are averaged with those of the twin's largest residual (a logarithmic opinion pool, see
  \`models/score.ts\`); kinds are the network's alone`
    : "its log odds of guilt are the score; the twin's residuals have no say in it";
  return `- **Input**: ${features.length} ${input}. No names, no
  absolute times, so it can be used on an application it has never seen.
- **Network**: dense, two hidden layers of 32, the same weights for every node${hearing}.
  A guilt logit is the log of the odds that it is this node rather than nobody.
- **Use**: ${use}.`;
}

function metricLines({ windows, faultWindows, ac1, ac3, kind, before, after }: ValidationMetrics): string {
  const reliability = (name: string, { brier, calibrationError }: Reliability): string =>
    `| probability ${name}: Brier score, calibration error | ${brier.toFixed(3)}, ${calibrationError.toFixed(3)} |`;
  return `## On the validation recordings

Single windows, not incidents, and the data that training was stopped by: a check, no promise. The calibration error is that
of the likeliest answer, a node or nobody, in 10 bins.

| of ${windows} windows, ${faultWindows} with a fault | |
|---|---|
| guilty node scored highest (AC@1), among the highest three (AC@3) | ${ac1.toFixed(3)}, ${ac3.toFixed(3)} |
| its kind named | ${kind.toFixed(3)} |
${reliability("as trained", before)}
${reliability("divided by the temperature", after)}
`;
}

function kindLine(windows: readonly number[]): string {
  const seen = FAULT_KINDS.flatMap((kind, k) => (windows[k]! > 0 ? [`${kind} ${windows[k]}`] : []));
  const unseen = FAULT_KINDS.filter((_, k) => windows[k] === 0);
  const others = unseen.length === 0 ? "" : `; none of ${unseen.join(", ")}: what it says of these is no knowledge`;
  return `Windows trained on, by kind: ${seen.join(", ")}${others}.`;
}

function row(use: string, each: CardRecording): string {
  return `| ${use} | ${each.name} | \`${each.hash}\` | ${each.cleanWindows} | ${each.faultWindows} |`;
}
