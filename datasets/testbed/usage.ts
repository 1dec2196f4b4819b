import { cpus } from "node:os";
import type { MemberCounters } from "./fleet.ts";
import type { EntryCounters } from "./load-generator.ts";

/** Everything counted up to one moment; two of them make a `Usage`. */
export interface UsageSnapshot {
  /** Unix seconds. */
  readonly atSeconds: number;
  /** CPU time of the whole machine, all cores, milliseconds. */
  readonly hostBusyMilliseconds: number;
  readonly hostIdleMilliseconds: number;
  readonly members: readonly MemberCounters[];
  readonly entry: EntryCounters;
}

/** What happened between two snapshots. */
export interface Usage {
  readonly seconds: number;
  /** Share of all cores of the machine that was busy, by whomever, in [0, 1]. */
  readonly hostCpuShare: number;
  /** The part of it that the shop's own processes took. */
  readonly shopCpuShare: number;
  /** Mean wait of the shop's processes for a CPU each time they wanted one; null where the kernel does not tell. */
  readonly cpuWaitSeconds: number | null;
  /** Slots held × time / slots there × time, by station (`pricing/workers`), pooled over replicas. */
  readonly utilization: Readonly<Record<string, number>>;
  /** Visits by station per second. */
  readonly visitsPerSecond: Readonly<Record<string, number>>;
  /** Waiting now, by station; only those above 0. */
  readonly waiting: Readonly<Record<string, number>>;
  readonly entry: EntryCounters;
}

export function takeSnapshot(members: readonly MemberCounters[], entry: EntryCounters): UsageSnapshot {
  let hostBusyMilliseconds = 0;
  let hostIdleMilliseconds = 0;
  for (const { times } of cpus()) {
    hostBusyMilliseconds += times.user + times.nice + times.sys + times.irq;
    hostIdleMilliseconds += times.idle;
  }
  return { atSeconds: Date.now() / 1000, hostBusyMilliseconds, hostIdleMilliseconds, members, entry };
}

interface StationSum {
  busySeconds: number;
  offeredSeconds: number;
  served: number;
  waiting: number;
}

/** Subtracts two snapshots. A process that was started in between counts from its start. */
export function usageBetween(before: UsageSnapshot, after: UsageSnapshot): Usage {
  const seconds = after.atSeconds - before.atSeconds;
  const sums = new Map<string, StationSum>();
  let cpuSeconds = 0;
  let cpuWaitSeconds: number | null = 0;
  let timesliceCount = 0;
  for (const { member, pid, counters } of after.members) {
    const earlier = before.members.find((candidate) => candidate.member === member && candidate.pid === pid)?.counters;
    cpuSeconds += counters.cpuSeconds - (earlier?.cpuSeconds ?? 0);
    timesliceCount += counters.timesliceCount - (earlier?.timesliceCount ?? 0);
    if (counters.cpuWaitSeconds === null) cpuWaitSeconds = null;
    else if (cpuWaitSeconds !== null) cpuWaitSeconds += counters.cpuWaitSeconds - (earlier?.cpuWaitSeconds ?? 0);
    for (const pool of counters.pools) {
      const station = `${member.replace(/-\d+$/, "")}/${pool.name}`;
      const earlierPool = earlier?.pools.find((candidate) => candidate.name === pool.name);
      const sum = sums.get(station) ?? { busySeconds: 0, offeredSeconds: 0, served: 0, waiting: 0 };
      sum.busySeconds += pool.busySeconds - (earlierPool?.busySeconds ?? 0);
      sum.offeredSeconds += pool.offeredSeconds - (earlierPool?.offeredSeconds ?? 0);
      sum.served += pool.served - (earlierPool?.served ?? 0);
      sum.waiting += pool.waiting;
      sums.set(station, sum);
    }
  }
  const hostBusy = after.hostBusyMilliseconds - before.hostBusyMilliseconds;
  const hostAll = hostBusy + after.hostIdleMilliseconds - before.hostIdleMilliseconds;
  const coreSeconds = Math.max(1e-9, seconds * cpus().length);
  const rounded = (pick: (sum: StationSum) => number) =>
    Object.fromEntries([...sums].map(([station, sum]) => [station, round(pick(sum))]));
  return {
    seconds: round(seconds),
    hostCpuShare: round(hostAll > 0 ? hostBusy / hostAll : 0),
    shopCpuShare: round(cpuSeconds / coreSeconds),
    cpuWaitSeconds: cpuWaitSeconds === null || timesliceCount === 0 ? null : cpuWaitSeconds / timesliceCount,
    utilization: rounded((sum) => (sum.offeredSeconds > 0 ? sum.busySeconds / sum.offeredSeconds : 0)),
    visitsPerSecond: rounded((sum) => sum.served / Math.max(1e-9, seconds)),
    waiting: Object.fromEntries(
      [...sums].filter(([, sum]) => sum.waiting > 0).map(([station, sum]) => [station, sum.waiting]),
    ),
    entry: {
      sent: after.entry.sent - before.entry.sent,
      answered: after.entry.answered - before.entry.answered,
      failed: after.entry.failed - before.entry.failed,
      dropped: after.entry.dropped - before.entry.dropped,
    },
  };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
