import type { AddressInfo } from "node:net";
import type { Control } from "./control-server.ts";
import { createControlServer } from "./control-server.ts";
import type { Announce } from "./events.ts";
import { FaultInjector } from "./fault-injector.ts";
import { Fleet } from "./fleet.ts";
import { LabelRecorder } from "./label-recorder.ts";
import { LoadGenerator } from "./load-generator.ts";
import { peakFactor } from "./load-shape.ts";
import type { Phase, Schedule } from "./schedule.ts";
import { SchedulePlayer } from "./schedule-player.ts";
import type { ShopDeclaration } from "./shop-schema.ts";
import { takeSnapshot, type UsageSnapshot, usageBetween } from "./usage.ts";
import { judgeValidity } from "./validity.ts";

export interface SupervisorOptions {
  readonly shop: ShopDeclaration;
  readonly schedule: Schedule;
  readonly seed: number;
  readonly ratePerSecond: number;
  readonly otlpEndpoint: string;
  readonly otlpProtocol: "grpc" | "http/protobuf" | "http/json";
  readonly kafka: string | null;
  readonly controlPort: number;
  readonly labelsFile: string | null;
  /** How often a `stats` event comes between phase ends; 0 = never. */
  readonly statsSeconds: number;
  readonly announce: Announce;
}

const LATENCY_LIMIT = 100_000;

/** Compares now with the last time it was asked. */
class UsageMeter {
  #before: UsageSnapshot;
  #latenciesSeconds: number[] = [];
  readonly #take: () => Promise<UsageSnapshot>;

  constructor(first: UsageSnapshot, take: () => Promise<UsageSnapshot>, generator: LoadGenerator) {
    this.#before = first;
    this.#take = take;
    generator.onAnswer((latencySeconds) => {
      if (this.#latenciesSeconds.length < LATENCY_LIMIT) this.#latenciesSeconds.push(latencySeconds);
    });
  }

  async read() {
    const sorted = this.#latenciesSeconds.sort((left, right) => left - right);
    this.#latenciesSeconds = [];
    const after = await this.#take();
    const usage = usageBetween(this.#before, after);
    this.#before = after;
    const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { usage, latencySeconds: sorted.length === 0 ? null : { p50: quantile(0.5), p95: quantile(0.95) } };
  }
}

/**
 * Runs the testbed until its schedule ends, `signal` aborts or a process is lost. Resolves, once nothing is left of it,
 * with why it ended.
 */
export async function superviseTestbed(options: SupervisorOptions, signal: AbortSignal): Promise<{ readonly reason: string; readonly isGood: boolean }> {
  const { shop, schedule, seed, announce } = options;
  const ending = Promise.withResolvers<{ reason: string; isGood: boolean }>();
  signal.addEventListener("abort", () => ending.resolve({ reason: String(signal.reason), isGood: true }), { once: true });
  const fleet = new Fleet({ ...options, onLoss: (member, reason) => ending.resolve({ reason: `${member} ${reason}`, isGood: false }) });
  const closers: (() => void)[] = [];
  try {
    const starting = fleet.start();
    starting.catch((error: Error) => ending.resolve({ reason: error.message, isGood: false }));
    const early = await Promise.race([starting, ending.promise]);
    if (early !== undefined) return early;
    const stop = await runStarted(options, fleet, () => ending.resolve({ reason: "the schedule is over", isGood: true }));
    closers.push(stop);
    return await ending.promise;
  } catch (error) {
    return { reason: (error as Error).message, isGood: false };
  } finally {
    for (const close of closers) close();
    await fleet.stop();
  }

  async function runStarted(_: SupervisorOptions, started: Fleet, onEnd: () => void): Promise<() => void> {
    const generator = new LoadGenerator(shop, { ratePerSecond: options.ratePerSecond, seed, port: () => started.entryPort });
    const labels = new LabelRecorder(options.labelsFile, schedule.settleSeconds, Date.now() / 1000);
    const injector = new FaultInjector(started, labels, announce);
    const snapshot = async () => takeSnapshot(await started.count(), generator.counters);
    const first = await snapshot();
    const phaseMeter = new UsageMeter(first, snapshot, generator);
    const regularMeter = new UsageMeter(first, snapshot, generator);
    const report = async (meter: UsageMeter, phase: Phase | null) => {
      const { usage, latencySeconds } = await meter.read();
      const isSurge = phase?.load.shape === "surge" && peakFactor(phase.load) >= 2;
      const validity = judgeValidity(usage, shop.bottleneck, isSurge);
      announce({ event: "stats", atSeconds: Date.now() / 1000, phase: phase?.name ?? null, usage, latencySeconds, validity });
    };
    const player = new SchedulePlayer({
      schedule,
      generator,
      injector,
      labels,
      announce,
      onPhaseEnd: (phase) => void report(phaseMeter, phase).then(() => undefined, () => undefined),
      onEnd: () => setTimeout(onEnd, 1200),
    });
    const control: Control = {
      shop,
      status: async () => ({ phase: player.currentPhase.name, faults: injector.active, pids: started.pids, snapshot: await snapshot() }),
      beginFault: (order, durationSeconds) => injector.begin(order, durationSeconds),
      endFault: (id) => injector.end(id),
      endAllFaults: async () => (await Promise.all(injector.active.map(({ id }) => injector.end(id)))).length,
      setLoad: (load, durationSeconds) => player.overrideLoad(load, durationSeconds),
    };
    const server = createControlServer(control);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: options.controlPort, host: "127.0.0.1" }, resolve);
    });
    announce({ event: "ready", atSeconds: Date.now() / 1000, controlPort: (server.address() as AddressInfo).port, processes: started.processes });
    player.start();
    const timer = options.statsSeconds > 0 ? setInterval(() => void report(regularMeter, null).catch(() => undefined), options.statsSeconds * 1000) : null;
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
}
