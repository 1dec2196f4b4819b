import type { FaultKind } from "../../../src/contracts/score.ts";
import type { StationDemand } from "../capacity.ts";
import { possibleTargets } from "../faults.ts";
import type { ServiceDeclaration, ShopDeclaration } from "../shop-schema.ts";
import type { Strength } from "./campaign-schema.ts";

/** A fault as a schedule writes it. */
export interface FaultRequest {
  readonly kind: FaultKind;
  readonly service: string;
  readonly [parameter: string]: unknown;
}

/** A node that less than this share of the requests visits has too few spans to tell anything. */
const LEAST_VISITS_PER_REQUEST = 0.12;
/** What a factor adds to a visit must be more than this, or the machine's own noise hides it. */
const LEAST_ADDED_SECONDS = 0.008;
/** Slots busy less than this after the loss: nobody would notice. */
const LEAST_LOADED_SLOTS = 0.6;

const FIXED: Partial<Readonly<Record<FaultKind, Readonly<Record<Strength, Readonly<Record<string, number>>>>>>> = {
  "slow-code": { mild: { factor: 1.5 }, strong: { factor: 3 } },
  cpu: { mild: { duty: 0.3, sliceSeconds: 0.05 }, strong: { duty: 0.45, sliceSeconds: 0.14 } },
  "network-loss": {
    mild: { probability: 0.06, resetProbability: 0.01 },
    strong: { probability: 0.2, resetProbability: 0.04 },
  },
  pause: { mild: { pauseSeconds: 0.25, everySeconds: 2 }, strong: { pauseSeconds: 0.7, everySeconds: 2 } },
  "slow-dependency": { mild: { factor: 2 }, strong: { factor: 5 } },
  "cache-miss": { mild: { missShare: 0.5 }, strong: { missShare: 1 } },
  "bad-replica": { mild: { factor: 2.5 }, strong: { factor: 6 } },
  "slow-consumer": { mild: { factor: 2 }, strong: { factor: 6 } },
  crash: { mild: {}, strong: {} },
};

/**
 * The faults of one kind and strength that make a difference in this application at this load: one for each node.
 *
 * Network delay is measured by the callee's own time, lost capacity by what the load needs: the same milliseconds or the
 * same number of slots are a disaster here and nothing there.
 *
 * @param ratePerSecond entry requests a second at the height of the load
 */
export function tellingFaults(
  kind: FaultKind,
  strength: Strength,
  shop: ShopDeclaration,
  demands: readonly StationDemand[],
  ratePerSecond: number,
): readonly FaultRequest[] {
  return possibleTargets(kind, shop).flatMap((target) => {
    const service = shop.services.find(
      ({ name, database }) => name === target || `sqlite/${database?.namespace}` === target,
    )!;
    const station = kind === "slow-dependency" ? `${service.name}/db-pool` : `${service.name}/workers`;
    const demand = demands.find((each) => each.station === station);
    if (demand === undefined || demand.visitsPerRequest < LEAST_VISITS_PER_REQUEST) return [];
    const parameters = parametersOf(kind, strength, service, demand, ratePerSecond, shop);
    return parameters === null ? [] : [{ kind, service: target, ...parameters }];
  });
}

/** Null when the fault would tell nothing there. */
function parametersOf(
  kind: FaultKind,
  strength: Strength,
  service: ServiceDeclaration,
  demand: StationDemand,
  ratePerSecond: number,
  shop: ShopDeclaration,
): Readonly<Record<string, number>> | null {
  switch (kind) {
    case "network-delay": {
      const delaySeconds = Math.max(0.02, demand.holdSeconds * (strength === "mild" ? 0.5 : 1.5));
      return { delaySeconds: milliseconds(delaySeconds), jitterSeconds: milliseconds(0.3 * delaySeconds) };
    }
    case "capacity":
      return slotsLeft(strength, service, demand, ratePerSecond);
    case "cpu":
      // It burns a CPU for each replica; the machine has but a few.
      return service.replicaCount === 1 ? FIXED.cpu![strength] : null;
    case "crash":
      // Without its entry an application has no spans. A milder crash takes one replica of several.
      if (service.name === shop.entryService) return null;
      if (strength === "strong") return {};
      return service.replicaCount > 1 ? { replica: 1 } : null;
    default: {
      const parameters = FIXED[kind]![strength];
      const addedSeconds = demand.ownSeconds * ((parameters["factor"] ?? Number.POSITIVE_INFINITY) - 1);
      return addedSeconds >= LEAST_ADDED_SECONDS ? parameters : null;
    }
  }
}

/** So few slots a replica that they are (mild) nearly all busy or (strong) too few. */
function slotsLeft(
  strength: Strength,
  service: ServiceDeclaration,
  demand: StationDemand,
  ratePerSecond: number,
): Readonly<Record<string, number>> | null {
  const needed = (ratePerSecond * demand.visitsPerRequest * demand.holdSeconds) / service.replicaCount;
  const slots = Math.max(1, strength === "mild" ? Math.ceil(needed) : Math.floor(needed));
  return slots < service.workerCount && needed / slots >= LEAST_LOADED_SLOTS ? { slots } : null;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
