import type { Observation } from "../../src/contracts/observation.ts";
import type { Knowledge, NodeKnowledge } from "./knowledge.ts";

/** Visits wanted of each instance on average before presence is told from them. */
const VISITS_PER_INSTANCE = 20;
/** So many windows are looked back at the most, the latest included. */
const WINDOWS_MAX = 6;
/** Shares further from those in use than this (total variation distance), and than chance takes them, are worth a change. */
const SHARE_DISTANCE_MAX = 0.1;

/** Arrivals of a window, by instance. */
interface Arrivals {
  readonly index: number;
  readonly arrivals: Map<number, number>;
}

type InstanceShares = NodeKnowledge["instances"];

interface Present {
  readonly shares: InstanceShares;
  /** Visits the shares are of. */
  readonly visitCount: number;
}

/**
 * Which instances of each node take visits now, and what share of them. A copy that is started or stopped changes the
 * number of replicas at once: nothing has to be learned for it.
 */
export class Presence {
  /** By node: arrivals of its instances, window by window, the latest last. */
  #windows = new Map<number, Arrivals[]>();

  take(observation: Observation): void {
    const { topology, windowIndex: index } = observation;
    for (const [instance, count] of arrivalsByInstance(observation)) {
      const { node } = topology.instances[instance]!;
      const windows = this.#windows.get(node) ?? [];
      this.#windows.set(node, windows);
      if (windows.at(-1)?.index !== index) {
        windows.push({ index, arrivals: new Map() });
      }
      windows.at(-1)!.arrivals.set(instance, count);
    }
    for (const [node, windows] of this.#windows) {
      while (windows.length > 0 && windows[0]!.index <= index - WINDOWS_MAX) {
        windows.shift();
      }
      if (windows.length === 0) {
        this.#windows.delete(node);
      }
    }
  }

  /** The same knowledge with the instances that are there; the very same object when nothing is to be changed. */
  edit(knowledge: Knowledge): Knowledge {
    let nodes: Map<number, NodeKnowledge> | null = null;
    for (const known of knowledge.nodes.values()) {
      const present = this.#presentAt(known.node);
      if (present !== null && isOther(known.instances, present)) {
        nodes ??= new Map(knowledge.nodes);
        nodes.set(known.node, { ...known, instances: present.shares });
      }
    }
    return nodes === null ? knowledge : { ...knowledge, nodes };
  }

  snapshot() {
    const copyOf = ({ index, arrivals }: Arrivals): Arrivals => ({ index, arrivals: new Map(arrivals) });
    return { windows: new Map([...this.#windows].map(([node, windows]) => [node, windows.map(copyOf)])) };
  }

  restore({ windows }: ReturnType<Presence["snapshot"]>): void {
    this.#windows = windows;
  }

  /** Who answered the latest visits of a node; null with too few visits to tell. */
  #presentAt(node: number): Present | null {
    const sums = new Map<number, number>();
    let total = 0;
    for (const { arrivals } of [...(this.#windows.get(node) ?? [])].reverse()) {
      for (const [instance, count] of arrivals) {
        sums.set(instance, (sums.get(instance) ?? 0) + count);
        total += count;
      }
      if (total >= VISITS_PER_INSTANCE * sums.size) {
        const sorted = [...sums].sort((a, b) => a[0] - b[0]);
        const shares = sorted.map(([instance, count]) => ({ instance, weight: count / total }));
        return { shares, visitCount: total };
      }
    }
    return null;
  }
}

/** Visits that arrived within the window: what an instance that is gone still answers is no sign of it. */
function arrivalsByInstance(observation: Observation): Map<number, number> {
  const { visits, startSeconds } = observation;
  const counts = new Map<number, number>();
  for (let row = 0; row < visits.count; row++) {
    if (visits.arrivalSeconds[row]! >= startSeconds) {
      const instance = visits.instance[row]!;
      counts.set(instance, (counts.get(instance) ?? 0) + 1);
    }
  }
  return counts;
}

function isOther(used: InstanceShares, { shares, visitCount }: Present): boolean {
  if (used.length !== shares.length) {
    return true;
  }
  const usedShare = new Map(used.map((each) => [each.instance, each.weight]));
  let distance = 0;
  for (const { instance, weight } of shares) {
    const before = usedShare.get(instance);
    if (before === undefined) {
      return true;
    }
    distance += Math.abs(before - weight) / 2;
  }
  return distance > Math.max(SHARE_DISTANCE_MAX, Math.sqrt(shares.length / visitCount));
}
