import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ModelArtifact, readArtifact } from "../../models/artifact.ts";
import { createLocalResidual } from "../../models/baselines/local-residual.ts";
import { roundsOf } from "../../models/network.ts";
import type { Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ablation } from "../evaluation/report-type.ts";
import { loadScorer } from "./scorers.ts";

/** Trained variants of the model with a part left out, one artifact each; its file name is its name in tables. */
export const ABLATION_ARTIFACTS = fileURLToPath(new URL("../../models/artifacts/ablations", import.meta.url));

export interface AblationScorer extends Ablation {
  /** A fresh one: it has seen nothing. */
  readonly create: () => Promise<Scorer>;
}

/**
 * What stands beside the shipped scorer in the ablation table, besides the baseline `twin-residual`.
 *
 * @throws {Error} naming the artifact, when one that is there cannot be used: a table without it would mislead.
 */
export function ablationScorers(settings: Settings, folder: string = ABLATION_ARTIFACTS): AblationScorer[] {
  const artifacts = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return [
    {
      scorer: "local-residual",
      what: "largest residual of the node itself, without attribution",
      create: () => Promise.resolve(createLocalResidual()),
    },
    ...artifacts.toSorted().map((file): AblationScorer => {
      const scorer = basename(file, ".json");
      return {
        scorer,
        what: describeVariant(join(folder, file)),
        create: async () => renamed(await loadVariant(settings, join(folder, file)), scorer),
      };
    }),
  ];
}

/** What is other about a variant. Nothing is thrown here: whoever cannot be read is refused when it is made. */
function describeVariant(path: string): string {
  let artifact: ModelArtifact;
  try {
    artifact = readArtifact(path);
  } catch {
    return "an artifact that cannot be read";
  }
  const { features, isPooled, layers } = artifact;
  if (!isPooled) return "the model without the twin: times against their own past, and what is counted";
  if (!features.some((name) => name.startsWith("callees."))) return "the model without edges: each node by itself";
  return roundsOf(layers) === 1 ? "the model with a round of messages along the calls" : "the model trained otherwise";
}

async function loadVariant(settings: Settings, path: string): Promise<Scorer> {
  const { scorer, view } = await loadScorer({ ...settings, scorer: "model" }, [path]);
  if (view.parameterCount === 0) throw new Error(`ablation ${path}: ${view.degradedReason}`);
  return scorer;
}

function renamed(scorer: Scorer, name: string): Scorer {
  return { name, score: (forecast) => ({ ...scorer.score(forecast), scorer: name }) };
}
