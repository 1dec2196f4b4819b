import { runReplicate } from "../forecast/replicate-run.ts";
import { compileNetwork } from "../kernel/compile-network.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import type { OwnTimes } from "./observed-window.ts";
import type { SceneParts } from "./scene-parts.ts";

/** Own times of all replicates of a simulated window, by node. */
export interface SyntheticWindow {
  readonly ownTimes: ReadonlyMap<number, OwnTimes>;
}

/** The window as it would have been in the edited networks; the same dice whatever the edit. */
export function synthesise(parts: SceneParts, edit: (spec: NetworkSpec) => NetworkSpec): SyntheticWindow {
  const ownTimes = new Map<number, { seconds: number[]; instance: number[] }>();
  const variants = parts.variants.map(({ network, compiled }) => {
    const spec = edit(network.spec);
    return { network: { ...network, spec }, compiled: spec === network.spec ? compiled : compileNetwork(spec) };
  });
  for (let replicate = 0; replicate < parts.replicates; replicate++) {
    const turn = replicate % variants.length;
    const variant = variants[turn]!;
    const { network } = variant;
    const visits = runReplicate({ ...parts, variant, seed: parts.seed + replicate, initial: parts.initial[turn]! });
    const instances = instancesOfReplicas(network.replicaIndex, parts);
    for (let row = 0; row < visits.count; row++) {
      if (visits.arrivalSeconds[row]! + visits.sojournSeconds[row]! < 0) continue;
      const node = network.stationNode[network.spec.operations[visits.operation[row]!]!.station]!;
      const own = ownTimes.get(node) ?? { seconds: [], instance: [] };
      ownTimes.set(node, own);
      own.seconds.push(visits.ownSeconds[row]!);
      own.instance.push(instances.get(node)?.[visits.replica[row]!] ?? -1);
    }
  }
  return { ownTimes };
}

/** By node, the topology's instance of each replica. */
function instancesOfReplicas(replicaIndex: Int32Array, { window }: SceneParts): Map<number, number[]> {
  const found = new Map<number, number[]>();
  replicaIndex.forEach((replica, instance) => {
    const { node } = window.topology.instances[instance]!;
    const ofNode = found.get(node) ?? [];
    found.set(node, ofNode);
    if (replica >= 0) ofNode[replica] = instance;
  });
  return found;
}
