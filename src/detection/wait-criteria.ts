import type { WaitReason } from "../contracts/api.ts";

/** A visit that an operation is judged by. */
export interface JudgedVisit {
  readonly arrivalSeconds: number;
  readonly seconds: number;
  /** Its own, not waiting for calls. */
  readonly selfSeconds: number;
  readonly isError: boolean;
  readonly isRoot: boolean;
}

/** What was gathered of one operation: a few visits of each of several windows, in order of their windows. */
export interface JudgedOperation {
  readonly name: string;
  /** True where messages come from: a queue, or what a message sent earlier leads to. */
  readonly isMessaging: boolean;
  readonly visits: readonly JudgedVisit[];
  /** Mean of `process.cpu.utilization` of its service in those windows; NaN without that metric. */
  readonly cpuUtilization: number;
  /** Visits under way at once, by Little's law. */
  readonly inFlight: number;
}

export interface FoundWait {
  readonly reason: WaitReason;
  readonly detail: string;
}

/** Limits that people write into configurations, in seconds. Shorter ones cannot be told from work. */
const ROUND_SECONDS = [
  1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 55, 60, 90, 100, 120, 180, 240, 300, 600, 900,
];
const LIMIT_TOLERANCE = 0.02;
/** Share of visits at one limit; so it must be in each third of those judged, or it has not been so from the beginning. */
const AT_LIMIT_SHARE_MIN = 0.5;
/** Timeouts of something broken end in errors; a wait that ends is a success. */
const ERROR_SHARE_MAX = 0.05;
const RECEIVE_WORDS = new Set(["receive", "poll"]);
const HELD_OPEN_SECONDS = 10;
const HELD_OPEN_SELF_SHARE = 0.9;
const HELD_OPEN_SPREAD = 3;
/** Four visits that compute would use more than a twentieth of any machine of up to 64 CPUs. */
const HELD_OPEN_IN_FLIGHT = 4;
const IDLE_UTILIZATION = 0.05;
const SCHEDULE_SECONDS = 30;
const SCHEDULE_TOLERANCE = 0.05;
/** A run of a job is no short request: those are probes, whose duration tells of health. */
const JOB_SECONDS = 1;

/** Messages are waited for by definition: its duration tells how seldom they come. */
export function receivesMessages({ name, isMessaging }: JudgedOperation): FoundWait | null {
  const word = name.split(" ", 1)[0]!.toLowerCase();
  return isMessaging && RECEIVE_WORDS.has(word)
    ? { reason: "messaging-receive", detail: "receives messages: it takes as long as none comes" }
    : null;
}

/** Long poll, blocking pop: most visits end within 2 % of the same round duration, and not as errors. */
export function endsAtLimit({ visits }: JudgedOperation): FoundWait | null {
  const durations = visits.map(({ seconds }) => seconds);
  if (visits.filter(({ isError }) => isError).length > ERROR_SHARE_MAX * visits.length) {
    return null;
  }
  const third = Math.floor(durations.length / 3);
  const thirds = [durations.slice(0, third), durations.slice(third, 2 * third), durations.slice(2 * third)];
  const limit = ROUND_SECONDS.find((seconds) => thirds.every((each) => shareAt(each, seconds) >= AT_LIMIT_SHARE_MIN));
  if (limit === undefined) {
    return null;
  }
  const share = (100 * shareAt(durations, limit)).toFixed(0);
  return { reason: "fixed-limit", detail: `${share} % of its visits end within 2 % of ${limit} s` };
}

/** Streaming: open for long and for very different times, alone, while the CPU of its service idles. */
export function isHeldOpen({ visits, cpuUtilization, inFlight }: JudgedOperation): FoundWait | null {
  const sorted = visits.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  const selfShare = sum(visits.map(({ selfSeconds }) => selfSeconds)) / sum(sorted);
  const isLong = at(0.5) >= HELD_OPEN_SECONDS && at(0.9) >= HELD_OPEN_SPREAD * at(0.1);
  const isIdle = inFlight >= HELD_OPEN_IN_FLIGHT && cpuUtilization < IDLE_UTILIZATION;
  if (!isLong || !isIdle || selfShare < HELD_OPEN_SELF_SHARE) {
    return null;
  }
  const use = (100 * cpuUtilization).toFixed(1);
  return {
    reason: "held-open",
    detail: `${inFlight.toFixed(0)} visits open at once, ${at(0.5).toFixed(0)} s each, with ${use} % of the CPU in use`,
  };
}

/** Batch: runs that nobody calls and that begin at fixed intervals. */
export function isScheduled({ visits }: JudgedOperation): FoundWait | null {
  const ordered = visits.map(({ arrivalSeconds }) => arrivalSeconds).sort((a, b) => a - b);
  const gaps = ordered.slice(1).map((arrival, i) => arrival - ordered[i]!);
  const interval = medianOf(gaps);
  const isRegular = gaps.every((gap) => Math.abs(gap - interval) <= SCHEDULE_TOLERANCE * interval);
  const isJob = visits.every(({ isRoot }) => isRoot) && medianOf(visits.map(({ seconds }) => seconds)) >= JOB_SECONDS;
  return isRegular && isJob && interval >= SCHEDULE_SECONDS
    ? { reason: "scheduled", detail: `begins every ${interval.toFixed(0)} s, called by nobody` }
    : null;
}

function shareAt(durations: readonly number[], limit: number): number {
  return durations.filter((each) => Math.abs(each - limit) <= LIMIT_TOLERANCE * limit).length / durations.length;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
