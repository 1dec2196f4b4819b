/** A seeded stream of numbers in [0, 1). */
export type SeededStream = () => number;

/**
 * Splitmix with 32 bits of state: a Weyl sequence through an avalanche. Good enough for alarms by chance,
 * not for simulation. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 *
 * @param drawn numbers that were drawn of it before
 */
export function createSeededStream(seed: number, drawn = 0): SeededStream {
  let state = (seed + Math.imul(drawn, 0x9e3779b9)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
