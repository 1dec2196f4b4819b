// A lock between processes: one set-up of a clone at a time.
// Runs before anything is installed, so: plain JavaScript, Node 20, no dependency.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const patienceSeconds = 900;
const pollMilliseconds = 250;

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function holderOf(lock) {
  try {
    const ageSeconds = (Date.now() - statSync(lock).mtimeMs) / 1000;
    return { pid: Number(readFileSync(join(lock, "pid"), "utf8")), ageSeconds };
  } catch {
    return undefined;
  }
}

/** Moves a dead holder's lock aside; puts it back when a living one took it in the same moment. */
function removeDead(lock, pid) {
  const aside = `${lock}-dead-${process.pid}`;
  try {
    renameSync(lock, aside);
    if (!Object.is(Number(readFileSync(join(aside, "pid"), "utf8")), pid)) renameSync(aside, lock);
  } catch {
    // Somebody else was faster.
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Takes the lock: a directory with the holder's id in it, moved into place in one step. */
function tryTake(lock) {
  mkdirSync(dirname(lock), { recursive: true });
  const mine = mkdtempSync(`${lock}-`);
  writeFileSync(join(mine, "pid"), String(process.pid));
  try {
    renameSync(mine, lock);
    return true;
  } catch {
    rmSync(mine, { recursive: true, force: true });
    return false;
  }
}

/**
 * Waits until the lock is ours. A lock whose holder has died, or that is older than a quarter of an hour, is taken over.
 * `onWait` is told the holder's process id once; `isStopped` is asked between two tries and ends the waiting.
 */
export async function takeLock(lock, { onWait, isStopped }) {
  let told = false;
  while (!tryTake(lock)) {
    const holder = holderOf(lock);
    if (holder !== undefined && (!isAlive(holder.pid) || holder.ageSeconds > patienceSeconds)) {
      removeDead(lock, holder.pid);
      continue;
    }
    if (!told && holder !== undefined) {
      told = true;
      onWait(holder.pid);
    }
    await sleep(pollMilliseconds);
    if (isStopped()) return false;
  }
  return true;
}

export function releaseLock(lock) {
  rmSync(lock, { recursive: true, force: true });
}
