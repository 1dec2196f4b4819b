import type { AddressInfo } from "node:net";
import { bottleneckCapacity } from "./capacity.ts";
import { createControlServer } from "./control-server.ts";
import type { Announce } from "./events.ts";
import { FaultInjector } from "./fault-injector.ts";
import type { Fleet } from "./fleet.ts";
import { LabelRecorder } from "./label-recorder.ts";
import { LoadGenerator } from "./load-generator.ts";
import { peakFactor } from "./load-shape.ts";
import type { Phase, Schedule } from "./schedule.ts";
import { SchedulePlayer } from "./schedule-player.ts";
import type { ShopDeclaration } from "./shop-schema.ts";
import { takeSnapshot } from "./usage.ts";
import { UsageMeter } from "./usage-meter.ts";
import { judgeValidity } from "./validity.ts";

export interface SessionOptions {
  readonly shop: ShopDeclaration;
  readonly schedule: Schedule;
  readonly seed: number;
  /** Entry requests per second at factor 1. */
  readonly ratePerSecond: number;
  readonly controlPort: number;
  readonly labelsFile: string | null;
  /** How often a `stats` event comes between phase ends; 0 = never. */
  readonly statsSeconds: number;
  readonly announce: Announce;
}

/** Spans of the last phase are still in the exporters when it ends; they go out every half second. */
const LAST_EXPORT_SECONDS = 1.2;

/**
 * Plays the schedule on a fleet that is up: load, faults, labels, reports and the control port. Calls `onEnd` when the
 * schedule is over; the function it resolves to ends it at any time.
 *
 * @throws {Error} when the control port is taken.
 */
export async function startSession(options: SessionOptions, fleet: Fleet, onEnd: () => void): Promise<() => void> {
  const { shop, schedule, seed, announce, ratePerSecond } = options;
  const generator = new LoadGenerator(shop, { ratePerSecond, seed, port: () => fleet.entryPort });
  const context = {
    application: shop.name,
    settleSeconds: schedule.settleSeconds,
    // A pool of connections belongs to the service that waits for it, as with faults that take from it.
    bottleneck: shop.bottleneck.split("/")[0]!,
    baseUtilization: ratePerSecond / bottleneckCapacity(shop),
  };
  const labels = new LabelRecorder(options.labelsFile, context, Date.now() / 1000);
  const injector = new FaultInjector(fleet, labels, announce);
  const snapshot = async () => takeSnapshot(await fleet.count(), generator.counters);
  const first = await snapshot();
  const phaseMeter = new UsageMeter(first, snapshot, generator);
  const regularMeter = new UsageMeter(first, snapshot, generator);
  const report = async (meter: UsageMeter, phase: Phase | null) => {
    const { usage, latencySeconds } = await meter.read();
    // A fault may well keep a surge from the bottleneck.
    const isSurge = phase?.load.shape === "surge" && peakFactor(phase.load) >= 2 && phase.fault === null;
    const validity = judgeValidity(usage, shop.bottleneck, isSurge);
    announce({
      event: "stats",
      atSeconds: Date.now() / 1000,
      phase: phase?.name ?? null,
      usage,
      latencySeconds,
      validity,
    });
  };
  const onPhaseEnd = (phase: Phase) => void report(phaseMeter, phase);
  const afterLastExport = () => void setTimeout(onEnd, LAST_EXPORT_SECONDS * 1000);
  const player = new SchedulePlayer({
    schedule,
    generator,
    injector,
    labels,
    announce,
    onPhaseEnd,
    onEnd: afterLastExport,
  });
  const server = createControlServer({
    shop,
    status: async () => ({
      phase: player.currentPhase.name,
      faults: injector.active,
      processes: fleet.processes,
      snapshot: await snapshot(),
    }),
    beginFault: (order, durationSeconds) => injector.begin(order, durationSeconds),
    endFault: (id) => injector.end(id),
    endAllFaults: async () => (await Promise.all(injector.active.map(({ id }) => injector.end(id)))).length,
    setLoad: (load, durationSeconds) => player.overrideLoad(load, durationSeconds),
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.controlPort, host: "127.0.0.1" }, resolve);
  });
  const controlPort = (server.address() as AddressInfo).port;
  announce({ event: "ready", atSeconds: Date.now() / 1000, controlPort, processes: fleet.processes });
  player.start();
  const timer =
    options.statsSeconds > 0 ? setInterval(() => void report(regularMeter, null), options.statsSeconds * 1000) : null;
  return () => {
    if (timer !== null) clearInterval(timer);
    player.stop();
    injector.abandon();
    labels.close(Date.now() / 1000);
    generator.close();
    server.close();
    server.closeAllConnections();
  };
}
