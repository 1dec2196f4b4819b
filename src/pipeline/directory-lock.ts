import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SettingsError } from "../contracts/errors.ts";

const LOCK_FILE = "spantwin.lock";

/**
 * Keeps a second process out of a data directory: two that write one journal would cut each other's records. What a killed
 * process left behind is taken over. Processes of other machines or containers that share the directory are not seen.
 *
 * @returns lets go of it
 * @throws {SettingsError} naming `dataDirectory` when a process that runs has it, or nothing can be written there.
 */
export function lockDirectory(dataDirectory: string): () => void {
  const path = join(dataDirectory, LOCK_FILE);
  const holder = holderOf(path);
  if (holder !== null) {
    throw new SettingsError("dataDirectory", dataDirectory, `is in use by process ${holder}`);
  }
  try {
    mkdirSync(dataDirectory, { recursive: true });
    writeFileSync(path, `${process.pid} ${birthOf(process.pid) ?? ""}\n`);
  } catch (error) {
    throw new SettingsError("dataDirectory", dataDirectory, `cannot be used: ${(error as Error).message}`);
  }
  return () => rmSync(path, { force: true });
}

/** The process that has it and still runs, another than this one; null when there is none. */
function holderOf(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const [, pidText, birth = ""] = /^(\d+) (\d*)\n$/.exec(text) ?? [];
  const pid = Number(pidText ?? 0);
  if (pid <= 0 || pid === process.pid || !isRunning(pid)) return null;
  // A number that was given again belongs to a process that was born later.
  const now = birthOf(pid);
  return now !== null && birth !== "" && now !== birth ? null : pid;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process was started, in ticks since the machine was; null where that cannot be asked. Source: proc(5), stat. */
function birthOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may hold blanks.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
