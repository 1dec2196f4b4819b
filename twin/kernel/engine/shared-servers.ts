import { schedule } from "./agenda";
import { nowSeconds } from "./calendar";
import { Replica, Visit } from "./entities";
import { END_SHARE } from "./events";
import { addShare, removeTop, topEndSeconds } from "./shares";

// Segments at PS stations, and the events that look for their end.

/** A visit has `workSeconds` left of a segment it started at its `segmentStartSeconds`. */
export function share(visit: Visit, workSeconds: f64): void {
  addShare(visit.replica, visit, workSeconds);
  awaitTop(visit.replica);
}

/**
 * The event END_SHARE: gives whether the visit has finished its segment, of `workSeconds` in all. If so, what sharing
 * added is waiting.
 */
export function endsShare(visit: Visit, workSeconds: f64): bool {
  const replica = visit.replica;
  visit.isAwaited = 0;
  if (replica.top !== visit) return false;
  if (topEndSeconds(replica, visit) > nowSeconds) {
    awaitTop(replica);
    return false;
  }
  removeTop(replica, visit);
  const sharedSeconds = nowSeconds - visit.segmentStartSeconds - workSeconds;
  if (sharedSeconds > 0) visit.waitingSeconds += sharedSeconds;
  awaitTop(replica);
  return true;
}

/**
 * Sets an event for the next end at `replica`. An event set when that visit was next before still stands: visits that
 * came since only moved its end back, so it comes too early at worst, and looks again.
 */
function awaitTop(replica: Replica): void {
  const top = replica.top;
  if (top === null || top.isAwaited === 1) return;
  top.isAwaited = 1;
  schedule(topEndSeconds(replica, top), changetype<i32>(top) | END_SHARE);
}
