import type { DeploymentMarker } from "../contracts/api.ts";
import type { Forecast } from "../contracts/forecast.ts";

/** Deployments remembered; the oldest are forgotten first. */
const MARKERS_MAX = 50;

/** The latest deployments that the twin noticed, each as it stood last. */
export class DeploymentLog {
  readonly #markers = new Map<string, DeploymentMarker>();

  take({ deployments, observation }: Forecast): void {
    for (const { node, version, previousVersion, atSeconds, state } of deployments) {
      const { name } = observation.topology.nodes[node]!;
      // A version may come back: each of its deployments is one of its own.
      const key = JSON.stringify([name, version, atSeconds]);
      this.#markers.set(key, { node: name, version, previousVersion, atSeconds, state });
      if (this.#markers.size > MARKERS_MAX) {
        this.#markers.delete(this.#markers.keys().next().value!);
      }
    }
  }

  /** Newest first. */
  get markers(): DeploymentMarker[] {
    return [...this.#markers.values()].sort((a, b) => b.atSeconds - a.atSeconds || (a.node < b.node ? -1 : 1));
  }
}
