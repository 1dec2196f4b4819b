import { drawReplicaByWeight } from "./draws";
import { Replica, Station } from "./entities";
import { columns, real, replicaAt } from "./network";

/** As in `CompiledNetwork`; otherwise the better of two. */
const LEAST_OUTSTANDING: i32 = 3;

/** The replica that the next visit of `station` goes to, by how many are present; it is present there from now on. */
export function enterByPresence(station: Station): Replica {
  const replica = station.balancing === LEAST_OUTSTANDING ? leastOutstanding(station) : betterOfTwo(station);
  replica.present += 1;
  return replica;
}

/** Ties go to the first; a replica of weight 0 gets nothing. */
function leastOutstanding(station: Station): Replica {
  let best: Replica | null = null;
  let cumulative: f64 = 0;
  for (let index = 0; index < station.replicaCount; index++) {
    const number = station.firstReplicaNumber + index;
    const before = cumulative;
    cumulative = real(columns.replicaCumulative, number);
    if (cumulative === before) continue;
    const replica = replicaAt(number);
    if (best === null || replica.present < best.present) best = replica;
  }
  return best!;
}

/** Of two drawn by weight, one after the other, so they may be the same; ties go to the one drawn first. */
function betterOfTwo(station: Station): Replica {
  const one = drawReplicaByWeight(station);
  const other = drawReplicaByWeight(station);
  return other.present < one.present ? other : one;
}
