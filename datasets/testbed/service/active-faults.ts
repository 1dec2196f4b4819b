import type { FaultKind } from "../../../src/contracts/score.ts";
import type { FaultOrder } from "../faults.ts";

/** How calls into one service are disturbed just now. */
export interface EdgeDisturbance {
  readonly delaySeconds: number;
  readonly jitterSeconds: number;
  readonly lossProbability: number;
  readonly resetProbability: number;
}

const CALM_EDGE: EdgeDisturbance = { delaySeconds: 0, jitterSeconds: 0, lossProbability: 0, resetProbability: 0 };

/** The faults in force in this process, by number. Only says what is in force: the resources ask it when they act. */
export class ActiveFaults {
  readonly #service: string;
  readonly #leaf: string | null;
  readonly #orders = new Map<number, FaultOrder>();
  readonly #edges = new Map<string, EdgeDisturbance>();

  constructor(service: string, leaf: string | null) {
    this.#service = service;
    this.#leaf = leaf;
  }

  begin(id: number, order: FaultOrder): void {
    this.#orders.set(id, order);
    this.#edges.clear();
  }

  end(id: number): FaultOrder | undefined {
    const order = this.#orders.get(id);
    this.#orders.delete(id);
    this.#edges.clear();
    return order;
  }

  /** What own work is multiplied by. */
  get workFactor(): number {
    let factor = 1;
    for (const order of this.#orders.values()) {
      const isWork = order.kind === "slow-code" || order.kind === "bad-replica" || order.kind === "slow-consumer";
      if (isWork && order.service === this.#service) factor *= order.parameters["factor"]!;
    }
    return factor;
  }

  /** What device times of the own database are multiplied by. */
  get deviceFactor(): number {
    let factor = 1;
    for (const order of this.#orders.values()) {
      if (order.kind === "slow-dependency" && order.service === this.#leaf) factor *= order.parameters["factor"]!;
    }
    return factor;
  }

  /** Chance that a cache look-up is made to miss. */
  get missShare(): number {
    return this.own("cache-miss")?.parameters["missShare"] ?? 0;
  }

  /** Slots left in the pool, or null when nothing takes any. */
  slotsLeft(target: "workers" | "db-pool"): number | null {
    let slots: number | null = null;
    for (const order of this.#orders.values()) {
      if (order.kind !== "capacity" || order.service !== this.#service || order.target !== target) continue;
      slots = Math.min(slots ?? Number.POSITIVE_INFINITY, order.parameters["slots"]!);
    }
    return slots;
  }

  /** The first fault of this kind on this service. */
  own(kind: FaultKind): FaultOrder | undefined {
    for (const order of this.#orders.values()) if (order.kind === kind && order.service === this.#service) return order;
    return undefined;
  }

  edgeInto(service: string): EdgeDisturbance {
    if (this.#orders.size === 0) return CALM_EDGE;
    const known = this.#edges.get(service);
    if (known !== undefined) return known;
    const edge = { ...CALM_EDGE };
    for (const { kind, service: target, parameters } of this.#orders.values()) {
      if (target !== service) continue;
      if (kind === "network-delay") {
        edge.delaySeconds += parameters["delaySeconds"]!;
        edge.jitterSeconds += parameters["jitterSeconds"]!;
      } else if (kind === "network-loss") {
        edge.lossProbability = Math.max(edge.lossProbability, parameters["probability"]!);
        edge.resetProbability = Math.max(edge.resetProbability, parameters["resetProbability"]!);
      }
    }
    this.#edges.set(service, edge);
    return edge;
  }
}
