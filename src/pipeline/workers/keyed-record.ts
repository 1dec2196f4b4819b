import { MalformedError } from "../../contracts/errors.ts";
import type { Signal } from "../../telemetry/otlp/decoder.ts";

/**
 * What one record of the raw topics left for one partition of the keyed topic, and how far its source has come. A section
 * without a body only says the latter.
 */
export interface Section {
  /** Partition of the raw topics: `topic/partition`. */
  readonly source: string;
  /** Offset of the record there: all before it have been dealt out. −1 when there was none. */
  readonly offset: number;
  /** Latest end of a span in that partition up to here, unix seconds of event time; null when there was none. */
  readonly eventSeconds: number | null;
  /** True when there was nothing behind that record, as of `asOfSeconds`. */
  readonly isAtEnd: boolean;
  /** When the record was written; of a section without one, until when whoever says it knows the partition. Unix seconds. */
  readonly asOfSeconds: number;
  readonly signal: Signal;
  readonly body: Uint8Array;
}

export interface KeyedRecord {
  /** Partitions of the raw topics in all: so many have to be heard of before event time is known. */
  readonly sourceCount: number;
  readonly sections: readonly Section[];
}

const HEAD_BYTES = 4;

/** Length of the head, head as JSON, bodies. */
export function encodeKeyed({ sourceCount, sections }: KeyedRecord): Buffer {
  const about = sections.map(({ body, ...rest }) => ({ ...rest, byteCount: body.length }));
  const head = Buffer.from(JSON.stringify({ sourceCount, sections: about }));
  const length = Buffer.alloc(HEAD_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, ...sections.map(({ body }) => body)]);
}

/** @throws {MalformedError} when the bytes are no such record */
export function decodeKeyed(bytes: Uint8Array): KeyedRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const end = HEAD_BYTES + buffer.readUInt32BE(0);
    const head = JSON.parse(buffer.toString("utf8", HEAD_BYTES, end)) as {
      sourceCount: number;
      sections: readonly (Omit<Section, "body"> & { readonly byteCount: number })[];
    };
    let at = end;
    const sections = head.sections.map(({ byteCount, ...section }) => {
      const body = bytes.subarray(at, at + byteCount);
      if (body.length !== byteCount) throw new RangeError("it breaks off");
      at += byteCount;
      return { ...section, body };
    });
    return { sourceCount: head.sourceCount, sections };
  } catch (error) {
    throw new MalformedError(`no record of a keyed topic: ${(error as Error).message}`, { cause: error });
  }
}
