import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { parameterCount, readArtifact } from "../../../models/artifact.ts";
import { loadBackend } from "../../../models/backend.ts";
import type { Settings } from "../../contracts/settings.ts";
import { artifactsOf } from "../scorers.ts";
import { type Finding, failure, fine, messageOf, warning } from "./finding.ts";

/** Whether the model that the settings ask for loads, which one that is, and what will compute it. */
export async function checkModel(
  settings: Pick<Settings, "scorer" | "model" | "backend">,
): Promise<readonly Finding[]> {
  const { scorer, model } = settings;
  if (scorer !== "model") return [fine("model", `the baseline ${scorer} decides; no artifact is needed`)];
  const path = artifactsOf({ model })[0]!;
  return [checkArtifact(path, model), await checkBackend(settings.backend)];
}

function checkArtifact(path: string, model: string): Finding {
  try {
    const artifact = readArtifact(path);
    const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
    return fine("model", `${artifact.name} (${parameterCount(artifact)} parameters, sha256 ${hash}) of ${path}`);
  } catch (error) {
    return model === "shipped"
      ? failure(
          "model",
          messageOf(error),
          "install spantwin again: the shipped model is damaged; until then residuals decide",
        )
      : failure(
          "model",
          messageOf(error),
          "train it again, or set model to shipped: until then the shipped one decides",
        );
  }
}

async function checkBackend(asked: Settings["backend"]): Promise<Finding> {
  try {
    const { name, degradedReason } = await loadBackend(asked);
    if (degradedReason !== null)
      return warning("model", `computed by ${name}: ${degradedReason}`, "set backend to auto");
    return fine("model", `computed by ${name}`);
  } catch (error) {
    return failure("model", `no backend computes it: ${messageOf(error)}`, "set backend to auto or cpu");
  }
}
