import type { Command } from "commander";

import { SettingsError } from "../contracts/errors.ts";
import { examine } from "../pipeline/doctor/examine.ts";
import type { Finding } from "../pipeline/doctor/finding.ts";
import { ATTACH_SETTINGS, settingsWithOrigins, withSettings } from "./options.ts";
import { VERSION } from "./version.ts";

const MARKS: Readonly<Record<Finding["state"], string>> = { ok: "ok     ", warning: "WARNING", failure: "FAILURE" };

export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("Checks everything that attach depends on, and says what to do. Takes the same settings as attach.")
    .option("--ntp <host>", "also compare the clock with this time server (host or host:port)")
    .option("--json", "print one JSON object with all findings", false)
    .addHelpText(
      "after",
      `
Exit code 0 when nothing fails (there may be warnings), 1 when something does.

Examples:
  spantwin doctor
  spantwin doctor --config /etc/spantwin/spantwin.yaml --json
  spantwin doctor --ntp pool.ntp.org`,
    );
  withSettings(command, ATTACH_SETTINGS).action(async (options: Record<string, unknown>) => {
    const timeServer = options["ntp"];
    const findings = await findingsOf(options, typeof timeServer === "string" ? timeServer : null);
    const isFailed = findings.some(({ state }) => state === "failure");
    const text = options["json"] === true ? jsonText(findings) : findings.map(lineOf).join("\n");
    process.stdout.write(`${text}\n`);
    process.exitCode = isFailed ? 1 : 0;
  });
}

/** With settings that do not hold nothing else can be looked at. */
async function findingsOf(options: Record<string, unknown>, timeServer: string | null): Promise<readonly Finding[]> {
  try {
    return await examine(settingsWithOrigins(options, ATTACH_SETTINGS), {
      timeServer,
      kafkaPassword: process.env["SPANTWIN_KAFKA_PASSWORD"],
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const advice = "correct it: spantwin settings lists every setting with its limits";
    return [{ subject: "settings", state: "failure", found: error.message, advice }];
  }
}

function jsonText(findings: readonly Finding[]): string {
  const count = (state: Finding["state"]): number => findings.filter((each) => each.state === state).length;
  return JSON.stringify({ version: VERSION, failures: count("failure"), warnings: count("warning"), findings });
}

function lineOf({ subject, state, found, advice }: Finding): string {
  return `${MARKS[state]} ${subject}: ${found}${advice === "" ? "" : `\n        → ${advice}`}`;
}
