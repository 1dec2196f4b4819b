import type { DeploymentMarker } from "../contracts/api.ts";
import type { Forecast } from "../contracts/forecast.ts";

/** Deployments remembered; the oldest are forgotten first. */
const MARKERS_MAX = 50;

/** The latest deployments that the twin noticed, each as it stood last. */
export class DeploymentLog {
  #markers = new Map<string, DeploymentMarker>();

  /** Returns the markers that are new or stand otherwise than before. */
  take({ deployments, observation }: Forecast): DeploymentMarker[] {
    const changed: DeploymentMarker[] = [];
    for (const { node, version, previousVersion, atSeconds, state } of deployments) {
      const { name } = observation.topology.nodes[node]!;
      // A version may come back: each of its deployments is one of its own.
      const key = JSON.stringify([name, version, atSeconds]);
      const marker = { node: name, version, previousVersion, atSeconds, state };
      if (this.#markers.get(key)?.state !== state) {
        changed.push(marker);
      }
      this.#markers.set(key, marker);
      if (this.#markers.size > MARKERS_MAX) {
        this.#markers.delete(this.#markers.keys().next().value!);
      }
    }
    return changed;
  }

  /** Newest first. */
  get markers(): DeploymentMarker[] {
    return [...this.#markers.values()].sort((a, b) => b.atSeconds - a.atSeconds || (a.node < b.node ? -1 : 1));
  }

  snapshot() {
    return { markers: new Map(this.#markers) };
  }

  restore({ markers }: ReturnType<DeploymentLog["snapshot"]>): void {
    this.#markers = markers;
  }
}
