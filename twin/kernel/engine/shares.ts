import { nowSeconds } from "./calendar";
import { Replica, Visit } from "./entities";
import { ROUNDING_SECONDS, reachSeconds, stalledProgress, wake } from "./stalls";

// Processor sharing by virtual time: while n visits run on c servers each gets min(1, c/n) seconds of work a second, and
// a replica's virtual clock counts just that. A visit that comes at clock V with work w ends at V + w, whatever comes
// later, so the visits of a replica stand in a heap by that number and only its least needs an event.
//
// The heaps are pairing heaps (Fredman, Sedgewick, Sleator, Tarjan 1986) threaded through the visits.

let nextTurn: f64 = 0;

export function startShares(): void {
  nextTurn = 0;
}

/** `visit` starts with so much work. */
export function addShare(replica: Replica, visit: Visit, workSeconds: f64): void {
  advance(replica);
  visit.shareEnd = replica.clock + workSeconds;
  visit.shareTurn = nextTurn;
  nextTurn += 1;
  visit.child = null;
  visit.sibling = null;
  setRunning(replica, replica.running + 1);
  const top = replica.top;
  replica.top = top === null ? visit : meld(top, visit);
}

/** When the `top` of `replica` ends if none comes before. */
export function topEndSeconds(replica: Replica, top: Visit): f64 {
  advance(replica);
  const left = top.shareEnd - replica.clock;
  const stalls = replica.stalls;
  if (stalls !== null) {
    return left <= ROUNDING_SECONDS ? nowSeconds : reachSeconds(stalls, nowSeconds, left, replica.running);
  }
  return left <= 0 ? nowSeconds : nowSeconds + left / replica.rate;
}

/** Takes out the `top` of `replica`, which ends now: the clock was read just before, by `topEndSeconds`. */
export function removeTop(replica: Replica, top: Visit): void {
  const running = replica.running - 1;
  setRunning(replica, running);
  replica.top = meldChildren(top);
  // An idle replica starts from 0 again: a small clock keeps its precision.
  replica.clock = running === 0 ? 0 : top.shareEnd;
}

/** Moves the virtual clock of `replica`, and the work it has done, to `seconds`. */
export function advanceShares(replica: Replica, seconds: f64): void {
  const fromSeconds = replica.readAtSeconds;
  const running = replica.running;
  const stalls = replica.stalls;
  replica.readAtSeconds = seconds;
  if (running === 0) {
    if (stalls !== null) wake(stalls, seconds);
    return;
  }
  const progress =
    stalls !== null ? stalledProgress(stalls, fromSeconds, seconds, running) : (seconds - fromSeconds) * replica.rate;
  replica.clock += progress;
  replica.workedSeconds += progress * running;
}

function advance(replica: Replica): void {
  if (replica.readAtSeconds !== nowSeconds) advanceShares(replica, nowSeconds);
}

function setRunning(replica: Replica, running: f64): void {
  replica.running = running;
  replica.rate = running <= replica.serverCount ? 1 : replica.serverCount / running;
}

/** The earlier of two tops takes the other as its first child. */
function meld(a: Visit, b: Visit): Visit {
  const isAFirst = a.shareEnd < b.shareEnd || (a.shareEnd === b.shareEnd && a.shareTurn < b.shareTurn);
  const top = isAFirst ? a : b;
  const under = isAFirst ? b : a;
  under.sibling = top.child;
  top.child = under;
  return top;
}

/** Two passes: pairs from left to right, then the pairs from right to left. */
function meldChildren(top: Visit): Visit | null {
  let pairs: Visit | null = null;
  let at: Visit | null = top.child;
  while (at !== null) {
    const other = at.sibling;
    if (other === null) {
      at.sibling = pairs;
      pairs = at;
      break;
    }
    const rest = other.sibling;
    const pair = meld(at, other);
    pair.sibling = pairs;
    pairs = pair;
    at = rest;
  }
  if (pairs === null) return null;
  let heap: Visit = pairs;
  at = heap.sibling;
  while (at !== null) {
    const rest = at.sibling;
    heap = meld(heap, at);
    at = rest;
  }
  heap.sibling = null;
  return heap;
}
