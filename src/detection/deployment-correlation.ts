import type { Deployment, Forecast } from "../contracts/forecast.ts";
import type { Incident, IncidentDeployment } from "../contracts/incident.ts";
import type { Topology } from "../contracts/observation.ts";
import { CallPaths } from "./call-paths.ts";

/** An incident that begins within this time after a deployment names it. */
const AFTER_DEPLOYMENT_SECONDS = 600;
/** Deployments remembered, and named by one incident. */
const REMEMBERED_MAX = 100;
const NAMED_MAX = 3;

/** Remembers when versions began, and finds those that an incident followed. A coincidence in time is no proof, and named as such. */
export class DeploymentCorrelation {
  #began = new Map<string, Pick<Deployment, "node" | "version" | "atSeconds">>();

  take({ deployments }: Forecast): void {
    for (const { node, version, atSeconds } of deployments) {
      const key = JSON.stringify([node, version, atSeconds]);
      if (!this.#began.has(key)) {
        this.#began.set(key, { node, version, atSeconds });
        if (this.#began.size > REMEMBERED_MAX) {
          this.#began.delete(this.#began.keys().next().value!);
        }
      }
    }
  }

  /** The incident with the deployments it followed, and the nearest of them in its summary. */
  named(incident: Incident, { observation }: Forecast): Incident {
    if (incident.verdict !== "fault") {
      return { ...incident, deployments: [] };
    }
    const windowSeconds = observation.endSeconds - observation.startSeconds;
    const deployments = this.#before(incident, observation.topology, windowSeconds);
    const [nearest] = deployments;
    const summary = nearest === undefined ? incident.summary : withWords(incident.summary, nearest);
    return { ...incident, summary, deployments };
  }

  snapshot() {
    return { began: new Map(this.#began) };
  }

  restore({ began }: ReturnType<DeploymentCorrelation["snapshot"]>): void {
    this.#began = began;
  }

  #before(incident: Incident, topology: Topology, windowSeconds: number): IncidentDeployment[] {
    const distances = pathDistances(topology, incident.guiltyNode);
    return (
      [...this.#began.values()]
        .map((began) => ({ ...began, after: incident.onsetSeconds - began.atSeconds }))
        // An onset is the start of a window, so the version that caused it may have begun a little later.
        .filter(({ node, after }) => distances.has(node) && after > -windowSeconds && after <= AFTER_DEPLOYMENT_SECONDS)
        .sort(
          (a, b) =>
            distances.get(a.node)! - distances.get(b.node)! || Math.abs(a.after) - Math.abs(b.after) || a.node - b.node,
        )
        .slice(0, NAMED_MAX)
        .map(({ node, version, atSeconds, after }) => ({
          node: topology.nodes[node]!.name,
          version,
          atSeconds,
          secondsBeforeOnset: Math.max(0, after),
        }))
    );
  }
}

function withWords(summary: string, { node, version, secondsBeforeOnset }: IncidentDeployment): string {
  const when = secondsBeforeOnset < 1 ? "as" : `${secondsBeforeOnset.toFixed(0)} s after`;
  return `${summary.replace(/\.$/, "")}; ${when} version ${version} of ${node} began.`;
}

/** Calls between the named node and each node on its path: those it is called through, and those it calls itself. */
function pathDistances(topology: Topology, name: string): Map<number, number> {
  const guilty = topology.nodes.findIndex((each) => each.name === name);
  if (guilty < 0) return new Map();
  const paths = new CallPaths(topology);
  const distances = paths.callersOf(guilty);
  for (const [node, distance] of paths.calleesOf(guilty))
    distances.set(node, Math.min(distance, distances.get(node) ?? Number.POSITIVE_INFINITY));
  return distances.set(guilty, 0);
}
