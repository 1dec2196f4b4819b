import { FEATURES } from "./features.ts";

export interface CardRecording {
  readonly name: string;
  readonly hash: string;
  readonly cleanWindows: number;
  readonly faultWindows: number;
}

export interface CardFacts {
  readonly name: string;
  readonly seed: number;
  readonly backend: string;
  readonly epochs: number;
  readonly validationLoss: number;
  readonly rounds: 0 | 1;
  readonly temperature: number;
  /** Node-windows behind the scores of clean windows. */
  readonly cleanScores: number;
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

- **Input**: ${FEATURES.length} dimensionless residuals of a node against the queueing twin, at the load there is. No names, no
  absolute times, so it can be used on an application it has never seen.
- **Network**: dense, two hidden layers of 32, the same weights for every node${facts.rounds === 0 ? "; neighbours are seen through features alone" : "; between them each node hears the mean of its callees and of its callers"}.
  A guilt logit is the log of the odds that it is this node rather than nobody.
- **Use**: its log odds of guilt are averaged with those of the twin's largest residual (a logarithmic opinion pool, see
  \`models/score.ts\`); kinds are the network's alone.
- **Training**: seed ${facts.seed}, backend ${facts.backend}, best epoch ${facts.epochs}, validation loss ${facts.validationLoss.toFixed(4)}.
- **Calibration** on the validation recordings: guilt logit / ${facts.temperature.toFixed(2)}; p-values from ${facts.cleanScores} scores of
  nodes in windows without a fault.

| use | recording | SHA-256 (first 16) | clean windows | fault windows |
|---|---|---|---|---|
${rows.join("\n")}

## Limits

What it does on an application is measured by \`spantwin evaluate\`, not promised here. Simulated applications are as varied
as the simulator knows how: no consumers, no caches that fill, no autoscaling. Faults that change no latency, error or call
pattern are invisible to it. Two faults at a time are scored node by node but were not trained on.
`;
}

function row(use: string, each: CardRecording): string {
  return `| ${use} | ${each.name} | \`${each.hash}\` | ${each.cleanWindows} | ${each.faultWindows} |`;
}
