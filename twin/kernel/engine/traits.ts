// Bits of a station's traits, as in `CompiledNetwork`: its discipline, and what it needs besides the plain path.

export const FIFO: i32 = 0;
export const PS: i32 = 1;
export const DELAY: i32 = 2;
export const DISCIPLINE_MASK: i32 = 3;

/** A visit needs a server or worker, and waits for one in the accept queue. */
export const ADMITS: i32 = 4;
/** Its servers take several visits at once. */
export const BATCHES: i32 = 8;
/** Its balancing asks how many visits are present. */
export const COUNTS_PRESENT: i32 = 16;
/** Pauses or throttling make its work stand still. */
export const STALLS: i32 = 32;
