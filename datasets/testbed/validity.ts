import type { Usage } from "./usage.ts";

/** Whether what was measured says something about the shop, or only about an overloaded machine. */
export interface Validity {
  readonly isValid: boolean;
  readonly bottleneck: string;
  readonly bottleneckUtilization: number;
  readonly hostCpuShare: number;
  readonly cpuWaitSeconds: number | null;
  /** Why not; empty when valid. */
  readonly reasons: readonly string[];
}

/** At and above this share of the machine, the machine is what is slow: unless the shop is served first. */
export const HOST_CPU_LIMIT = 0.7;
/**
 * On a machine that is busier the shop still goes undisturbed when its processes wait less than this for a CPU each time
 * they want one, because all others run at a lower priority: half the grain of the timers its work is made of.
 */
export const CPU_WAIT_LIMIT_SECONDS = 0.0005;
/** A surge that brings the bottleneck less than this far tests nothing. */
export const SURGE_UTILIZATION_FLOOR = 0.8;

/**
 * Judges one phase of a run. Always: the machine below its limit (or not waited for) and no arrival dropped. For a
 * surge (`isSurge`) also: the shop's bottleneck really came near its own limit.
 */
export function judgeValidity(usage: Usage, bottleneck: string, isSurge: boolean): Validity {
  const bottleneckUtilization = usage.utilization[bottleneck] ?? 0;
  const reasons: string[] = [];
  const { hostCpuShare, cpuWaitSeconds } = usage;
  const isServedFirst = cpuWaitSeconds !== null && cpuWaitSeconds < CPU_WAIT_LIMIT_SECONDS;
  if (!(hostCpuShare < HOST_CPU_LIMIT || isServedFirst)) {
    const wait = cpuWaitSeconds === null ? "" : ` and let the shop wait ${(cpuWaitSeconds * 1e6).toFixed(0)} µs a turn`;
    reasons.push(`the machine was busy ${percent(hostCpuShare)}${wait}, the limit is ${percent(HOST_CPU_LIMIT)}`);
  }
  if (usage.entry.dropped > 0) reasons.push(`${usage.entry.dropped} arrivals were dropped`);
  if (isSurge && !(bottleneckUtilization >= SURGE_UTILIZATION_FLOOR)) {
    reasons.push(
      `${bottleneck} reached ${percent(bottleneckUtilization)} of its limit, a surge needs ${percent(SURGE_UTILIZATION_FLOOR)}`,
    );
  }
  return {
    isValid: reasons.length === 0,
    bottleneck,
    bottleneckUtilization,
    hostCpuShare,
    cpuWaitSeconds,
    reasons,
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
