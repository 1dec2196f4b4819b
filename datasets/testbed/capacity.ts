import { cacheMissShare } from "./cache-miss-share.ts";
import { TIMER_LATENESS_SECONDS } from "./service/waiting.ts";
import type { ServiceDeclaration, ShopDeclaration, Step } from "./shop-schema.ts";

/** What one entry request asks of a station, on average, by declaration. */
export interface StationDemand {
  /** `pricing/workers`, `inventory/db-pool`, `card-gateway/slots`. */
  readonly station: string;
  /** Slots of all replicas together. */
  readonly serverCount: number;
  /** Visits an entry request makes, what it sets off through topics included. */
  readonly visitsPerRequest: number;
  /** Mean time a slot is held a visit while nobody waits anywhere, seconds; calls made meanwhile included. */
  readonly holdSeconds: number;
  /** The part of it that is the station's own: work of a service, device time of a database. */
  readonly ownSeconds: number;
  /** Entry requests a second at which the station is always busy. */
  readonly capacityPerSecond: number;
}

type Sums = Map<string, { visits: number; slotSeconds: number; ownSeconds: number; serverCount: number }>;

/**
 * Demands of all stations that are visited, busiest first, from the declared mean times along the visits of each entry.
 *
 * Exact (to a timer's lateness) for a station that calls nobody. One that holds a worker while it calls others waits
 * with them when they queue, and of parallel steps the longest mean is taken for the mean of the longest: its
 * hold time is a lower bound, its capacity an upper one.
 */
export function stationDemands(shop: ShopDeclaration): readonly StationDemand[] {
  const sums: Sums = new Map();
  const walk = new DemandWalk(shop, sums);
  for (const { route, share } of shop.entries) walk.visit(shop.entryService, route, share);
  return [...sums]
    .map(([station, { visits, slotSeconds, ownSeconds, serverCount }]) => ({
      station,
      serverCount,
      visitsPerRequest: visits,
      holdSeconds: slotSeconds / visits,
      ownSeconds: ownSeconds / visits,
      capacityPerSecond: serverCount / slotSeconds,
    }))
    .sort((left, right) => left.capacityPerSecond - right.capacityPerSecond);
}

/** Entry requests a second at which the declared bottleneck is always busy. */
export function bottleneckCapacity(shop: ShopDeclaration): number {
  return demandAt(shop, shop.bottleneck)?.capacityPerSecond ?? Number.POSITIVE_INFINITY;
}

/** Null when no entry request gets there. */
export function demandAt(shop: ShopDeclaration, station: string): StationDemand | null {
  return stationDemands(shop).find((demand) => demand.station === station) ?? null;
}

/** Follows the declared steps, adds up what each station is asked for, and answers how long they last. */
class DemandWalk {
  readonly #shop: ShopDeclaration;
  readonly #sums: Sums;
  readonly #meanLines: number;
  readonly #missShares = new Map<number, number>();

  constructor(shop: ShopDeclaration, sums: Sums) {
    this.#shop = shop;
    this.#sums = sums;
    this.#meanLines = (shop.linesPerOrder[0] + shop.linesPerOrder[1]) / 2;
  }

  /** `weight`: how often an entry request does this. Answers the mean seconds of one visit. */
  visit(name: string, route: string, weight: number): number {
    const service = this.#shop.services.find((each) => each.name === name)!;
    const { steps } = service.routes.find((each) => each.route === route)!;
    return this.#hold(service, steps, weight);
  }

  #hold(service: ServiceDeclaration, steps: readonly Step[], weight: number): number {
    const seconds = this.#all(service, steps, weight);
    this.#add(`${service.name}/workers`, service.workerCount * service.replicaCount, {
      weight,
      seconds,
      ownSeconds: 0,
    });
    return seconds;
  }

  #all(service: ServiceDeclaration, steps: readonly Step[], weight: number): number {
    return steps.reduce((sum, step) => sum + this.#step(service, step, weight), 0);
  }

  #step(service: ServiceDeclaration, step: Step, weight: number): number {
    switch (step.do) {
      case "work":
        return this.#work(service, weight, step.time.meanSeconds + TIMER_LATENESS_SECONDS);
      case "call":
        return this.visit(step.service, step.route, weight);
      case "together":
        return Math.max(...step.steps.map((each) => this.#step(service, each, weight)));
      case "query": {
        const seconds = step.time.meanSeconds + TIMER_LATENESS_SECONDS;
        const connections = (service.database?.connectionCount ?? 1) * service.replicaCount;
        this.#add(`${service.name}/db-pool`, connections, { weight, seconds, ownSeconds: seconds });
        return seconds;
      }
      case "cached": {
        const missShare = this.#missShare(service.cacheCapacity ?? 0);
        return missShare * this.#all(service, step.onMiss, weight * missShare);
      }
      case "each-line":
        return this.#meanLines * this.#all(service, step.steps, weight * this.#meanLines);
      case "external": {
        const { peer, slotCount, time } = this.#shop.externals.find((each) => each.peer === step.peer)!;
        const seconds = time.meanSeconds + TIMER_LATENESS_SECONDS;
        this.#add(`${peer}/slots`, slotCount, { weight, seconds, ownSeconds: seconds });
        return seconds;
      }
      case "publish": {
        const consumer = this.#shop.services.find(({ consumes }) => consumes?.topic === step.topic);
        if (consumer?.consumes !== undefined) this.#hold(consumer, consumer.consumes.steps, weight);
        return 0;
      }
    }
  }

  #missShare(capacity: number): number {
    const { itemCount, popularity } = this.#shop;
    const share = this.#missShares.get(capacity) ?? cacheMissShare(itemCount, popularity, capacity);
    this.#missShares.set(capacity, share);
    return share;
  }

  #work(service: ServiceDeclaration, weight: number, seconds: number): number {
    this.#sumOf(`${service.name}/workers`, service.workerCount * service.replicaCount).ownSeconds += weight * seconds;
    return seconds;
  }

  #add(station: string, serverCount: number, visit: { weight: number; seconds: number; ownSeconds: number }): void {
    const sum = this.#sumOf(station, serverCount);
    sum.visits += visit.weight;
    sum.slotSeconds += visit.weight * visit.seconds;
    sum.ownSeconds += visit.weight * visit.ownSeconds;
  }

  #sumOf(station: string, serverCount: number) {
    const sum = this.#sums.get(station) ?? { visits: 0, slotSeconds: 0, ownSeconds: 0, serverCount };
    this.#sums.set(station, sum);
    return sum;
  }
}
