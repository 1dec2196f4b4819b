import { Replica } from "./entities";
import { columns, replicaAt } from "./network";
import { advanceShares } from "./shares";
import { DELAY, DISCIPLINE_MASK, FIFO, PS } from "./traits";
import { visitAt, visitCount } from "./visits";

/** What was held before is not counted. */
let startSeconds: f64 = -Infinity;

// Server seconds used: at FIFO stations held, at delay stations worked; those at PS stations are known by their clocks.

export function startBusyServers(): void {
  startSeconds = -Infinity;
}

export function countFrom(seconds: f64): void {
  startSeconds = seconds;
}

/** A server was held from `sinceSeconds` until `untilSeconds`. */
export function countHeld(replica: Replica, sinceSeconds: f64, untilSeconds: f64): void {
  const from = sinceSeconds < startSeconds ? startSeconds : sinceSeconds;
  replica.busySeconds = replica.busySeconds + untilSeconds - from;
}

export function countWorked(replica: Replica, workSeconds: f64): void {
  replica.busySeconds += workSeconds;
}

/** Adds what visits that are still open have used so far, and the work of shared servers. */
export function countRest(endSeconds: f64): void {
  for (let number = 0; number < visitCount(); number++) {
    const visit = visitAt(number);
    // Those that wait for a server, and those that share one with the first of their batch, have not begun.
    if (visit.isOpen === 0 || visit.segment < 0) continue;
    const discipline = visit.operation.traits & DISCIPLINE_MASK;
    if (discipline === FIFO) countHeld(visit.replica, visit.arrivalSeconds + visit.waitingSeconds, endSeconds);
    // It may begin later, when the last answer is back.
    if (discipline === DELAY && visit.pending === 0)
      countWorked(visit.replica, max<f64>(0, endSeconds - visit.segmentStartSeconds));
  }
  for (let number = 0; number < columns.replicaCount; number++) {
    const replica = replicaAt(number);
    if ((replica.station.traits & DISCIPLINE_MASK) !== PS) continue;
    advanceShares(replica, endSeconds);
    countWorked(replica, replica.workedSeconds);
  }
}
