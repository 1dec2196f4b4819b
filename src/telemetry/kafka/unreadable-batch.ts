import { randomBytes } from "node:crypto";

/** In front of the reason in the value of a stand-in record. Drawn anew in every process, so that nobody can send it. */
const MARK = randomBytes(16);

/** Bytes from a field of a record batch to the count of its records. Source: Kafka's record batch, magic 2. */
const FROM_MAGIC = 41;
const FROM_LAST_OFFSET_DELTA = 34;
const COUNT_BYTES = 4;
const MAX_RECORDS = 1_000_000;

/**
 * Records that stand in for those of a batch that does not decompress, each with the reason as its value.
 *
 * kafkajs would fail to fetch the batch again and again, and the partition would stand still for ever. So as many records
 * come out as the batch says it holds, its last one at the batch's last offset, and each is dealt with as unreadable. Count
 * and last offset stand just before the compressed bytes, in the buffer of which these are a view.
 *
 * @returns null when no batch stands there.
 */
export function standInRecords(compressed: Buffer, reason: string): Buffer | null {
  const countAt = compressed.byteOffset - COUNT_BYTES;
  if (countAt < FROM_MAGIC) return null;
  const head = new DataView(compressed.buffer, countAt - FROM_MAGIC, FROM_MAGIC + COUNT_BYTES);
  const count = head.getInt32(FROM_MAGIC);
  const lastOffsetDelta = head.getInt32(FROM_MAGIC - FROM_LAST_OFFSET_DELTA);
  const isBatch = head.getInt8(0) === 2 && count > 0 && count <= MAX_RECORDS && lastOffsetDelta >= count - 1;
  if (!isBatch) return null;
  const value = Buffer.concat([MARK, Buffer.from(reason.slice(0, 500))]);
  const bytes: Buffer[] = [];
  for (let row = 0; row < count; row += 1) {
    const offsetDelta = row === count - 1 ? lastOffsetDelta : row;
    const body = Buffer.concat([
      Buffer.from([0]),
      zigzag(0),
      zigzag(offsetDelta),
      zigzag(-1),
      zigzag(value.length),
      value,
      zigzag(0),
    ]);
    bytes.push(zigzag(body.length), body);
  }
  return Buffer.concat(bytes);
}

/** The reason, when the value is one of a stand-in record; else null. */
export function reasonOfStandIn(value: Buffer): string | null {
  const isStandIn = value.length >= MARK.length && value.compare(MARK, 0, MARK.length, 0, MARK.length) === 0;
  return isStandIn ? value.subarray(MARK.length).toString() : null;
}

/** A signed integer of 32 bits as Kafka's records hold it: zigzag, seven bits a byte. */
function zigzag(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
