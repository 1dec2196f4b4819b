import { parse } from "yaml";
import { z } from "zod";
import { SettingsError } from "../../../src/contracts/errors.ts";
import { FAULT_KINDS, type FaultKind } from "../../../src/contracts/score.ts";
import { refuseByFirstIssue } from "../first-issue.ts";
import type { DailyLoad } from "../load-shape.ts";

/** A load of the grid. `utilization` is a share of the bottleneck's capacity, `factor` a multiple of the base load. */
export type GridLoad =
  | { readonly shape: "plateau"; readonly utilization: number }
  | { readonly shape: "surge"; readonly factor: number }
  | { readonly shape: "ramp"; readonly toUtilization: number }
  | { readonly shape: "burst"; readonly factor: number; readonly onSeconds: number; readonly offSeconds: number }
  | DailyLoad;

export type Strength = "mild" | "strong";

/** Every load with every fault at every strength, or `pick` of these cells. */
export interface Grid {
  readonly loads: readonly GridLoad[];
  readonly faults: readonly (FaultKind | "none")[];
  readonly strengths: readonly Strength[];
  /** Nodes a fault may be put on; all that its kind can be put on when absent. */
  readonly targets?: readonly string[];
  /** So many of the cells, drawn by the seed, as many kinds of fault as there can be; all when absent. */
  readonly pick?: number;
  /** Length of a cell; faults begin `faultAfterSeconds` into it. */
  readonly cellSeconds: number;
  readonly faultAfterSeconds: number;
}

/** What a campaign file says. */
export interface Campaign {
  /** Share of the bottleneck's capacity between the cells; load factors are multiples of it. */
  readonly baseUtilization: number;
  /** Loads each recording begins with, to be learned from. */
  readonly warmUp: readonly { readonly utilization: number; readonly seconds: number }[];
  /** Base load after every cell. A cell that overloads the bottleneck gets as much more as its backlog needs. */
  readonly recoverySeconds: number;
  /** For the labels: how long after a fault alarms are neither right nor wrong. */
  readonly settleSeconds: number;
  /** A recording ends after so many cells; the next one begins with a warm-up of its own. */
  readonly cellsPerRecording: number;
  /** A cell that the testbed calls invalid is run so many times at most. */
  readonly attempts: number;
  readonly grids: readonly Grid[];
}

const number = (from: number, to: number) => {
  const rule = `must be a number from ${from} to ${to}`;
  return z.number(rule).min(from, rule).max(to, rule);
};
const integer = (from: number, to: number) => {
  const rule = `must be an integer from ${from} to ${to}`;
  return z.int(rule).min(from, rule).max(to, rule);
};
const utilization = number(0.01, 5);
const seconds = (from: number) => number(from, 86_400);

const load = z.discriminatedUnion(
  "shape",
  [
    z.strictObject({ shape: z.literal("plateau"), utilization }),
    z.strictObject({ shape: z.literal("surge"), factor: number(1, 20) }),
    z.strictObject({ shape: z.literal("ramp"), toUtilization: utilization }),
    z.strictObject({
      shape: z.literal("burst"),
      factor: number(1, 20),
      onSeconds: seconds(0.1),
      offSeconds: seconds(0.1),
    }),
    z.strictObject({
      shape: z.literal("daily"),
      low: utilization,
      high: utilization,
      periodSeconds: seconds(1),
      burstFactor: number(1, 20).default(1),
      burstOnSeconds: seconds(0.1).default(5),
      burstOffSeconds: seconds(0.1).default(55),
    }),
  ],
  "must be one of plateau, surge, ramp, burst, daily",
);

const FAULT_NAMES = ["none", ...FAULT_KINDS] as const;

const grid = z
  .strictObject({
    loads: z.array(load, "must be a list of loads").min(1, "must be a list of loads").max(100, "is too long"),
    faults: z
      .array(z.enum(FAULT_NAMES, `must be one of ${FAULT_NAMES.join(", ")}`), "must be a list of faults")
      .min(1, "must be a list of faults")
      .max(100, "is too long"),
    strengths: z
      .array(z.enum(["mild", "strong"], "must be mild or strong"), "must be a list of mild and strong")
      .min(1, "must be a list of mild and strong")
      .default(["mild", "strong"]),
    targets: z.array(z.string(), "must be a list of nodes").min(1, "must be a list of nodes").exactOptional(),
    pick: integer(1, 10_000).exactOptional(),
    cellSeconds: seconds(5),
    faultAfterSeconds: seconds(0).default(0),
  })
  .refine(({ cellSeconds, faultAfterSeconds }) => faultAfterSeconds < cellSeconds, {
    path: ["faultAfterSeconds"],
    message: "must be less than cellSeconds",
  });

const CAMPAIGN_SCHEMA: z.ZodType<Campaign> = z.strictObject({
  baseUtilization: number(0.05, 0.9),
  warmUp: z
    .array(z.strictObject({ utilization, seconds: seconds(1) }), "must be a list of {utilization, seconds}")
    .min(1, "must be a list of {utilization, seconds}"),
  recoverySeconds: seconds(1),
  settleSeconds: seconds(0),
  cellsPerRecording: integer(1, 1000).default(24),
  attempts: integer(1, 10).default(2),
  grids: z.array(grid, "must be a list of grids").min(1, "must be a list of grids").max(50, "is too long"),
});

/** Reads a campaign file. @throws {SettingsError} naming the key, the value and the rule. */
export function parseCampaign(text: string): Campaign {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new SettingsError("campaign", text.slice(0, 40), `is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const result = CAMPAIGN_SCHEMA.safeParse(raw);
  if (!result.success) refuseByFirstIssue("campaign", raw, result.error);
  return result.data;
}
