// Goal: what the store acknowledged survives a killed process, and no window is ever there in part.
// Method: a child process writes for ever and is killed with SIGKILL at random moments; the file is then opened and counted.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";

import { openSqliteStore } from "../../src/store/sqlite-store.ts";

const ROWS_PER_WINDOW = 200;
const KILLS = 6;
const dataDirectory = mkdtempSync(join(tmpdir(), "spantwin-kill-"));
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

test("SIGKILL in mid-write loses no committed incident and leaves no partial window", { timeout: 60_000 }, async () => {
  const seed = Math.floor(Date.now() % 1e6);
  let acknowledged = -1;
  for (let kill = 0; kill < KILLS; kill++) {
    const delayMilliseconds = 5 + ((seed * (kill + 1) * 7919) % 150);
    const firstOfRun = acknowledged + 1;
    acknowledged = await writeUntilKilled(firstOfRun, delayMilliseconds);

    const told = `seed ${seed}, kill ${kill} after ${delayMilliseconds} ms`;
    expect(acknowledged, `${told}: nothing was written`).toBeGreaterThanOrEqual(firstOfRun);
    const store = openSqliteStore({ dataDirectory });
    for (let window = 0; window <= acknowledged; window++) {
      expect(await store.incident(`incident-${window}`), `${told}: incident ${window}`).not.toBeNull();
    }
    const rows = await rowsOfEachWindow(store);
    expect([...new Set(rows.values())], told).toEqual([ROWS_PER_WINDOW]);
    expect(rows.size, told).toBeGreaterThan(acknowledged);
    await store.close();
  }
});

/** Lets the writer write from a window on, kills it, and returns the last window it acknowledged. */
async function writeUntilKilled(firstWindow: number, delayMilliseconds: number): Promise<number> {
  const script = join(import.meta.dirname, "endless-writer.ts");
  const args = [script, dataDirectory, String(ROWS_PER_WINDOW), String(firstWindow)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let last = firstWindow - 1;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    last = Number(line);
  });
  const closed = once(child, "close");
  await Promise.race([once(lines, "line"), closed]);
  await wait(delayMilliseconds);
  child.kill("SIGKILL");
  await closed;
  return last;
}

async function rowsOfEachWindow(store: ReturnType<typeof openSqliteStore>): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (let index = 0; index < ROWS_PER_WINDOW; index++) {
    const query = { node: `node-${index}`, operation: "", fromSeconds: 0, toSeconds: Infinity, limit: 1e6 };
    for (const point of await store.series(query)) counts.set(point.atSeconds, (counts.get(point.atSeconds) ?? 0) + 1);
  }
  return counts;
}
