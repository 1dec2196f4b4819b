/**
 * Nothing lost: kill −9 at random moments of steady traffic, restarts with a large journal, and five times the load that
 * the server is rated for. The real process, OTLP/HTTP, and a book of what was acknowledged, held against the journal.
 *
 * Run: npm run bench:kill [-- <kills> <spans per second> <bytes of journal>]. The last line is one JSON object.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runKills } from "./kill/kills.ts";
import { runOverload } from "./kill/overload.ts";

const KILLS = 50;
const SPANS_PER_SECOND = 20_000;
const JOURNAL_BYTES = 1e9;
const OVERLOAD = { factor: 5, seconds: 60 };

const folder = await mkdtemp(join(tmpdir(), "spantwin-bench-kill-"));
try {
  const [kills, spansPerSecond, minJournalBytes] = [KILLS, SPANS_PER_SECOND, JOURNAL_BYTES].map((usual, index) => {
    const given = Number(process.argv[2 + index] ?? usual);
    if (!(given > 0)) throw new RangeError(`${process.argv[2 + index]} is no number above 0`);
    return given;
  }) as [number, number, number];
  const killed = await runKills(join(folder, "kills"), { kills, spansPerSecond, minJournalBytes });
  console.log("killed:", killed);
  const overload = await runOverload(join(folder, "overload"), { spansPerSecond, ...OVERLOAD });
  console.log("overload:", overload);
  console.log(JSON.stringify({ kill: killed, overload }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
