import { SettingsError } from "../../src/contracts/errors.ts";
import { FAULT_KINDS, type FaultKind } from "../../src/contracts/score.ts";
import type { ShopDeclaration } from "./shop-schema.ts";

/** A checked fault, ready to be injected. `parameters` are complete: defaults are filled in. */
export interface FaultOrder {
  readonly kind: FaultKind;
  /** Guilty node as the labels name it: a service, or `sqlite/<namespace>`. */
  readonly service: string;
  /** Replicas it touches, 1-based; empty = all. */
  readonly replica: number | null;
  /** What capacity is taken from; null for other kinds. */
  readonly target: "workers" | "db-pool" | null;
  readonly parameters: Readonly<Record<string, number>>;
}

interface NumberRule {
  readonly fallback: number;
  readonly from: number;
  readonly to: number;
  readonly integer?: true;
}

const FACTOR: NumberRule = { fallback: 3, from: 1, to: 100 };

/** Parameters of each kind: unit last, with default and limits. */
const PARAMETERS: Readonly<Record<FaultKind, Readonly<Record<string, NumberRule>>>> = {
  "slow-code": { factor: FACTOR },
  cpu: { duty: { fallback: 0.5, from: 0.05, to: 0.95 }, sliceSeconds: { fallback: 0.02, from: 0.005, to: 0.5 } },
  capacity: { slots: { fallback: 1, from: 1, to: 1000, integer: true } },
  "network-delay": {
    delaySeconds: { fallback: 0.05, from: 0.002, to: 5 },
    jitterSeconds: { fallback: 0.02, from: 0, to: 5 },
  },
  "network-loss": {
    probability: { fallback: 0.15, from: 0.001, to: 0.9 },
    resetProbability: { fallback: 0.03, from: 0, to: 0.5 },
  },
  pause: { pauseSeconds: { fallback: 0.4, from: 0.02, to: 5 }, everySeconds: { fallback: 2, from: 0.1, to: 60 } },
  "slow-dependency": { factor: { ...FACTOR, fallback: 5 } },
  "cache-miss": { missShare: { fallback: 1, from: 0.05, to: 1 } },
  "bad-replica": { factor: { ...FACTOR, fallback: 4 } },
  "slow-consumer": { factor: { ...FACTOR, fallback: 8 } },
  crash: {},
};

const COMMON_KEYS = new Set(["kind", "fault", "service", "replica", "target", "durationSeconds"]);

/**
 * Checks a fault as written in a schedule or sent over HTTP against the shop.
 *
 * @throws {SettingsError} naming the key, the value and the rule.
 */
export function parseFault(raw: unknown, shop: ShopDeclaration, path = "fault"): FaultOrder {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new SettingsError(path, raw, "must be an object with kind and service");
  const fields = raw as Readonly<Record<string, unknown>>;
  const kind = (fields["kind"] ?? fields["fault"]) as FaultKind;
  if (!FAULT_KINDS.includes(kind))
    throw new SettingsError(`${path}.fault`, kind ?? null, `must be one of ${FAULT_KINDS.join(", ")}`);
  const service = parseTarget(kind, fields["service"], shop, `${path}.service`);
  const rules = PARAMETERS[kind];
  for (const key of Object.keys(fields)) {
    if (!COMMON_KEYS.has(key) && !(key in rules)) {
      throw new SettingsError(
        `${path}.${key}`,
        fields[key],
        `is not a parameter of ${kind} (${Object.keys(rules).join(", ") || "it has none"})`,
      );
    }
  }
  const parameters: Record<string, number> = {};
  for (const [key, rule] of Object.entries(rules)) parameters[key] = parseNumber(fields[key], rule, `${path}.${key}`);
  const order = {
    kind,
    service,
    replica: parseReplica(kind, fields["replica"], service, shop, `${path}.replica`),
    target: parseCapacityTarget(kind, fields["target"], service, shop, `${path}.target`),
    parameters,
  };
  if (kind === "pause" && !(parameters["pauseSeconds"]! < parameters["everySeconds"]!)) {
    throw new SettingsError(`${path}.pauseSeconds`, parameters["pauseSeconds"], "must be below everySeconds");
  }
  return order;
}

function parseTarget(kind: FaultKind, service: unknown, shop: ShopDeclaration, path: string): string {
  const allowed = possibleTargets(kind, shop);
  if (typeof service !== "string" || !allowed.includes(service)) {
    throw new SettingsError(path, service ?? null, `must be one of ${allowed.join(", ")} for ${kind}`);
  }
  return service;
}

/** Nodes a kind of fault can be put on, in the shop's order. */
export function possibleTargets(kind: FaultKind, shop: ShopDeclaration): readonly string[] {
  const services = shop.services;
  switch (kind) {
    case "slow-dependency":
      return services.flatMap((service) =>
        service.database === undefined ? [] : [`sqlite/${service.database.namespace}`],
      );
    case "cache-miss":
      return services.filter((service) => service.cacheCapacity !== undefined).map((service) => service.name);
    case "bad-replica":
      return services.filter((service) => service.replicaCount > 1).map((service) => service.name);
    case "slow-consumer":
      return services.filter((service) => service.consumes !== undefined).map((service) => service.name);
    case "network-delay":
    case "network-loss":
      // An edge can only be disturbed where an instrumented caller owns the socket.
      return services
        .filter((service) => service.name !== shop.entryService && service.routes.length > 0)
        .map((service) => service.name);
    default:
      return services.map((service) => service.name);
  }
}

function parseNumber(value: unknown, rule: NumberRule, path: string): number {
  if (value === undefined) return rule.fallback;
  const isGood =
    typeof value === "number" &&
    value >= rule.from &&
    value <= rule.to &&
    (rule.integer !== true || Number.isInteger(value));
  if (!isGood)
    throw new SettingsError(
      path,
      value,
      `must be ${rule.integer === true ? "an integer" : "a number"} from ${rule.from} to ${rule.to}`,
    );
  return value;
}

function parseReplica(
  kind: FaultKind,
  value: unknown,
  service: string,
  shop: ShopDeclaration,
  path: string,
): number | null {
  const replicaCount = shop.services.find((candidate) => candidate.name === service)?.replicaCount ?? 1;
  if (value === undefined) return kind === "bad-replica" ? replicaCount : null;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > replicaCount) {
    throw new SettingsError(path, value, `must be an integer from 1 to ${replicaCount}`);
  }
  return value as number;
}

function parseCapacityTarget(
  kind: FaultKind,
  value: unknown,
  service: string,
  shop: ShopDeclaration,
  path: string,
): "workers" | "db-pool" | null {
  if (kind !== "capacity") {
    if (value !== undefined) throw new SettingsError(path, value, "belongs to capacity only");
    return null;
  }
  if (value === undefined || value === "workers") return "workers";
  if (value !== "db-pool") throw new SettingsError(path, value, "must be workers or db-pool");
  if (shop.services.find((candidate) => candidate.name === service)?.database === undefined) {
    throw new SettingsError(path, value, `needs a service with a database, which ${service} is not`);
  }
  return value;
}
