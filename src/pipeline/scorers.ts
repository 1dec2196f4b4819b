import { fileURLToPath } from "node:url";
import { type ModelArtifact, parameterCount, readArtifact } from "../../models/artifact.ts";
import { loadBackend } from "../../models/backend.ts";
import { createBaseline } from "../../models/baselines/all-baselines.ts";
import { createTwinResidual } from "../../models/baselines/twin-residual.ts";
import { createNodeModel } from "../../models/node-model.ts";
import type { ModelView } from "../contracts/api.ts";
import type { Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";

export const SHIPPED_ARTIFACT = fileURLToPath(new URL("../../models/artifacts/node-model.json", import.meta.url));

export interface LoadedScorer {
  readonly scorer: Scorer;
  readonly view: ModelView;
}

/**
 * The scorer the settings ask for. When the model cannot be loaded the twin's residuals decide instead, and the view says
 * why: a broken artifact or backend never stops the line.
 */
export async function loadScorer(settings: Settings, artifactPath: string = SHIPPED_ARTIFACT): Promise<LoadedScorer> {
  if (settings.scorer !== "model") {
    const scorer = createBaseline(settings.scorer, { seed: settings.seed });
    return { scorer, view: viewOfBaseline(scorer.name, null) };
  }
  let artifact: ModelArtifact;
  try {
    artifact = readArtifact(artifactPath);
    const backend = await loadBackend(settings.backend);
    const view: ModelView = {
      name: artifact.name,
      backend: backend.name,
      parameterCount: parameterCount(artifact),
      card: artifact.card,
      degradedReason: backend.degradedReason,
    };
    return { scorer: createNodeModel(backend, artifact), view };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { scorer: createTwinResidual(), view: viewOfBaseline("twin-residual", `the model is not used: ${reason}`) };
  }
}

function viewOfBaseline(name: string, degradedReason: string | null): ModelView {
  const card = `# ${name}\n\nA baseline without learned weights; see \`models/baselines/${name}.ts\`.\n`;
  return { name, backend: "none", parameterCount: 0, card, degradedReason };
}
