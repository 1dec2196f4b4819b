import type { Deployment, Residual } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import type { WatchedVersion } from "../learning/epochs.ts";
import { type Discrepancy, ResidualAccumulator } from "../learning/residual.ts";
import type { NodeWindow } from "./node-window.ts";

/** Holds the service times of each watched version, and of the versions beside it, against what was learned before it. */
export function forecastDeployments(
  versions: readonly WatchedVersion[],
  windowOf: (node: number) => NodeWindow | undefined,
  topology: Topology,
  discrepancyOf: (node: number) => Discrepancy,
): Deployment[] {
  return versions.map((watched) => {
    const window = windowOf(watched.node);
    const residual = (isAsked: (version: string) => boolean): Residual | null =>
      window === undefined || watched.state === "adopted"
        ? null
        : residualOf(window, (instance) => isAsked(topology.instances[instance]!.version), discrepancyOf(watched.node));
    return {
      ...watched,
      service: residual((version) => version === watched.version),
      previousService: residual((version) => watched.previousVersion.split(", ").includes(version)),
    };
  });
}

/** Under the structure that is least surprised: only what all plausible ones find strange is strange. */
function residualOf(
  { structures }: NodeWindow,
  isAsked: (instance: number) => boolean,
  discrepancy: Discrepancy,
): Residual | null {
  let least: Residual | null = null;
  for (const { byInstance } of structures) {
    const asked = new ResidualAccumulator();
    for (const [instance, accumulator] of byInstance) {
      if (isAsked(instance)) {
        asked.join(accumulator);
      }
    }
    const residual = asked.residual(discrepancy);
    if (residual !== null && (least === null || Math.abs(residual.z) < Math.abs(least.z))) {
      least = residual;
    }
  }
  return least;
}
