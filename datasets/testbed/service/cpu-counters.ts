import { readFileSync } from "node:fs";

/** CPU of this process since it started. */
export interface CpuCounters {
  /** User + system CPU time. */
  readonly cpuSeconds: number;
  /** How long its main thread was ready to run and had to wait for a CPU; null where the kernel does not tell. */
  readonly cpuWaitSeconds: number | null;
  /** How often it was given a CPU. */
  readonly timesliceCount: number;
}

/** The wait is Linux' own count of it (`/proc/self/schedstat`: nanoseconds run, nanoseconds waited, timeslices). */
export function readCpuCounters(): CpuCounters {
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  try {
    const [, waited, timeslices] = readFileSync("/proc/self/schedstat", "utf8").split(" ").map(Number);
    return { cpuSeconds, cpuWaitSeconds: waited! / 1e9, timesliceCount: timeslices! };
  } catch {
    return { cpuSeconds, cpuWaitSeconds: null, timesliceCount: 0 };
  }
}
