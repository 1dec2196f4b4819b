import type { Command } from "commander";
import { findReleased, type ReleasedRecording, repositoryPath } from "../../datasets/catalogue/catalogue.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import { injectCampaign, planCampaign } from "../pipeline/inject.ts";
import type { CampaignInputs } from "../pipeline/inject-options.ts";
import { recordTestbed } from "../pipeline/record.ts";
import { createLog } from "../self/log.ts";
import { headLines, newsLine, outcomeLines, planText } from "./inject-text.ts";
import { settingsOf, stopSignal, withSettings } from "./options.ts";

const KEYS = ["seed", "maxBodyBytes"] as const;

export function addInject(program: Command): void {
  const command = program
    .command("inject")
    .description(
      "Runs a grid of faults and loads on the testbed, writes labelled recordings, goes on where it stopped.",
    )
    .option("--campaign <file>", "what grid, YAML")
    .option("--topology <file>", "YAML declaration of the application (default: the built-in shop)")
    .option("--catalogue <name>", "make a released recording again: its campaign, application and seed")
    .option("--out <folder>", "where the recordings go; what is done there is not done again")
    .option("--plan", "only say what would be run and how long it takes", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin inject --campaign datasets/testbed/campaigns/quick.yaml --plan
  spantwin inject --campaign datasets/testbed/campaigns/quick.yaml --out recordings/shop
  spantwin inject --campaign mine.yaml --topology datasets/testbed/applications/bank.yaml --out recordings/bank --seed 7
  spantwin inject --catalogue campaign-bank --out recordings/campaign-bank`,
    );
  withSettings(command, KEYS).action(async (options: Record<string, unknown>) => {
    const given = settingsOf(options, KEYS);
    if (typeof options["catalogue"] !== "string") return runCampaign(campaignOf(options, given), options);
    const released = findReleased(options["catalogue"]);
    const settings = { ...given, seed: released.seed };
    const { made } = released;
    const topology = made.topology === null ? {} : { topology: repositoryPath(made.topology) };
    if (made.by === "campaign")
      return runCampaign({ settings, campaign: repositoryPath(made.campaign), ...topology }, options);
    return runSchedule(released, { settings, schedule: repositoryPath(made.schedule), ...topology }, options);
  });
}

function campaignOf(options: Record<string, unknown>, settings: Settings): CampaignInputs {
  const { campaign, topology } = options;
  if (typeof campaign !== "string") {
    throw new SettingsError("--campaign", null, "must name a file, or --catalogue a released recording");
  }
  return { settings, campaign, ...(typeof topology === "string" ? { topology } : {}) };
}

async function runCampaign(inputs: CampaignInputs, options: Record<string, unknown>): Promise<void> {
  const plan = planCampaign(inputs);
  if (options["plan"] === true) {
    process.stdout.write(planText(plan));
    return;
  }
  const folder = folderOf(options);
  const log = createLog({ json: false });
  for (const line of headLines(plan)) log.info(line);
  const outcome = await injectCampaign({
    ...inputs,
    folder,
    hear: (news) => {
      if (news.news === "result" && !news.validity.isValid) log.warn(newsLine(news));
      else log.info(newsLine(news));
    },
    signal: stopSignal(),
  });
  for (const line of outcomeLines(outcome)) log.info(line);
  if (outcome.cells.some(({ isDone }) => !isDone)) process.exitCode = 1;
}

async function runSchedule(
  released: ReleasedRecording,
  inputs: { readonly settings: Settings; readonly schedule: string; readonly topology?: string },
  options: Record<string, unknown>,
): Promise<void> {
  if (options["plan"] === true) {
    process.stdout.write(`${released.name}: ${inputs.schedule}, ${released.durationSeconds} s\n`);
    return;
  }
  const folder = folderOf(options);
  const log = createLog({ json: false });
  const { spans } = await recordTestbed({
    ...inputs,
    folder,
    signal: stopSignal(),
    hear: (event) => {
      if (event.event === "load") log.info(`${event.phase} (${event.durationSeconds} s)`);
    },
  });
  log.info(`${spans} spans written to ${folder}`);
}

function folderOf({ out }: Record<string, unknown>): string {
  if (typeof out === "string") return out;
  throw new SettingsError("--out", null, "must name a folder");
}
