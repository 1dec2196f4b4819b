import type { RandomStream } from "../testbed/random.ts";

/** Who calls whom: services in layers, each called from the layers above its own. */
export interface CallGraph {
  readonly serviceNames: readonly string[];
  /** By service. */
  readonly isLeaf: readonly boolean[];
  readonly operations: readonly GraphOperation[];
  readonly entries: readonly { readonly operation: number; readonly share: number }[];
}

export interface GraphOperation {
  readonly name: string;
  readonly service: number;
  /** Operations it calls in its usual program. */
  readonly calls: readonly number[];
}

interface OpenOperation {
  readonly name: string;
  readonly service: number;
  readonly layer: number;
  readonly calls: number[];
}

const CALLS_MAX = 6;
const SECOND_CALLER_PROBABILITY = 0.15;

export function drawCallGraph(serviceCount: number, random: RandomStream): CallGraph {
  const below = (count: number): number => Math.floor(random() * count);
  const layerCount = Math.min(2 + below(4), serviceCount);
  const gatewayCount = serviceCount > 12 ? 1 + below(2) : 1;
  const names: string[] = [];
  const operations: OpenOperation[] = [];
  const addOperation = (service: number, layer: number, verb: string): number =>
    operations.push({ name: `${verb} /${names[service]}/${operations.length}`, service, layer, calls: [] }) - 1;
  /** Somebody in a layer above calls the operation, most likely from the next. */
  const addCaller = (callee: number): void => {
    const { layer, service } = operations[callee]!;
    const above = operations.flatMap((operation, index) =>
      operation.layer < layer && operation.service !== service ? [index] : [],
    );
    const idle = above.filter((index) => operations[index]!.calls.length < CALLS_MAX);
    const next = idle.filter((index) => operations[index]!.layer === layer - 1);
    const wanted = random() < 0.7 && next.length > 0 ? next : idle;
    const from = wanted.length > 0 ? wanted : above;
    const caller = operations[from[below(from.length)]!];
    if (caller !== undefined && !caller.calls.includes(callee)) caller.calls.push(callee);
  };

  // Operations are numbered layer by layer, so that callees have higher numbers than callers.
  for (const layer of layersOf(serviceCount, gatewayCount, layerCount, below)) {
    const service = names.push(`service-${names.length + 1}`) - 1;
    const operationCount = layer === 0 ? 1 + below(3) : 1 + below(2);
    for (let k = 0; k < operationCount; k++) {
      const operation = addOperation(service, layer, k % 2 === 0 ? "GET" : "POST");
      if (layer > 0) addCaller(operation);
      if (layer > 0 && random() < SECOND_CALLER_PROBABILITY) addCaller(operation);
    }
  }
  const leafCount = 1 + Math.floor(serviceCount / 5);
  for (let leaf = 0; leaf < leafCount; leaf++) {
    const service = names.push(`database-${leaf + 1}`) - 1;
    const callerCount = 1 + below(3);
    for (let k = 0; k < callerCount; k++) addCaller(addOperation(service, layerCount, "SELECT"));
  }
  return {
    serviceNames: names,
    isLeaf: names.map((_, service) => service >= serviceCount),
    operations,
    entries: sharesOf(operations, random),
  };
}

/** Layer of each service, ascending; every layer has one at least. */
function layersOf(
  serviceCount: number,
  gatewayCount: number,
  layerCount: number,
  below: (count: number) => number,
): number[] {
  const layers = Array.from({ length: serviceCount }, (_, service) => {
    if (service < gatewayCount) return 0;
    const position = service - gatewayCount + 1;
    return position < layerCount ? position : 1 + below(Math.max(1, layerCount - 1));
  });
  return layers.sort((a, b) => a - b);
}

function sharesOf(operations: readonly OpenOperation[], random: RandomStream): { operation: number; share: number }[] {
  const entries = operations.flatMap((operation, index) => (operation.layer === 0 ? [index] : []));
  const weights = entries.map(() => 0.4 + random());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return entries.map((operation, k) => ({ operation, share: weights[k]! / total }));
}
