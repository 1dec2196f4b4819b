import type { NetworkSpec, StationSpec } from "../kernel/spec.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import { slowerGain } from "./sizing.ts";

// Fewer servers, workers or connections than were learned: work takes no longer, but waits.

const SHARES_LEFT = [0.75, 0.5, 0.3];
/** Where nobody was ever seen to wait, a limit would be about as high as what is under way. */
const BUSY_FACTORS = [1, 1.3];

export function proposeServers(scene: Scene, node: number): Proposal[] {
  const known = scene.knowledge.nodes.get(node);
  const ownGain = slowerGain(scene, node);
  if (known === undefined || ownGain <= 0) return [];
  const { structure } = known.structures[0]!;
  const replicas = Math.max(1, known.instances.length);
  const left =
    structure.discipline === "delay"
      ? BUSY_FACTORS.map((each) => Math.ceil((each * busyOf(scene, node)) / replicas))
      : SHARES_LEFT.map((each) => fewer(structure.serverCount * each, structure.discipline));
  // Less than one shared processor is nothing but slower work.
  const counts = [...new Set(left)].filter((each) => each >= 1 && each < structure.serverCount);
  return counts.map((count) => ({
    node,
    kind: "capacity",
    size: { value: count, unit: "servers", addedSeconds: Number.NaN },
    instance: -1,
    fitted: 1,
    edit: (spec) => withServers(spec, scene, node, count),
    gapShifts: new Map(),
    directGain: 0,
    // A queue can make visits take longer in more ways than one factor can: at least so well it may fit.
    ownGain,
  }));
}

function fewer(servers: number, discipline: string): number {
  return discipline === "fifo" ? Math.max(1, Math.floor(servers)) : servers;
}

/** Mean number of visits that work or wait at the node. */
function busyOf({ usual, observed, window }: Scene, node: number): number {
  const visits = observed.ownTimes.get(node)?.seconds.length ?? 0;
  return (visits * (usual.get(node)?.meanSeconds ?? 0)) / (window.endSeconds - window.startSeconds);
}

function withServers(spec: NetworkSpec, { variants }: Scene, node: number, count: number): NetworkSpec {
  const { stationNode } = variants[0]!.network;
  const stations = spec.stations.map((station, index): StationSpec => {
    if (stationNode[index] !== node) return station;
    return station.discipline === "delay"
      ? { ...station, discipline: "fifo", serverCount: Math.max(1, Math.round(count)) }
      : { ...station, serverCount: station.discipline === "fifo" ? Math.max(1, Math.round(count)) : count };
  });
  return { ...spec, stations };
}
