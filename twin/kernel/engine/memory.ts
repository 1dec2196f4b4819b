import { OUT_OF_MEMORY } from "./failures";
import { fail } from "./host";

const LINE_BYTES: usize = 64;
const PAGE_BYTES: usize = 65536;

/** All before is in use. */
let endOfUse: usize = 0;

/** Takes `bytes`, all 0, at the beginning of a cache line. Nothing is given back but by `release`. */
export function allocate(bytes: usize): usize {
  if (endOfUse === 0) endOfUse = aligned(__heap_base);
  const at = endOfUse;
  const end = aligned(at + bytes);
  const missing = <isize>end - <isize>(<usize>memory.size() * PAGE_BYTES);
  if (missing > 0 && memory.grow(<i32>((<usize>missing + PAGE_BYTES - 1) / PAGE_BYTES)) < 0) {
    fail(OUT_OF_MEMORY, <f64>bytes);
  }
  endOfUse = end;
  memory.fill(at, 0, end - at);
  return at;
}

/** Takes room for `count` entities side by side. */
export function allocateMany<T>(count: i32): usize {
  return allocate(<usize>count * sizeOf<T>());
}

/** From one entity to the next: each begins where a real number may. */
export function sizeOf<T>(): usize {
  return (offsetof<T>() + 7) & ~7;
}

/** Entity `number` of those side by side from `first`. */
export function entityAt<T>(first: usize, number: i32): T {
  return changetype<T>(first + <usize>number * sizeOf<T>());
}

/** Where the next piece will be. */
export function mark(): usize {
  return endOfUse;
}

/** Gives back all that was taken since the mark. */
export function release(toMark: usize): void {
  endOfUse = toMark;
}

function aligned(at: usize): usize {
  return (at + LINE_BYTES - 1) & ~(LINE_BYTES - 1);
}
