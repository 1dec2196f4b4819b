import { fileURLToPath } from "node:url";
import { parameterCount, readArtifact } from "../../models/artifact.ts";
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

/** Artifacts to try, the one asked for first: the shipped one is the last good one there always is. */
export function artifactsOf({ model }: Pick<Settings, "model">): readonly string[] {
  return model === "shipped" ? [SHIPPED_ARTIFACT] : [model, SHIPPED_ARTIFACT];
}

/**
 * The scorer the settings ask for. An artifact that cannot be used gives way to the next one, and when there is none the
 * twin's residuals decide; the view says what is not used and why. A broken artifact or backend never stops the line.
 *
 * @param artifactPaths to try, in this order
 */
export async function loadScorer(
  settings: Settings,
  artifactPaths: readonly string[] = artifactsOf(settings),
): Promise<LoadedScorer> {
  if (settings.scorer !== "model") {
    const scorer = createBaseline(settings.scorer, { seed: settings.seed });
    return { scorer, view: viewOfBaseline(scorer.name, null) };
  }
  const reasons: string[] = [];
  for (const path of artifactPaths) {
    try {
      return await loadModel(settings, path, reasons);
    } catch (error) {
      reasons.push(`the model is not used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const reason = `${reasons.join("; ")}; the twin's residuals decide`;
  return { scorer: createTwinResidual(), view: viewOfBaseline("twin-residual", reason) };
}

/** @param refused why those before it are not used */
async function loadModel(settings: Settings, path: string, refused: readonly string[]): Promise<LoadedScorer> {
  const artifact = readArtifact(path);
  const backend = await loadBackend(settings.backend);
  const instead = refused.length === 0 ? [] : [...refused, `${artifact.name} of ${path} is used instead`];
  const reasons = [...instead, ...(backend.degradedReason === null ? [] : [backend.degradedReason])];
  const view: ModelView = {
    name: artifact.name,
    backend: backend.name,
    parameterCount: parameterCount(artifact),
    card: artifact.card,
    degradedReason: reasons.length === 0 ? null : reasons.join("; "),
  };
  return { scorer: createNodeModel(backend, artifact), view };
}

function viewOfBaseline(name: string, degradedReason: string | null): ModelView {
  const card = `# ${name}\n\nA baseline without learned weights; see \`models/baselines/${name}.ts\`.\n`;
  return { name, backend: "none", parameterCount: 0, card, degradedReason };
}
