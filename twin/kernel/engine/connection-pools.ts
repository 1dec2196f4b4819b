import { Call, Connections, Pool, Replica } from "./entities";
import { entityAt } from "./memory";
import { firstOf, push, remove } from "./queues";

// Connections of each pool at each replica of its station, with a FIFO queue of calls in front.

/** Takes a connection for `call` from a pool of its caller's replica; false, and the call queues, when none is free. */
export function takeConnection(pool: Pool, call: Call): bool {
  const connections = connectionsAt(pool, call.caller.replica);
  if (connections.free > 0) {
    connections.free -= 1;
    return true;
  }
  push(connections.waiting, call.inWaiting);
  return false;
}

/** A call holds a connection from before the run, even one more than there are. */
export function holdConnection(pool: Pool, replica: Replica): void {
  connectionsAt(pool, replica).free -= 1;
}

/** Gives a connection back: it goes to the call given back, or to nobody. */
export function releaseConnection(pool: Pool, replica: Replica): Call | null {
  const connections = connectionsAt(pool, replica);
  // Below 0 more calls came into the run with a connection than there are.
  const call: Call | null = connections.free < 0 ? null : firstOf(connections.waiting);
  if (call === null) connections.free += 1;
  else remove(connections.waiting, call.inWaiting);
  return call;
}

/** `call` waits no longer. */
export function leaveQueue(pool: Pool, call: Call): void {
  remove(connectionsAt(pool, call.caller.replica).waiting, call.inWaiting);
}

function connectionsAt(pool: Pool, replica: Replica): Connections {
  const first = changetype<usize>(pool.firstConnections);
  return entityAt<Connections>(first, replica.number);
}
