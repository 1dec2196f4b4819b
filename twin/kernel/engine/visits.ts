import { Operation, Visit } from "./entities";
import { allocate, allocateMany, entityAt } from "./memory";

const VISITS_AT_ONCE: i32 = 1024;

/** Visits under way. */
export let openCount: i32 = 0;

let limit: i32 = 0;
let used: i32 = 0;
let free: Visit | null = null;
/** Where each thousand of visits begins, one behind the other. */
let pages: usize = 0;

export function startVisits(maxOpenVisits: i32): void {
  limit = maxOpenVisits;
  used = 0;
  openCount = 0;
  free = null;
  pages = allocate((<usize>((maxOpenVisits + VISITS_AT_ONCE - 1) / VISITS_AT_ONCE)) << 2);
}

/** A visit of `operation`; null when the limit is reached. */
export function openVisit(operation: Operation, root: i32, parent: Visit | null, depth: i32): Visit | null {
  let visit = free;
  if (visit !== null) {
    free = visit.next;
  } else {
    if (used === limit) return null;
    visit = visitAt(used);
    used += 1;
  }
  openCount += 1;
  visit.operation = operation;
  visit.root = root;
  visit.parent = parent;
  visit.madeFor = null;
  visit.depth = depth;
  visit.segment = -1;
  visit.pending = 0;
  visit.waitingSeconds = 0;
  visit.isOpen = 1;
  return visit;
}

export function closeVisit(visit: Visit): void {
  visit.isOpen = 0;
  visit.next = free;
  free = visit;
  openCount -= 1;
}

/** How many visits there have been at once; those of a number below can be looked at. */
export function visitCount(): i32 {
  return used;
}

export function visitAt(number: i32): Visit {
  const page = pages + ((<usize>(number / VISITS_AT_ONCE)) << 2);
  const index = number % VISITS_AT_ONCE;
  if (index === 0 && load<usize>(page) === 0) store<usize>(page, allocateMany<Visit>(VISITS_AT_ONCE));
  return entityAt<Visit>(load<usize>(page), index);
}
