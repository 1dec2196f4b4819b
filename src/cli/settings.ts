import type { Command } from "commander";
import { settingsAsText } from "../settings/describe.ts";
import { settingsOf } from "./options.ts";

export function addSettings(program: Command): void {
  program
    .command("settings")
    .description("Lists every setting: flag, environment variable, default and limits.")
    .option("--json", "print the settings in force as JSON", false)
    .addHelpText("after", "\nExamples:\n  spantwin settings\n  SPANTWIN_SEED=7 spantwin settings --json")
    .action((options: { json: boolean }) => {
      const text = options.json ? JSON.stringify(settingsOf({}, []), null, 2) : settingsAsText();
      process.stdout.write(`${text}\n`);
    });
}
