import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { type ResourceHints, ResourceReadings } from "../identification/resource-hints.ts";
import type {
  Knowledge,
  NodeKnowledge,
  OperationKnowledge,
  ProgramKnowledge,
  StructureKnowledge,
} from "./knowledge.ts";
import { Reference } from "./reference.ts";

/** A server count this near to the limit, relatively, is what the limit makes it. */
const SAME_COUNT_SHARE = 0.1;

/** A node that was edited; what was learned before speaks of other limits. */
interface Hold {
  readonly fromSeconds: number;
  windowsLearned: number;
}

/**
 * Follows limits of CPUs and workers that metrics tell: a server count that came from a limit moves with it, at once.
 * The edit holds until enough clean windows were learned under the new limit; the visits before it are then forgotten.
 */
export class LimitEdits {
  readonly #readings = new ResourceReadings();
  readonly #windowsNeeded: number;
  /** Limits that the knowledge of a node stands for. */
  #inForce = new Map<number, ResourceHints>();
  #holds = new Map<number, Hold>();

  constructor(windowsNeeded: number) {
    this.#windowsNeeded = windowsNeeded;
  }

  /** Takes the limits that a window tells. @returns the same knowledge, or one with the nodes edited whose limits changed */
  edit(knowledge: Knowledge, observation: Observation): Knowledge {
    this.#readings.learn(observation);
    const nodes = new Map(knowledge.nodes);
    let isEdited = false;
    for (const known of knowledge.nodes.values()) {
      const edited = this.#editNode(known, observation);
      if (edited !== null) {
        nodes.set(known.node, edited);
        this.#holds.set(known.node, { fromSeconds: observation.endSeconds, windowsLearned: 0 });
        isEdited = true;
      }
    }
    return isEdited ? { ...knowledge, nodes } : knowledge;
  }

  /** True while the node's edit stands instead of what was learned. */
  isHeld(node: number): boolean {
    return this.#holds.has(node);
  }

  /** Counts a clean window. @returns nodes that are known under their new limits, and since when these are in force */
  learn(observation: Observation, nodes: Iterable<number>): { readonly node: number; readonly fromSeconds: number }[] {
    const known: { node: number; fromSeconds: number }[] = [];
    for (const node of nodes) {
      const hold = this.#holds.get(node);
      if (hold !== undefined && observation.startSeconds >= hold.fromSeconds) {
        hold.windowsLearned++;
        if (hold.windowsLearned >= this.#windowsNeeded) {
          known.push({ node, fromSeconds: hold.fromSeconds });
          this.#holds.delete(node);
        }
      }
    }
    return known;
  }

  /** A version that was learned by itself needs no edit. */
  release(node: number): void {
    this.#holds.delete(node);
  }

  snapshot() {
    return {
      readings: this.#readings.snapshot(),
      inForce: new Map(this.#inForce),
      holds: new Map([...this.#holds].map(([node, hold]) => [node, { ...hold }])),
    };
  }

  restore({ readings, inForce, holds }: ReturnType<LimitEdits["snapshot"]>): void {
    this.#readings.restore(readings);
    this.#inForce = inForce;
    this.#holds = holds;
  }

  #editNode(known: NodeKnowledge, { topology }: Observation): NodeKnowledge | null {
    const { name } = topology.nodes[known.node]!;
    const now = this.#readings.hints(
      name,
      known.instances.map(({ instance }) => topology.instances[instance]!.name),
    );
    const before = this.#inForce.get(known.node);
    if (now === null) {
      return null;
    }
    this.#inForce.set(known.node, now);
    return before === undefined ? null : withLimits(known, before, now);
  }
}

/** The node under other limits, or null when none of its structures came from those that changed. */
export function withLimits(known: NodeKnowledge, before: ResourceHints, now: ResourceHints): NodeKnowledge | null {
  let isEdited = false;
  const structures = known.structures.map((each) => {
    const edit = editOf(each.structure, before, now);
    isEdited ||= edit !== null;
    return edit === null ? each : slowed(each, edit.structure, edit.workFactor);
  });
  if (!isEdited) {
    return null;
  }
  const operations = new Map<number, OperationKnowledge>();
  for (const [operation, each] of known.operations) {
    operations.set(operation, { ...each, programs: structures[0]!.programs.get(operation) ?? each.programs });
  }
  return { ...known, structures, operations };
}

function editOf(
  { discipline, serverCount }: StationStructure,
  before: ResourceHints,
  now: ResourceHints,
): { readonly structure: StationStructure; readonly workFactor: number } | null {
  const [old, next] = discipline === "fifo" ? [before.workerLimit, now.workerLimit] : [before.cpuLimit, now.cpuLimit];
  if (discipline === "delay" || old === null || next === null || old === next) {
    return null;
  }
  if (discipline === "fifo") {
    const isOwed = serverCount === Math.round(old);
    return isOwed ? { structure: { discipline, serverCount: Math.max(1, Math.round(next)) }, workFactor: 1 } : null;
  }
  // Less than one CPU follows the law of one with longer work.
  const isOwed = Math.abs(serverCount - Math.max(1, old)) <= SAME_COUNT_SHARE * serverCount;
  const workFactor = Math.max(1, 1 / next) / Math.max(1, 1 / old);
  return isOwed ? { structure: { discipline, serverCount: Math.max(1, next) }, workFactor } : null;
}

function slowed(known: StructureKnowledge, structure: StationStructure, factor: number): StructureKnowledge {
  if (factor === 1) {
    return { ...known, structure };
  }
  const scale = (samples: Float64Array): Float64Array => samples.map((sample) => sample * factor);
  const scaleProgram = (each: ProgramKnowledge): ProgramKnowledge => ({
    ...each,
    segmentSamples: scale(each.segmentSamples),
  });
  return {
    ...known,
    structure,
    service: new Map([...known.service].map(([operation, each]) => [operation, new Reference(scale(each.sorted))])),
    programs: new Map([...known.programs].map(([operation, each]) => [operation, each.map(scaleProgram)])),
  };
}
