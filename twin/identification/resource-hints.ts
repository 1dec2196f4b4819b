import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import type { MetricPoint } from "../../src/contracts/telemetry.ts";

/** Names by semantic conventions, former spellings and common exporters included. */
const CPU_SECONDS = new Set(["process.cpu.time", "container.cpu.time", "k8s.pod.cpu.time"]);
const CPU_USED = new Set(["container.cpu.usage", "k8s.pod.cpu.usage"]);
const CPU_SHARE = new Set(["process.cpu.utilization"]);
const CPU_LIMIT = new Set(["container.cpu.limit", "k8s.container.cpu.limit", "k8s.container.cpu_limit"]);
const CPU_COUNT = new Set(["system.cpu.logical.count", "system.cpu.logical_count"]);
const WORKER_LIMIT = new Set(["executor.pool.max", "tomcat.threads.config.max", "jetty.threads.config.max"]);
const WORKER_LIMIT_ENDINGS = ["worker_pool.limit", "thread_pool.limit"];
/** Waiting for a device is no use of a CPU. */
const IDLE_MODES = ["cpu.mode=wait", "cpu.mode=idle", "state=wait", "state=idle"];

const READINGS_PER_INSTANCE_MAX = 360;
const INSTANCES_MAX = 5000;
/** Counters followed of one instance: a few modes of each name. */
const COUNTERS_PER_INSTANCE_MAX = 32;

/** What metrics say of the limits of one instance of a node. Null where no metric does. */
export interface ResourceHints {
  /** CPUs an instance may use; a quota may be a fraction. */
  readonly cpuLimit: number | null;
  /** Requests an instance works on at once. */
  readonly workerLimit: number | null;
}

/** Measured use of CPU held against what the visits explain (utilization law: busy = rate × time a visit). */
export interface UtilizationCheck {
  /** CPUs busy with the visits' own work, over all measured instances, from inverted service times. */
  readonly explainedCpus: number;
  /** CPUs those instances used, from metrics over the same time. */
  readonly measuredCpus: number;
  /**
   * log(measured / explained). Of a shared processor it should be 0. Workers may wait for things no span shows, so of them
   * only what is above 0 counts: work that is done outside of any visit.
   */
  readonly modelDiscrepancy: number;
}

interface Readings {
  readonly times: number[];
  readonly cpus: number[];
  readonly counters: Map<string, { timeSeconds: number; value: number }>;
  cpuLimit: number | null;
  cpuCount: number | null;
  workerLimit: number | null;
}

/** Reads limits and use of CPUs and worker pools from the metrics of the windows shown to it. */
export class ResourceReadings {
  #byInstance = new Map<string, Readings>();

  learn({ metrics }: Observation): void {
    const used = new Map<string, Map<number, number>>();
    for (const point of metrics) {
      const readings = this.#of(point);
      if (readings === undefined) continue;
      takeLimits(readings, point);
      const cpus = cpusOf(readings, point);
      if (Number.isNaN(cpus)) continue;
      // User and system time of one reading are points of their own.
      const key = keyOf(point.service, point.instance);
      const byTime = used.get(key) ?? new Map<number, number>();
      used.set(key, byTime);
      byTime.set(point.timeSeconds, (byTime.get(point.timeSeconds) ?? 0) + cpus);
    }
    for (const [key, byTime] of used) keepReadings(this.#byInstance.get(key)!, byTime);
  }

  /** Limits of the copies of a service; where they differ, the least. Null when no metric told any. */
  hints(service: string, instances: readonly string[]): ResourceHints | null {
    const all = instances.flatMap((instance) => this.#byInstance.get(keyOf(service, instance)) ?? []);
    const least = (of: (each: Readings) => number | null): number | null => {
      const told = all.map(of).filter((value) => value !== null && value > 0);
      return told.length === 0 ? null : Math.min(...(told as number[]));
    };
    const cpuLimit = least((each) => each.cpuLimit);
    const workerLimit = least((each) => each.workerLimit);
    return cpuLimit === null && workerLimit === null ? null : { cpuLimit, workerLimit };
  }

  /** Mean of CPUs used by an instance in a stretch of time; NaN when it was not measured there. */
  cpusUsed(service: string, instance: string, fromSeconds: number, untilSeconds: number): number {
    const readings = this.#byInstance.get(keyOf(service, instance));
    const within = readings?.cpus.filter((_, k) => {
      const time = readings.times[k]!;
      return time >= fromSeconds && time <= untilSeconds;
    });
    if (within === undefined || within.length === 0) return Number.NaN;
    return within.reduce((sum, each) => sum + each, 0) / within.length;
  }

  snapshot() {
    const copyOf = (each: Readings): Readings => ({
      ...each,
      times: [...each.times],
      cpus: [...each.cpus],
      counters: new Map(each.counters),
    });
    return { byInstance: new Map([...this.#byInstance].map(([key, each]) => [key, copyOf(each)])) };
  }

  restore({ byInstance }: ReturnType<ResourceReadings["snapshot"]>): void {
    this.#byInstance = byInstance;
  }

  #of({ service, instance }: MetricPoint): Readings | undefined {
    const key = keyOf(service, instance);
    let readings = this.#byInstance.get(key);
    if (readings === undefined && this.#byInstance.size < INSTANCES_MAX) {
      readings = { times: [], cpus: [], counters: new Map(), cpuLimit: null, cpuCount: null, workerLimit: null };
      this.#byInstance.set(key, readings);
    }
    return readings;
  }
}

/** Structures that the limits suggest; which of them it is, if any, the visits must tell. */
export function suggestedStructures(hints: ResourceHints | null): StationStructure[] {
  const suggested: StationStructure[] = [];
  if (hints?.workerLimit != null) suggested.push({ discipline: "fifo", serverCount: Math.round(hints.workerLimit) });
  // Less than one CPU follows the law of one with longer work.
  if (hints?.cpuLimit != null) suggested.push({ discipline: "ps", serverCount: Math.max(1, hints.cpuLimit) });
  return suggested;
}

/** Null when nothing was measured or nothing came. */
export function checkUtilization(
  structure: StationStructure,
  explainedCpus: number,
  measuredCpus: number,
): UtilizationCheck | null {
  if (!(explainedCpus > 0 && measuredCpus > 0)) return null;
  const logRatio = Math.log(measuredCpus / explainedCpus);
  const modelDiscrepancy = structure.discipline === "ps" ? logRatio : Math.max(0, logRatio);
  return { explainedCpus, measuredCpus, modelDiscrepancy };
}

function keyOf(service: string, instance: string): string {
  return `${service}\n${instance}`;
}

function takeLimits(readings: Readings, { name, value }: MetricPoint): void {
  if (CPU_LIMIT.has(name)) readings.cpuLimit = value;
  else if (CPU_COUNT.has(name)) readings.cpuCount = value;
  else if (WORKER_LIMIT.has(name) || WORKER_LIMIT_ENDINGS.some((ending) => name.endsWith(ending)))
    readings.workerLimit = value;
}

/** CPUs in use that the point tells, NaN when it tells none. */
function cpusOf(readings: Readings, point: MetricPoint): number {
  const { name, value } = point;
  if (CPU_USED.has(name)) return value;
  // A share of the CPUs there are; where their number is not told, exporters mean a share of one.
  if (CPU_SHARE.has(name)) return value * (readings.cpuCount ?? 1);
  if (!CPU_SECONDS.has(name) || IDLE_MODES.some((mode) => point.attributes.includes(mode))) return Number.NaN;
  return point.cumulative ? rateOf(readings, point) : Number.NaN;
}

/** Growth of a counter a second since it was last read; NaN the first time, and when it began anew. */
function rateOf({ counters }: Readings, { name, attributes, timeSeconds, value }: MetricPoint): number {
  const key = `${name} ${attributes}`;
  const before = counters.get(key);
  if (before === undefined && counters.size >= COUNTERS_PER_INSTANCE_MAX) return Number.NaN;
  counters.set(key, { timeSeconds, value });
  const isGrowth = before !== undefined && timeSeconds > before.timeSeconds && value >= before.value;
  return isGrowth ? (value - before.value) / (timeSeconds - before.timeSeconds) : Number.NaN;
}

function keepReadings(readings: Readings, byTime: ReadonlyMap<number, number>): void {
  for (const [time, cpus] of byTime) {
    readings.times.push(time);
    readings.cpus.push(cpus);
  }
  const excess = readings.times.length - READINGS_PER_INSTANCE_MAX;
  if (excess > 0) {
    readings.times.splice(0, excess);
    readings.cpus.splice(0, excess);
  }
}
