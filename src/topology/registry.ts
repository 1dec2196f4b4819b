import type {
  CallProgram,
  NodeKind,
  Topology,
  TopologyEdge,
  TopologyInstance,
  TopologyNode,
  TopologyOperation,
} from "../contracts/observation.ts";

/** Most call programs kept apart for one operation; more share its overflow program. */
const PROGRAMS_PER_OPERATION_MAX = 48;
/**
 * Most boxes, instances, operations and edges; beyond, everything new falls into the last one and is counted. An instance
 * falls into the last one of its own node: copies come and go for as long as a system runs.
 */
const ENTRIES_MAX = 20_000;

/** Gives every node, instance, operation, edge and call program a number that never changes. */
export class TopologyRegistry implements Topology {
  readonly nodes: TopologyNode[] = [];
  readonly instances: TopologyInstance[] = [];
  readonly operations: TopologyOperation[] = [];
  readonly edges: TopologyEdge[] = [];
  readonly programs: CallProgram[] = [];
  /** How many new entries were refused because a limit was reached. */
  overflowCount = 0;

  #nodeByName = new Map<string, number>();
  #instanceByName = new Map<string, number>();
  #lastInstance = new Map<number, number>();
  /** By node, then by name: one text of both would have to be made for every visit. */
  #operationByName = new Map<number, Map<string, number>>();
  #edgeByEnds = new Map<number, number>();
  #programBySignature = new Map<string, number>();
  #called = new Set<number>();
  #programCount = new Map<number, number>();

  node(name: string, kind: NodeKind): number {
    return this.#entry(this.#nodeByName, name, this.nodes, (index) => ({ index, name, kind }));
  }

  /** A copy that restarts as another version under its old name is another copy. */
  instance(node: number, name: string, version = ""): number {
    const key = instanceKey(node, name, version);
    const last = this.#lastInstance.get(node);
    if (last !== undefined && this.instances.length >= ENTRIES_MAX && !this.#instanceByName.has(key)) {
      this.overflowCount++;
      return last;
    }
    // The first copy of a node is taken in beyond the limit too: there are no more of those than nodes.
    const most = last === undefined ? Number.POSITIVE_INFINITY : ENTRIES_MAX;
    const create = (index: number): TopologyInstance => ({ index, name, node, version });
    const instance = this.#entry(this.#instanceByName, key, this.instances, create, most);
    this.#lastInstance.set(node, Math.max(instance, last ?? 0));
    return instance;
  }

  /** The copy of a service that was registered under this name and version, −1 when there is none. */
  knownInstance(service: string, name: string, version: string): number {
    const node = this.#nodeByName.get(service);
    return node === undefined ? -1 : (this.#instanceByName.get(instanceKey(node, name, version)) ?? -1);
  }

  operation(node: number, name: string): number {
    let ofNode = this.#operationByName.get(node);
    if (ofNode === undefined) {
      ofNode = new Map();
      this.#operationByName.set(node, ofNode);
    }
    return this.#entry(ofNode, name, this.operations, (index) => ({
      index,
      name,
      node,
      isEntry: false,
    }));
  }

  /** True when some operation was seen to call this one. */
  hasCaller(operation: number): boolean {
    return this.#called.has(operation);
  }

  edge(callerOperation: number, calleeOperation: number, isAsync: boolean): number {
    this.#called.add(calleeOperation);
    // Below 2^53 at the limit of operations: a text as the key would cost more than all the rest.
    const key = (callerOperation * ENTRIES_MAX + calleeOperation) * 2 + Number(isAsync);
    return this.#entry(this.#edgeByEnds, key, this.edges, (index) => ({
      index,
      callerOperation,
      calleeOperation,
      isAsync,
    }));
  }

  /** The program with these groups, or the operation's overflow program once it has too many. */
  program(operation: number, groups: readonly (readonly number[])[]): number {
    const key = `${operation}:${groups.map((group) => group.join(",")).join("|")}`;
    const known = this.#programBySignature.get(key);
    if (known !== undefined) {
      return known;
    }
    const count = this.#programCount.get(operation) ?? 0;
    this.#programCount.set(operation, count + 1);
    if (count < PROGRAMS_PER_OPERATION_MAX) {
      return this.#entry(this.#programBySignature, key, this.programs, (index) => ({
        index,
        operation,
        groups,
        isOverflow: false,
      }));
    }
    this.overflowCount++;
    return this.overflowProgram(operation);
  }

  /** The program that stands for those beyond an operation's limit. */
  overflowProgram(operation: number): number {
    return this.#entry(this.#programBySignature, `${operation}:overflow`, this.programs, (index) => ({
      index,
      operation,
      groups: [],
      isOverflow: true,
    }));
  }

  snapshot() {
    return {
      nodes: [...this.nodes],
      instances: [...this.instances],
      operations: this.operations.map((operation) => ({ ...operation })),
      edges: [...this.edges],
      programs: [...this.programs],
      overflowCount: this.overflowCount,
      nodeByName: new Map(this.#nodeByName),
      instanceByName: new Map(this.#instanceByName),
      lastInstance: new Map(this.#lastInstance),
      operationByName: new Map([...this.#operationByName].map(([node, names]) => [node, new Map(names)])),
      edgeByEnds: new Map(this.#edgeByEnds),
      programBySignature: new Map(this.#programBySignature),
      called: new Set(this.#called),
      programCount: new Map(this.#programCount),
    };
  }

  restore(state: ReturnType<TopologyRegistry["snapshot"]>): void {
    // In place: observations refer to these very arrays.
    this.nodes.push(...state.nodes);
    this.instances.push(...state.instances);
    this.operations.push(...state.operations);
    this.edges.push(...state.edges);
    this.programs.push(...state.programs);
    this.overflowCount = state.overflowCount;
    this.#nodeByName = state.nodeByName;
    this.#instanceByName = state.instanceByName;
    this.#lastInstance = state.lastInstance;
    this.#operationByName = state.operationByName;
    this.#edgeByEnds = state.edgeByEnds;
    this.#programBySignature = state.programBySignature;
    this.#called = state.called;
    this.#programCount = state.programCount;
  }

  #entry<Key, T>(
    known: Map<Key, number>,
    key: Key,
    list: T[],
    create: (index: number) => T,
    most = ENTRIES_MAX,
  ): number {
    const index = known.get(key);
    if (index !== undefined) {
      return index;
    }
    if (list.length >= most) {
      this.overflowCount++;
      return list.length - 1;
    }
    list.push(create(list.length));
    known.set(key, list.length - 1);
    return list.length - 1;
  }
}

function instanceKey(node: number, name: string, version: string): string {
  return `${node} ${name}\n${version}`;
}
