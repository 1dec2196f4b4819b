import { type CompiledNetwork, STALLS } from "./compiled-network.ts";
import { stream } from "./random.ts";

/**
 * When a pause of a replica begins within its interval, or its first CPU period: a whole multiple of the interval after
 * this. Drawn once a run, by station and replica, so that replicas do not stand still together.
 */
export function phaseSeconds(
  seed: number,
  station: number,
  replicaOfStation: number,
  stall: "pause" | "throttle",
  intervalSeconds: number,
): number {
  return intervalSeconds * stream(seed, station, `${stall} phase ${replicaOfStation}`).nextUniform();
}

/** Work left that can only come from rounding; it must not wait for the next period. */
export const ROUNDING_SECONDS = 1e-12;

/**
 * How the work of a replica goes on through pauses and CPU bandwidth control. Between two changes (a pause begins or
 * ends, the quota is used up, a period ends) work goes on evenly or not at all, so time is walked through piece by piece.
 *
 * A job's progress is its seconds of work; `running` jobs on c servers make min(1, c / running) a second each, and use
 * min(c, running) CPU seconds of the quota.
 */
export class ServiceClock {
  readonly #serverCount: Float64Array;
  readonly #pauseInterval: Float64Array;
  readonly #pauseDuration: Float64Array;
  readonly #pausePhase: Float64Array;
  readonly #period: Float64Array;
  readonly #quota: Float64Array;
  readonly #periodPhase: Float64Array;
  /** The pause that is on or comes next, and the CPU period: numbers from their phase. */
  readonly #pause: Float64Array;
  readonly #cpuPeriod: Float64Array;
  readonly #used: Float64Array;
  // Where a walk stands; a look ahead walks on a copy.
  #walkPause = 0;
  #walkPeriod = 0;
  #walkUsed = 0;
  #walkProgress = 0;

  constructor(network: CompiledNetwork, seed: number) {
    const { replicaStation, replicaFirst, stationTraits } = network;
    const byReplica = (column: Float64Array) => Float64Array.from(replicaStation, (station) => column[station]!);
    const phases = (stall: "pause" | "throttle", intervals: Float64Array) =>
      Float64Array.from(replicaStation, (station, replica) => {
        const isUsed = (stationTraits[station]! & STALLS) !== 0 && intervals[station]! < Number.POSITIVE_INFINITY;
        return isUsed ? phaseSeconds(seed, station, replica - replicaFirst[station]!, stall, intervals[station]!) : 0;
      });
    this.#serverCount = byReplica(network.serverCount);
    this.#pauseInterval = byReplica(network.pauseIntervalSeconds);
    this.#pauseDuration = byReplica(network.pauseDurationSeconds);
    this.#pausePhase = phases("pause", network.pauseIntervalSeconds);
    this.#period = byReplica(network.throttlePeriodSeconds);
    this.#quota = byReplica(network.throttleQuotaSeconds);
    this.#periodPhase = phases("throttle", network.throttlePeriodSeconds);
    this.#pause = new Float64Array(replicaStation.length);
    this.#cpuPeriod = new Float64Array(replicaStation.length);
    this.#used = new Float64Array(replicaStation.length);
  }

  /** An idle replica gets its first job: pauses and periods that went by meanwhile are passed over. */
  wake(replica: number, nowSeconds: number): void {
    const interval = this.#pauseInterval[replica]!;
    if (interval < Number.POSITIVE_INFINITY) {
      let pause = Math.floor((nowSeconds - this.#pausePhase[replica]!) / interval);
      while (this.#pauseEnd(replica, pause) <= nowSeconds) pause++;
      this.#pause[replica] = pause;
    }
    const period = this.#period[replica]!;
    if (period < Number.POSITIVE_INFINITY) {
      let cpuPeriod = Math.floor((nowSeconds - this.#periodPhase[replica]!) / period);
      while (this.#periodEnd(replica, cpuPeriod) <= nowSeconds) cpuPeriod++;
      if (cpuPeriod !== this.#cpuPeriod[replica]) this.#used[replica] = 0;
      this.#cpuPeriod[replica] = cpuPeriod;
    }
  }

  /** Goes from one instant to a later one and gives the progress each of the `running` ≥ 1 jobs made. */
  advance(replica: number, fromSeconds: number, toSeconds: number, running: number): number {
    if (toSeconds <= fromSeconds) return 0;
    this.#startWalk(replica);
    this.#walk(replica, fromSeconds, toSeconds, Number.POSITIVE_INFINITY, running);
    this.#pause[replica] = this.#walkPause;
    this.#cpuPeriod[replica] = this.#walkPeriod;
    this.#used[replica] = this.#walkUsed;
    return this.#walkProgress;
  }

  /** When each of the `running` ≥ 1 jobs has made `progress` more, if none comes or goes. */
  reachSeconds(replica: number, fromSeconds: number, progress: number, running: number): number {
    this.#startWalk(replica);
    return this.#walk(replica, fromSeconds, Number.POSITIVE_INFINITY, progress, running);
  }

  #startWalk(replica: number): void {
    this.#walkPause = this.#pause[replica]!;
    this.#walkPeriod = this.#cpuPeriod[replica]!;
    this.#walkUsed = this.#used[replica]!;
    this.#walkProgress = 0;
  }

  /** Walks until the time is `toSeconds` or the progress made, whichever is first, and gives the time then. */
  #walk(replica: number, fromSeconds: number, toSeconds: number, progress: number, running: number): number {
    const servers = this.#serverCount[replica]!;
    const rate = running <= servers ? 1 : servers / running;
    const useRate = rate * running;
    const quota = this.#quota[replica]!;
    let at = fromSeconds;
    if (this.#period[replica] === Number.POSITIVE_INFINITY)
      at = this.#skipPauses(replica, at, toSeconds, progress, rate);
    for (;;) {
      if (progress - this.#walkProgress <= ROUNDING_SECONDS) return at;
      const changeSeconds = this.#passChanges(replica, at);
      const end = changeSeconds < toSeconds ? changeSeconds : toSeconds;
      if (this.#isStill(replica, at)) {
        if (end === toSeconds) return toSeconds;
        at = end;
        continue;
      }
      const spent = at + (quota - this.#walkUsed) / useRate;
      const done = at + (progress - this.#walkProgress) / rate;
      if (done <= end && done <= spent) return done;
      if (spent <= end) {
        this.#walkProgress += (quota - this.#walkUsed) / running;
        this.#walkUsed = quota;
        at = spent;
        if (at >= toSeconds) return toSeconds;
        continue;
      }
      this.#walkProgress += (end - at) * rate;
      this.#walkUsed += (end - at) * useRate;
      if (end === toSeconds) return toSeconds;
      at = end;
    }
  }

  /** Goes over whole intervals at once where nothing but pauses stops the work: all are alike, wherever they are cut. */
  #skipPauses(replica: number, fromSeconds: number, toSeconds: number, progress: number, rate: number): number {
    const interval = this.#pauseInterval[replica]!;
    const gain = (interval - this.#pauseDuration[replica]!) * rate;
    const whole = Math.floor(Math.min(progress / gain, (toSeconds - fromSeconds) / interval)) - 1;
    if (whole < 1) return fromSeconds;
    this.#walkPause += whole;
    this.#walkProgress += whole * gain;
    return fromSeconds + whole * interval;
  }

  /** Leaves the pause and the period that end now behind; when the next change after now comes. */
  #passChanges(replica: number, nowSeconds: number): number {
    let pauseChange = Number.POSITIVE_INFINITY;
    if (this.#pauseInterval[replica]! < Number.POSITIVE_INFINITY) {
      while (this.#pauseEnd(replica, this.#walkPause) <= nowSeconds) this.#walkPause++;
      const start = this.#pauseStart(replica, this.#walkPause);
      pauseChange = start > nowSeconds ? start : this.#pauseEnd(replica, this.#walkPause);
    }
    if (this.#period[replica]! === Number.POSITIVE_INFINITY) return pauseChange;
    while (this.#periodEnd(replica, this.#walkPeriod) <= nowSeconds) {
      this.#walkPeriod++;
      this.#walkUsed = 0;
    }
    const periodEnd = this.#periodEnd(replica, this.#walkPeriod);
    return periodEnd < pauseChange ? periodEnd : pauseChange;
  }

  #isStill(replica: number, nowSeconds: number): boolean {
    if (this.#walkUsed >= this.#quota[replica]!) return true;
    const isPaused = this.#pauseInterval[replica]! < Number.POSITIVE_INFINITY;
    return isPaused && this.#pauseStart(replica, this.#walkPause) <= nowSeconds;
  }

  #pauseStart(replica: number, pause: number): number {
    return this.#pausePhase[replica]! + pause * this.#pauseInterval[replica]!;
  }

  #pauseEnd(replica: number, pause: number): number {
    return this.#pauseStart(replica, pause) + this.#pauseDuration[replica]!;
  }

  #periodEnd(replica: number, period: number): number {
    return this.#periodPhase[replica]! + (period + 1) * this.#period[replica]!;
  }
}
