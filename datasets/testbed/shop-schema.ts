import type { ServiceTime } from "./random.ts";

/** What a request is about. Travels along every call. */
export interface Order {
  readonly item: number;
  readonly user: number;
  /** Items of the basket. */
  readonly lines: readonly number[];
}

/** Own work of the service: a timer wait (as for I/O) while holding the worker, and a little real CPU. */
export interface WorkStep {
  readonly do: "work";
  readonly time: ServiceTime;
}

/** A call of another service of the shop. `{item}`/`{user}` of the route are filled in. */
export interface CallStep {
  readonly do: "call";
  readonly service: string;
  readonly route: string;
  /** "related": asks for another item than the caller was asked for. */
  readonly item?: "own" | "related";
  /** The caller answers without it when it fails. */
  readonly optional?: true;
}

/** A call to something outside that tells us nothing: seen as a CLIENT span only. */
export interface ExternalStep {
  readonly do: "external";
  readonly peer: string;
  readonly path: string;
}

/** Steps that run at the same time and are joined. */
export interface TogetherStep {
  readonly do: "together";
  readonly steps: readonly Step[];
}

/** One SQL statement on the service's own database; `time` is the device time, spent holding a connection. */
export interface QueryStep {
  readonly do: "query";
  readonly operation: "SELECT" | "INSERT" | "UPDATE" | "DELETE";
  readonly collection: string;
  readonly sql: string;
  readonly bind: readonly ("item" | "user")[];
  readonly time: ServiceTime;
}

/** Looks the item up in the in-process cache; `onMiss` runs when it is not there. */
export interface CachedStep {
  readonly do: "cached";
  readonly onMiss: readonly Step[];
}

/** Once for each line of the basket, one after the other. */
export interface EachLineStep {
  readonly do: "each-line";
  readonly steps: readonly Step[];
}

/** Sends the order to the topic and waits for the broker's acknowledgement only. */
export interface PublishStep {
  readonly do: "publish";
  readonly topic: string;
}

export type Step =
  | WorkStep
  | CallStep
  | ExternalStep
  | TogetherStep
  | QueryStep
  | CachedStep
  | EachLineStep
  | PublishStep;

export interface Route {
  /** Method and path template, e.g. `GET /items/{item}`. */
  readonly route: string;
  readonly steps: readonly Step[];
}

export interface DatabaseDeclaration {
  /** `db.namespace`; the leaf station is `sqlite/<namespace>`. */
  readonly namespace: string;
  readonly connectionCount: number;
  /** SQL that makes the tables. */
  readonly schema: string;
  /** Statements run once for each item to fill them; one parameter, the item. */
  readonly seedStatements: readonly string[];
}

export interface ServiceDeclaration {
  readonly name: string;
  readonly replicaCount: number;
  /** Requests served at once; a worker is held until the answer is written, calls included. */
  readonly workerCount: number;
  readonly routes: readonly Route[];
  readonly database?: DatabaseDeclaration;
  /** Entries of the in-process LRU cache. */
  readonly cacheCapacity?: number;
  /** Consumes this topic with `workerCount` messages at once. */
  readonly consumes?: { readonly topic: string; readonly group: string; readonly steps: readonly Step[] };
}

export interface ExternalDeclaration {
  /** Logical host name, the `server.address` callers see. */
  readonly peer: string;
  readonly port: number;
  readonly slotCount: number;
  readonly time: ServiceTime;
}

/** What the load generator asks for. */
export interface EntryDeclaration {
  readonly route: string;
  readonly share: number;
}

/** A whole application: the built-in shop, or what a topology file declares. */
export interface ShopDeclaration {
  readonly name: string;
  /** Entry requests per second at load factor 1. */
  readonly ratePerSecond: number;
  readonly entryService: string;
  readonly entries: readonly EntryDeclaration[];
  readonly services: readonly ServiceDeclaration[];
  readonly externals: readonly ExternalDeclaration[];
  readonly itemCount: number;
  readonly userCount: number;
  /** Exponent of the items' popularity (Zipf). */
  readonly popularity: number;
  readonly linesPerOrder: readonly [number, number];
  /** The station meant to saturate first: `<service>/workers` or `<service>/db-pool`. */
  readonly bottleneck: string;
}

/** The steps and all that stand inside them. */
export function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => {
    if (step.do === "together" || step.do === "each-line") return [step, ...allSteps(step.steps)];
    return step.do === "cached" ? [step, ...allSteps(step.onMiss)] : [step];
  });
}
