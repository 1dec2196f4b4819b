import { examine } from "../../src/pipeline/doctor/examine.ts";
import type { Finding } from "../../src/pipeline/doctor/finding.ts";
import { loadSettingsWithOrigins } from "../../src/settings/load.ts";
import { run } from "../cli/run.ts";

export interface Report {
  readonly failures: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
}

/** Ports that are not named are any free ones, and baselines need no model, so that a check is quick. */
const free = { apiPort: 0, otlpGrpcPort: 0, otlpHttpPort: 0, scorer: "dummy", ack: "memory" };

/** What the command looks at, in this process. */
export async function examined(flags: Readonly<Record<string, unknown>>): Promise<Report> {
  const { config, ...given } = flags;
  const file = typeof config === "string" ? { file: config } : {};
  const loaded = loadSettingsWithOrigins({ ...file, env: {}, flags: { ...free, ...given } });
  const findings = await examine(loaded, { timeServer: null, kafkaPassword: undefined });
  const count = (state: Finding["state"]) => findings.filter((each) => each.state === state).length;
  return { failures: count("failure"), warnings: count("warning"), findings };
}

/** `spantwin doctor --json` in a process of its own. */
export async function doctor(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Report & { readonly code: number }> {
  const ports = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"];
  const { code, stdout, stderr } = await run(["doctor", "--json", ...ports, ...args], env);
  if (stderr !== "" || stdout === "") throw new Error(`doctor said on stderr: ${stderr}`);
  return { code, ...(JSON.parse(stdout) as Report) };
}

/** The findings that are not in order, each as "state subject: found". */
export function complaints({ findings }: Report): readonly string[] {
  return findings
    .filter(({ state }) => state !== "ok")
    .map(({ state, subject, found }) => `${state} ${subject}: ${found}`);
}
