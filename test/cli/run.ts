import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `spantwin` with these arguments in a process of its own. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): {
  child: ChildProcess;
  finished: Promise<Finished>;
  output: () => string;
} {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
  return { child, finished, output: () => stdout + stderr };
}

export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return start(args, env).finished;
}

/** Waits until the output of a started process matches. */
export async function until(output: () => string, pattern: RegExp): Promise<RegExpMatchArray> {
  for (let tries = 0; tries < 600; tries++) {
    const match = output().match(pattern);
    if (match !== null) {
      return match;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never saw ${pattern} in: ${output()}`);
}
