import type { Topology } from "../contracts/observation.ts";

type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

/** Who calls whom, node by node, directly or through others. */
export class CallPaths {
  readonly #topology: Topology;
  readonly #callers: Neighbours;
  readonly #callees: Neighbours;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#callers = neighbours(topology, "callee", "caller");
    this.#callees = neighbours(topology, "caller", "callee");
  }

  /** Nodes the node is called through, with the number of calls between. */
  callersOf(node: number): Map<number, number> {
    return reached([node], this.#callers);
  }

  /** Nodes it calls itself or through others, with the number of calls between. */
  calleesOf(node: number): Map<number, number> {
    return reached([node], this.#callees);
  }

  /** Nodes that some request of users waits for: what happens at the others changes no latency that users see. */
  waitedFor(): Set<number> {
    const { nodes, operations } = this.#topology;
    const entries = operations.filter((operation) => operation.isEntry).map(({ node }) => node);
    // An application whose entries are not known is taken to be waited for in every part.
    if (entries.length === 0) return new Set(nodes.map(({ index }) => index));
    const waits = neighbours(this.#topology, "caller", "callee", { isAsync: false });
    return new Set([...entries, ...reached(entries, waits).keys()]);
  }
}

function neighbours(
  { edges, operations }: Topology,
  from: "caller" | "callee",
  to: "caller" | "callee",
  only: { readonly isAsync?: boolean } = {},
): Neighbours {
  const found = new Map<number, Set<number>>();
  for (const { callerOperation, calleeOperation, isAsync } of edges) {
    if (only.isAsync !== undefined && only.isAsync !== isAsync) continue;
    const ends = { caller: operations[callerOperation]!.node, callee: operations[calleeOperation]!.node };
    found.set(ends[from], (found.get(ends[from]) ?? new Set<number>()).add(ends[to]));
  }
  return found;
}

/** Breadth first, so that each node gets its shortest distance; where one starts is not reached. */
function reached(starts: readonly number[], next: Neighbours): Map<number, number> {
  const distances = new Map<number, number>();
  const seen = new Set(starts);
  let border = [...starts];
  for (let distance = 1; border.length > 0; distance++) {
    const beyond: number[] = [];
    for (const node of border.flatMap((each) => [...(next.get(each) ?? [])])) {
      if (!seen.has(node)) {
        seen.add(node);
        beyond.push(node);
        distances.set(node, distance);
      }
    }
    border = beyond;
  }
  return distances;
}
