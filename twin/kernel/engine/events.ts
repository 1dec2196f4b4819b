// What an event is about, in its three lowest bits; the rest is where the visit, the call or the edge stands.

/** A visit reaches its station. */
export const ARRIVE: i32 = 0;
/** A visit has finished a segment on a server of its own. */
export const END_SEGMENT: i32 = 1;
/** The same at a delay station. */
export const END_DELAY: i32 = 2;
/** A visit starts a segment on shared servers. */
export const BEGIN_SHARE: i32 = 3;
/** The visit that is first to finish at a shared station may have finished. */
export const END_SHARE: i32 = 4;
/** The answer of a guarded call reaches its caller. */
export const ANSWER: i32 = 5;
/** A guarded call is attempted again. */
export const RETRY: i32 = 6;
/** The attempts along an edge that are oldest may have waited too long. */
export const TIMEOUT: i32 = 7;

export const KIND_MASK: i32 = 7;
