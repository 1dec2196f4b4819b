import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLocalResidual } from "../../models/baselines/local-residual.ts";
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
        what: "the model with a part left out",
        create: async () => renamed(await loadVariant(settings, join(folder, file)), scorer),
      };
    }),
  ];
}

async function loadVariant(settings: Settings, path: string): Promise<Scorer> {
  const { scorer, view } = await loadScorer({ ...settings, scorer: "model" }, path);
  if (view.parameterCount === 0) throw new Error(`ablation ${path}: ${view.degradedReason}`);
  return scorer;
}

function renamed(scorer: Scorer, name: string): Scorer {
  return { name, score: (forecast) => ({ ...scorer.score(forecast), scorer: name }) };
}
