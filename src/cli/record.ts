import type { Command } from "commander";
import { SettingsError } from "../contracts/errors.ts";
import { createLog } from "../self/log.ts";
import { settingsOf, stopSignal, withSettings } from "./options.ts";

const KEYS = ["seed", "maxBodyBytes"] as const;

export function addRecord(program: Command): void {
  const command = program
    .command("record <folder>")
    .description("Drives the testbed through a schedule and writes a labelled recording.")
    .requiredOption("--schedule <file>", "what load and which faults, YAML")
    .option("--topology <file>", "YAML declaration of the application (default: the built-in shop)")
    .option("--rate <n>", "entry requests per second at load factor 1 (default: the application's own)")
    .option("--kafka <host:port>", "send orders through this Kafka broker instead of the embedded one")
    .addHelpText(
      "after",
      `
Examples:
  spantwin record recordings/a --schedule datasets/testbed/schedules/sample.yaml --seed 3
  spantwin record recordings/b --schedule mine.yaml --topology datasets/testbed/applications/bank.yaml`,
    );
  withSettings(command, KEYS).action(async (folder: string, options: Record<string, unknown>) => {
    const rate = options["rate"];
    if (rate !== undefined && !(Number(rate) > 0 && Number(rate) <= 200)) {
      throw new SettingsError("--rate", rate, "must be a number above 0 and at most 200");
    }
    const log = createLog({ json: false });
    const { recordTestbed } = await import("../pipeline/record.ts");
    const { spans } = await recordTestbed({
      settings: settingsOf(options, KEYS),
      folder,
      schedule: String(options["schedule"]),
      ...(typeof options["topology"] === "string" ? { topology: options["topology"] } : {}),
      ...(rate === undefined ? {} : { ratePerSecond: Number(rate) }),
      ...(typeof options["kafka"] === "string" ? { kafka: options["kafka"] } : {}),
      signal: stopSignal(),
      hear: (event) => {
        if (event.event === "load") {
          log.info(`${event.phase} (${event.durationSeconds} s)`);
        } else if (event.event === "fault-start") {
          log.info(`fault: ${event.fault} at ${event.service}`);
        } else if (event.event === "stats" && event.phase !== null && !event.validity.isValid) {
          log.warn(`${event.phase}: ${event.validity.reasons.join("; ")}`);
        }
      },
    });
    log.info(`${spans} spans written to ${folder}`);
  });
}
