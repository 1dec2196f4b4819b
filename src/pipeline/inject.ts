import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { type Campaign, parseCampaign } from "../../datasets/testbed/campaign/campaign-schema.ts";
import { baseRatePerSecond, type Cell, type CellPlan, planCells } from "../../datasets/testbed/campaign/cells.ts";
import { partSeconds } from "../../datasets/testbed/campaign/part-schedule.ts";
import { bottleneckCapacity } from "../../datasets/testbed/capacity.ts";
import type { ShopDeclaration } from "../../datasets/testbed/shop-schema.ts";
import { readTopology } from "../../datasets/testbed/topology.ts";
import { SettingsError } from "../contracts/errors.ts";
import { type CampaignIdentity, CampaignState, type CellRecord } from "./campaign-state.ts";
import type { CampaignInputs, InjectOptions } from "./inject-options.ts";
import { runPart, setAsideCutParts } from "./inject-part.ts";

export interface CampaignPlan extends CellPlan {
  readonly shop: ShopDeclaration;
  /** Entry requests a second at which the bottleneck is always busy, by declaration. */
  readonly capacityPerSecond: number;
  /** Entry requests a second at load factor 1. */
  readonly baseRatePerSecond: number;
  /** When no cell has to be run again. */
  readonly totalSeconds: number;
}

export interface CampaignOutcome {
  readonly spanCount: number;
  readonly cells: readonly CellRecord[];
  /** Folders of the recordings that are whole. */
  readonly parts: readonly string[];
}

/** Lays out a campaign without running it. @throws {SettingsError} naming the key, the value and the rule. */
export function planCampaign(inputs: CampaignInputs): CampaignPlan {
  const { campaign, shop } = readInputs(inputs);
  const plan = planCells(campaign, shop, inputs.settings.seed);
  return {
    ...plan,
    shop,
    capacityPerSecond: bottleneckCapacity(shop),
    baseRatePerSecond: baseRatePerSecond(campaign, shop),
    totalSeconds: campaignSeconds(campaign, plan.cells),
  };
}

/**
 * Drives the testbed through the cells of a campaign that are not done yet and writes recordings, each in a folder of
 * its own (`part-01`, …) with its labels. A cell that was cut short, or is invalid by the testbed's rule, is left out of
 * what the labels cover and is run again: the invalid ones as often as the campaign allows.
 *
 * @throws {SettingsError} for a bad file, or a folder with another campaign. @throws {SourceError} when the testbed fails.
 */
export async function injectCampaign(options: InjectOptions): Promise<CampaignOutcome> {
  const { settings, folder, signal } = options;
  const { campaign, shop, identity } = readInputs(options);
  const { cells } = planCells(campaign, shop, settings.seed);
  if (cells.length === 0) throw new SettingsError("grids", shop.name, "can have none of these faults");
  mkdirSync(folder, { recursive: true });
  const state = CampaignState.open(
    folder,
    identity,
    cells.map(({ id }) => id),
  );
  setAsideCutParts(folder, state);
  let spanCount = 0;
  while (!signal.aborted) {
    const pending = pendingCells(cells, state, campaign.attempts);
    if (pending.length === 0) break;
    const part = pending.slice(0, campaign.cellsPerRecording);
    const laterSeconds = campaignSeconds(campaign, pending.slice(part.length));
    spanCount += await runPart(options, { campaign, shop, cells: part, state, laterSeconds });
  }
  return {
    spanCount,
    cells: state.cells,
    parts: state.parts.filter((part) => part.isClosed).map((part) => part.folder),
  };
}

function readInputs({ settings, campaign, topology }: CampaignInputs): {
  readonly campaign: Campaign;
  readonly shop: ShopDeclaration;
  readonly identity: CampaignIdentity;
} {
  let text: string;
  try {
    text = readFileSync(campaign, "utf8");
  } catch (error) {
    throw new SettingsError("--campaign", campaign, `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const shop = readTopology(topology);
  const identity = {
    application: shop.name,
    seed: settings.seed,
    campaignSha256: sha256(text),
    topologySha256: sha256(JSON.stringify(shop)),
  };
  return { campaign: parseCampaign(text), shop, identity };
}

/** First those never run, then those to be run again. */
function pendingCells(cells: readonly Cell[], state: CampaignState, attempts: number): readonly Cell[] {
  const records = new Map(state.cells.map((record) => [record.id, record]));
  return cells
    .filter(({ id }) => !records.get(id)!.isDone && records.get(id)!.attempts < attempts)
    .sort((left, right) => records.get(left.id)!.attempts - records.get(right.id)!.attempts);
}

function campaignSeconds(campaign: Campaign, cells: readonly Cell[]): number {
  let seconds = 0;
  for (let at = 0; at < cells.length; at += campaign.cellsPerRecording)
    seconds += partSeconds(campaign, cells.slice(at, at + campaign.cellsPerRecording));
  return seconds;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
