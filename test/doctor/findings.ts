import { run } from "../cli/run.ts";

export interface Report {
  readonly code: number;
  readonly failures: number;
  readonly warnings: number;
  readonly findings: readonly { subject: string; state: string; found: string; advice: string }[];
}

const freePorts = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"];

/** `spantwin doctor --json` in a process of its own; ports that are not named are any free ones. */
export async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Report> {
  const ports = args.includes("--api-port") ? [] : freePorts;
  const { code, stdout, stderr } = await run(["doctor", "--json", ...ports, ...args], env);
  if (stderr !== "" || stdout === "") throw new Error(`doctor said on stderr: ${stderr}`);
  return { code, ...(JSON.parse(stdout) as Omit<Report, "code">) };
}

/** The findings that are not in order, each as "state subject: found". */
export function complaints({ findings }: Report): readonly string[] {
  return findings
    .filter(({ state }) => state !== "ok")
    .map(({ state, subject, found }) => `${state} ${subject}: ${found}`);
}
