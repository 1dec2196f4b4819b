import { crc32 } from "node:zlib";

/** Tells bodies apart: equal bodies have equal ones, and different bodies of one length do not but once in 2⁶⁴. */
export interface Fingerprint {
  /** CRC-32 of all bytes; also the checksum of the body in the journal. */
  readonly crc: number;
  /** A second, unrelated number over samples of the bytes. */
  readonly mix: number;
  readonly byteCount: number;
}

/** Up to this many bytes every word is a sample. */
const WHOLE_BYTES = 4096;
/** Of longer bodies one word in so many bytes: a span of some 600 bytes gives nine, a body hundreds that hit its ids. */
const STRIDE_BYTES = 64;

/**
 * A checksum alone would take two of a few million different bodies for the same; a cryptographic hash costs half a
 * microsecond a span. CRC-32 is needed anyway, and the samples cost a fiftieth of it.
 */
export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  const { length } = bytes;
  const stride = length <= WHOLE_BYTES ? 4 : STRIDE_BYTES;
  let mix = length;
  for (let at = 0; at + 4 <= length; at += stride) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    mix = Math.imul(mix ^ word, 0x85ebca6b);
    mix ^= mix >>> 13;
  }
  return { crc: crc32(bytes), mix: mix >>> 0, byteCount: length };
}

export function fingerprintKey({ crc, mix, byteCount }: Fingerprint): string {
  return `${crc.toString(36)} ${mix.toString(36)} ${byteCount.toString(36)}`;
}
