import { Call, Link, Queue } from "./entities";

// FIFO queues of calls, which can leave from the middle.

/** The first call of `queue`. */
export function firstOf(queue: Queue): Call | null {
  const head = queue.head;
  return head === null ? null : head.call;
}

export function push(queue: Queue, link: Link): void {
  insertAfter(queue, queue.tail, link);
}

/** Puts `link` behind `place`; null stands for the front. */
export function insertAfter(queue: Queue, place: Link | null, link: Link): void {
  const following = place === null ? queue.head : place.next;
  link.previous = place;
  link.next = following;
  if (place === null) queue.head = link;
  else place.next = link;
  if (following === null) queue.tail = link;
  else following.previous = link;
}

export function remove(queue: Queue, link: Link): void {
  const before = link.previous;
  const after = link.next;
  if (before === null) queue.head = after;
  else before.next = after;
  if (after === null) queue.tail = before;
  else after.previous = before;
}
