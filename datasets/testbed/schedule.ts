import { parse } from "yaml";
import { SettingsError } from "../../src/contracts/errors.ts";
import { type FaultOrder, parseFault } from "./faults.ts";
import { BASE_LOAD, type LoadShape, parseLoad } from "./load-shape.ts";
import type { ShopDeclaration } from "./shop-schema.ts";

/** One stretch of a schedule: a load, and a fault to its end or none. */
export interface Phase {
  readonly name: string;
  readonly durationSeconds: number;
  readonly load: LoadShape;
  readonly fault: FaultOrder | null;
  /** How long after the start of the phase the fault begins. */
  readonly faultAfterSeconds: number;
}

export interface Schedule {
  /** After a fault, how long alarms are neither right nor wrong. */
  readonly settleSeconds: number;
  /** Goes round for ever when true. */
  readonly repeat: boolean;
  readonly phases: readonly Phase[];
}

/** What runs without a schedule: base load until told otherwise. */
export const IDLE_SCHEDULE: Schedule = {
  settleSeconds: 60,
  repeat: true,
  phases: [{ name: "normal", durationSeconds: 86_400, load: BASE_LOAD, fault: null, faultAfterSeconds: 0 }],
};

const LONGEST_PHASE_SECONDS = 86_400;
const PHASE_LIMIT = 10_000;

/**
 * Reads a schedule in YAML:
 * `{settleSeconds, repeat, phases: [{name, durationSeconds, load: {shape, …}, fault: {kind, service, …}, faultAfterSeconds}]}`.
 *
 * @throws {SettingsError} naming the key, the value and the rule.
 */
export function parseSchedule(text: string, shop: ShopDeclaration): Schedule {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new SettingsError("schedule", text.slice(0, 40), `is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const fields = objectWith(raw, ["settleSeconds", "repeat", "phases"], "schedule");
  const {
    phases,
    repeat = false,
    settleSeconds = 60,
  } = fields as { phases?: unknown; repeat?: unknown; settleSeconds?: unknown };
  if (typeof repeat !== "boolean") throw new SettingsError("repeat", repeat, "must be true or false");
  if (!Array.isArray(phases) || phases.length === 0 || phases.length > PHASE_LIMIT) {
    throw new SettingsError("phases", phases ?? null, `must be a list of 1 to ${PHASE_LIMIT} phases`);
  }
  return {
    settleSeconds: seconds(settleSeconds, "settleSeconds", 0),
    repeat,
    phases: phases.map((phase, index) => parsePhase(phase, shop, `phases[${index}]`)),
  };
}

function parsePhase(raw: unknown, shop: ShopDeclaration, path: string): Phase {
  const fields = objectWith(raw, ["name", "durationSeconds", "load", "fault", "faultAfterSeconds"], path);
  const { name, durationSeconds, load, fault, faultAfterSeconds } = fields as {
    name?: unknown;
    durationSeconds?: unknown;
    load?: unknown;
    fault?: unknown;
    faultAfterSeconds?: unknown;
  };
  if (name !== undefined && typeof name !== "string") throw new SettingsError(`${path}.name`, name, "must be a text");
  const order = fault === undefined ? null : parseFault(fault, shop, `${path}.fault`);
  const shape = load === undefined ? BASE_LOAD : parseLoad(load, `${path}.load`);
  const lengthSeconds = seconds(durationSeconds, `${path}.durationSeconds`, 0.1);
  const afterSeconds = seconds(faultAfterSeconds ?? 0, `${path}.faultAfterSeconds`, 0);
  if (afterSeconds >= lengthSeconds)
    throw new SettingsError(`${path}.faultAfterSeconds`, afterSeconds, `must be less than ${lengthSeconds}, the phase`);
  return {
    name: name ?? (order === null ? shape.shape : `${order.kind} at ${order.service}`),
    durationSeconds: lengthSeconds,
    load: shape,
    fault: order,
    faultAfterSeconds: afterSeconds,
  };
}

function objectWith(raw: unknown, keys: readonly string[], path: string): Readonly<Record<string, unknown>> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new SettingsError(path, raw ?? null, `must be an object with ${keys.join(", ")}`);
  for (const key of Object.keys(raw)) {
    if (!keys.includes(key))
      throw new SettingsError(
        `${path}.${key}`,
        (raw as Record<string, unknown>)[key],
        `is unknown; known are ${keys.join(", ")}`,
      );
  }
  return raw as Readonly<Record<string, unknown>>;
}

function seconds(value: unknown, path: string, from: number): number {
  if (typeof value === "number" && value >= from && value <= LONGEST_PHASE_SECONDS) return value;
  throw new SettingsError(path, value ?? null, `must be a number of seconds from ${from} to ${LONGEST_PHASE_SECONDS}`);
}
