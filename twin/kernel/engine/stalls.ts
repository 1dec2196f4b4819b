import { Stalls } from "./entities";

/** Work left that can only come from rounding; it must not wait for the next period. */
export const ROUNDING_SECONDS: f64 = 1e-12;

// How the work of a replica goes on through pauses and CPU bandwidth control. Between two changes (a pause begins or
// ends, the quota is used up, a period ends) work goes on evenly or not at all, so time is walked through piece by piece.
//
// A visit's progress is its seconds of work; `running` visits on c servers make min(1, c / running) a second each, and
// use min(c, running) CPU seconds of the quota.

// Where a walk stands; a look ahead walks on a copy.
let walkPause: f64 = 0;
let walkPeriod: f64 = 0;
let walkUsed: f64 = 0;
let walkProgress: f64 = 0;

/** An idle replica gets its first visit: pauses and periods that went by meanwhile are passed over. */
export function wake(stalls: Stalls, nowSeconds: f64): void {
  if (stalls.pauseIntervalSeconds < Infinity) {
    let pause = floor<f64>((nowSeconds - stalls.pausePhaseSeconds) / stalls.pauseIntervalSeconds);
    while (pauseEnd(stalls, pause) <= nowSeconds) pause += 1;
    stalls.pause = pause;
  }
  if (stalls.periodSeconds < Infinity) {
    let period = floor<f64>((nowSeconds - stalls.periodPhaseSeconds) / stalls.periodSeconds);
    while (periodEnd(stalls, period) <= nowSeconds) period += 1;
    if (period !== stalls.period) stalls.usedSeconds = 0;
    stalls.period = period;
  }
}

/** Goes from one instant to a later one and gives the progress each of the `running` ≥ 1 visits made. */
export function stalledProgress(stalls: Stalls, fromSeconds: f64, toSeconds: f64, running: f64): f64 {
  if (toSeconds <= fromSeconds) return 0;
  startWalk(stalls);
  walk(stalls, fromSeconds, toSeconds, Infinity, running);
  stalls.pause = walkPause;
  stalls.period = walkPeriod;
  stalls.usedSeconds = walkUsed;
  return walkProgress;
}

/** When each of the `running` ≥ 1 visits has made `progress` more, if none comes or goes. */
export function reachSeconds(stalls: Stalls, fromSeconds: f64, progress: f64, running: f64): f64 {
  startWalk(stalls);
  return walk(stalls, fromSeconds, Infinity, progress, running);
}

function startWalk(stalls: Stalls): void {
  walkPause = stalls.pause;
  walkPeriod = stalls.period;
  walkUsed = stalls.usedSeconds;
  walkProgress = 0;
}

/** Walks until the time is `toSeconds` or the progress made, whichever is first, and gives the time then. */
function walk(stalls: Stalls, fromSeconds: f64, toSeconds: f64, progress: f64, running: f64): f64 {
  const rate: f64 = running <= stalls.serverCount ? 1 : stalls.serverCount / running;
  const useRate = rate * running;
  const quota = stalls.quotaSeconds;
  let at = fromSeconds;
  if (stalls.periodSeconds === Infinity) at = skipPauses(stalls, at, toSeconds, progress, rate);
  while (true) {
    if (progress - walkProgress <= ROUNDING_SECONDS) return at;
    const changeSeconds = passChanges(stalls, at);
    const end = changeSeconds < toSeconds ? changeSeconds : toSeconds;
    if (isStill(stalls, at)) {
      if (end === toSeconds) return toSeconds;
      at = end;
      continue;
    }
    const spent = at + (quota - walkUsed) / useRate;
    const done = at + (progress - walkProgress) / rate;
    if (done <= end && done <= spent) return done;
    if (spent <= end) {
      walkProgress += (quota - walkUsed) / running;
      walkUsed = quota;
      at = spent;
      if (at >= toSeconds) return toSeconds;
      continue;
    }
    walkProgress += (end - at) * rate;
    walkUsed += (end - at) * useRate;
    if (end === toSeconds) return toSeconds;
    at = end;
  }
}

/** Goes over whole intervals at once where nothing but pauses stops the work: all are alike, wherever they are cut. */
function skipPauses(stalls: Stalls, fromSeconds: f64, toSeconds: f64, progress: f64, rate: f64): f64 {
  const interval = stalls.pauseIntervalSeconds;
  const gain = (interval - stalls.pauseDurationSeconds) * rate;
  const whole = floor<f64>(min<f64>(progress / gain, (toSeconds - fromSeconds) / interval)) - 1;
  if (!(whole >= 1)) return fromSeconds;
  walkPause += whole;
  walkProgress += whole * gain;
  return fromSeconds + whole * interval;
}

/** Leaves the pause and the period that end now behind; when the next change after now comes. */
function passChanges(stalls: Stalls, nowSeconds: f64): f64 {
  let pauseChange: f64 = Infinity;
  if (stalls.pauseIntervalSeconds < Infinity) {
    while (pauseEnd(stalls, walkPause) <= nowSeconds) walkPause += 1;
    const start = pauseStart(stalls, walkPause);
    pauseChange = start > nowSeconds ? start : pauseEnd(stalls, walkPause);
  }
  if (stalls.periodSeconds === Infinity) return pauseChange;
  while (periodEnd(stalls, walkPeriod) <= nowSeconds) {
    walkPeriod += 1;
    walkUsed = 0;
  }
  return min<f64>(periodEnd(stalls, walkPeriod), pauseChange);
}

function isStill(stalls: Stalls, nowSeconds: f64): bool {
  if (walkUsed >= stalls.quotaSeconds) return true;
  return stalls.pauseIntervalSeconds < Infinity && pauseStart(stalls, walkPause) <= nowSeconds;
}

function pauseStart(stalls: Stalls, pause: f64): f64 {
  return stalls.pausePhaseSeconds + pause * stalls.pauseIntervalSeconds;
}

function pauseEnd(stalls: Stalls, pause: f64): f64 {
  return pauseStart(stalls, pause) + stalls.pauseDurationSeconds;
}

function periodEnd(stalls: Stalls, period: f64): f64 {
  return stalls.periodPhaseSeconds + (period + 1) * stalls.periodSeconds;
}
