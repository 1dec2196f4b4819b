const MAGIC = 0x184d2204;
/** Largest block by the three bits of the frame's block descriptor. Source: LZ4 Frame Format 1.6.4. */
const BLOCK_BYTES: readonly number[] = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/** One byte of an LZ4 block makes at most so many. */
const MAX_RATIO = 255;

/**
 * How large an LZ4 frame can become at most, read from its blocks' heads without decompressing: lz4-napi takes no limit, and
 * one megabyte could become 255. Above what it really becomes by less than one block, as encoders fill all blocks but the last.
 *
 * @throws {RangeError} when it is no frame, or is cut short.
 */
export function lz4FrameBound(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError("not an LZ4 frame");
  const flags = frame[4]!;
  const blockBytes = BLOCK_BYTES[(frame[5]! >> 4) & 7]!;
  if (blockBytes === 0) throw new RangeError("LZ4 frame of an unknown block size");
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionaryId = (flags & 0x01) !== 0;
  const checksumBytes = (flags & 0x10) !== 0 ? 4 : 0;
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionaryId ? 4 : 0);
  let bound = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError("LZ4 frame is cut short");
    const head = frame.readUInt32LE(at);
    if (head === 0) return bound;
    const byteCount = head & 0x7fff_ffff;
    bound += head >>> 31 === 1 ? byteCount : Math.min(blockBytes, byteCount * MAX_RATIO);
    at += 4 + byteCount + checksumBytes;
  }
}
