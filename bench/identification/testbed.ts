import { join } from "node:path";
import { readLabels } from "../../datasets/labels.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { openRecording } from "../../src/pipeline/sources.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { invertFifo } from "../../twin/identification/inversion.ts";
import { History } from "../../twin/learning/history.ts";
import type { TrueStation, TruthRun } from "./truth-runs.ts";

/**
 * A recording of the testbed up to its first fault. Its services are pools of workers, as many as the shop declares. Metrics
 * are kept from the twin: they tell the size of the pools.
 */
export async function readTestbed(folder: string): Promise<TruthRun> {
  const settings = loadSettings({ env: {}, flags: { windowSeconds: 5 } });
  const ledger = new CountingLedger();
  const source = await openRecording(folder, "otlp", settings, ledger);
  const observer = new Observer(settings, ledger);
  const firstFault = Math.min(...readLabels(join(folder, "labels.json")).faults.map(({ start }) => start));
  const history = new History();
  const learn = (observations: ReturnType<Observer["add"]>): void => {
    for (const observation of observations) {
      if (observation.endSeconds <= firstFault) history.learn({ ...observation, metrics: [] });
    }
  };
  await source.read((batch) => learn(observer.add(batch)), new AbortController().signal);
  learn(observer.finish());
  const { topology } = observer;
  const stations = SHOP.services.map(({ name, workerCount }): TrueStation => {
    const structure = { discipline: "fifo" as const, serverCount: workerCount };
    return { service: name, structure, utilization: heldShare(name, workerCount, history, topology) };
  });
  return { history, topology, stations };
}

/** Share of the time that workers were held, from the visits and the true number of workers. */
function heldShare(service: string, workerCount: number, history: History, topology: Topology): number {
  let heldSeconds = 0;
  let offeredSeconds = 0;
  for (const [instance, unsorted] of history.visitsByInstance) {
    if (topology.nodes[topology.instances[instance]!.node]!.name !== service) continue;
    const visits = [...unsorted].sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
    const arrivals = Float64Array.from(visits, (visit) => visit.arrivalSeconds);
    const departures = Float64Array.from(visits, (visit) => visit.departureSeconds);
    const { holdSeconds } = invertFifo(arrivals, departures, null, workerCount);
    heldSeconds += holdSeconds.reduce((sum, seconds) => sum + seconds, 0);
    offeredSeconds += workerCount * (departures.reduce((last, each) => Math.max(last, each), 0) - arrivals[0]!);
  }
  return heldSeconds / offeredSeconds;
}
