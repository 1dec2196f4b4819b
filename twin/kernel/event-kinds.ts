// What an event is about, in its three lowest bits; the rest is the number of a visit, a call or an edge.

/** A visit reaches its station. */
export const ARRIVE = 0;
/** A visit has finished a segment on a server of its own. */
export const END_SEGMENT = 1;
/** The same at a delay station. */
export const END_DELAY = 2;
/** A visit starts a segment on shared servers. */
export const BEGIN_SHARE = 3;
/** The visit that is first to finish at a shared station may have finished. */
export const END_SHARE = 4;
/** The answer of a guarded call reaches its caller. */
export const ANSWER = 5;
/** A guarded call is attempted again. */
export const RETRY = 6;
/** The attempts along an edge that are oldest may have waited too long. */
export const TIMEOUT = 7;

export const KIND_BITS = 3;
export const KIND_MASK = 7;
