import type { SimulatedVisits } from "../../twin/kernel/spec.ts";

/** Over the bits of all sojourn times in order of departure, low word first; `reference.cpp` has the same. */
export function checksumOf({ count, sojournSeconds }: SimulatedVisits): number {
  const bits = new DataView(sojournSeconds.buffer, sojournSeconds.byteOffset, 8 * count);
  let sum = 0;
  for (let at = 0; at < 8 * count; at += 4) sum = mix(sum ^ bits.getUint32(at, isLittleEndian));
  return sum >>> 0;
}

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
