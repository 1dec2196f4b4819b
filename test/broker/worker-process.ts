import { startWorker, type WorkerRole } from "../../src/pipeline/worker.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { QUICK } from "./watched-source.ts";

// A worker in a process of its own, to be killed. Usage: worker-process.ts <roles, by commas> <flags of settings as JSON>
// A JSON line for each window that was judged and for all that is said.

const [roles, flags] = process.argv.slice(2) as [string, string];
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const worker = await startWorker({
  settings: loadSettings({ env: {}, flags: JSON.parse(flags), directory: "/nonexistent" }),
  roles: roles.split(",") as WorkerRole[],
  password: undefined,
  onWindow: ({ scored }) => tell({ window: scored.forecast.observation.windowIndex }),
  timing: QUICK,
  say: (level, message) => tell({ level, message }),
  onError: (error, what) => tell({ level: "error", message: `${what}: ${error}` }),
});
process.once("SIGTERM", () => void worker.stop());
setInterval(() => {
  const legs = worker.legs.map((leg) => leg.status());
  const { user, system } = process.cpuUsage();
  tell({
    records: legs.map(({ records }) => records),
    partitions: legs.map(({ partitions }) => partitions.length),
    cpuSeconds: (user + system) / 1e6,
  });
}, 200).unref();
tell({ level: "info", message: "started" });
