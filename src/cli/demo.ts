import type { Command } from "commander";
import { createLog } from "../self/log.ts";
import { SERVER_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { VERSION } from "./version.ts";

export function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .description("Starts a small shop beside Spantwin, sends it a surge and faults, and shows what is found.")
    .option("--headless", "no fixed ports, nothing to look at: for a machine", false)
    .option("--once", "end after one round: a surge and a fault", false)
    .option("--json", "print what was injected and what was found as JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin demo
  spantwin demo --headless --json --once     exit 0: the surge stayed silent and the fault was found and named`,
    );
  withSettings(command, SERVER_SETTINGS).action(async (options: Record<string, unknown>) => {
    const isHeadless = options["headless"] === true;
    const free = isHeadless ? { apiPort: "0", otlpGrpcPort: "0", otlpHttpPort: "0" } : {};
    const settings = settingsOf({ ...free, ...options }, SERVER_SETTINGS);
    const log = createLog({ json: false });
    // Loaded only here: it brings the testbed, which the other commands must not need.
    const { runDemo } = await import("../pipeline/demo.ts");
    const report = await runDemo({
      settings,
      version: VERSION,
      once: options["once"] === true,
      say: log.info,
      onError: (error, what) => log.error(what, { error }),
      signal: stopSignal(),
    });
    if (report === null) {
      return;
    }
    if (options["json"] === true) {
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      process.stdout.write(`${report.ok ? "the round went as it should" : report.reasons.join("; ")}\n`);
    }
    process.exitCode = report.ok ? 0 : 1;
  });
}
