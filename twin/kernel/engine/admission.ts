import { nowSeconds } from "./calendar";
import { Replica, Visit } from "./entities";

/** What becomes of a visit at the door of a replica. */
export const ADMITTED: i32 = 0;
export const QUEUED: i32 = 1;
export const REFUSED: i32 = 2;

/** A visit comes to its replica: it gets a server, waits for one, or finds the queue full. */
export function admit(visit: Visit): i32 {
  const replica = visit.replica;
  if (replica.free > 0) {
    replica.free -= 1;
    return ADMITTED;
  }
  if (<f64>replica.queueLength >= replica.queueCapacity) return REFUSED;
  enqueue(replica, visit);
  return QUEUED;
}

/** A visit holds a server from before the run, even one more than there are. */
export function holdServer(replica: Replica): void {
  replica.free -= 1;
}

/** A visit from before the run that has no server yet: it gets one, or waits (false) whatever the queue's limit. */
export function resumeAtDoor(visit: Visit): bool {
  const replica = visit.replica;
  const hasServer = replica.free > 0;
  if (hasServer) replica.free -= 1;
  else enqueue(replica, visit);
  return hasServer;
}

/** A server falls free: it goes to the visit given back, or to nobody. */
export function releaseServer(replica: Replica): Visit | null {
  // Below 0 more visits came into the run with a server than there are.
  const visit: Visit | null = replica.free < 0 ? null : dequeue(replica);
  if (visit === null) replica.free += 1;
  return visit;
}

/** Others that wait join `first`, which has just got a server, until they are `sizeMax`. */
export function joinBatch(first: Visit, sizeMax: i32): void {
  let last = first;
  for (let size = 1; size < sizeMax; size++) {
    const other = dequeue(first.replica);
    last.next = other;
    if (other === null) return;
    other.waitingSeconds = nowSeconds - other.arrivalSeconds;
    last = other;
  }
  last.next = null;
}

function enqueue(replica: Replica, visit: Visit): void {
  const tail = replica.queueTail;
  visit.next = null;
  if (tail === null) replica.queueHead = visit;
  else tail.next = visit;
  replica.queueTail = visit;
  replica.queueLength += 1;
}

function dequeue(replica: Replica): Visit | null {
  const visit = replica.queueHead;
  if (visit === null) return null;
  const following = visit.next;
  replica.queueHead = following;
  if (following === null) replica.queueTail = null;
  replica.queueLength -= 1;
  return visit;
}
