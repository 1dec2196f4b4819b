import type { IncomingMessage } from "node:http";
import type { Delivery } from "./delivery.ts";

/** How much of an oversized body is read and thrown away, so that a modest sender gets the answer, not a reset. */
const DISCARD_FACTOR = 4;

/**
 * Reads the body of a request. One that is refused is read on for a while and thrown away, because most senders look at the
 * answer only after their last byte.
 *
 * @throws {TooLargeError | BusyError} as the delivery does.
 */
export async function readBody(request: IncomingMessage, delivery: Delivery): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let refusal: unknown;
  const refusalOf = (chunk: Buffer): unknown => {
    try {
      delivery.receive(chunk.length);
      chunks.push(chunk);
      return undefined;
    } catch (error) {
      chunks.length = 0;
      delivery.release();
      return error;
    }
  };
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      refusal ??= refusalOf(chunk);
      if (refusal !== undefined && length > delivery.maxBodyBytes * DISCARD_FACTOR) break;
    }
  } catch (error) {
    throw new Error("the sender went away in the middle of its body", { cause: error });
  }
  if (refusal !== undefined) throw refusal;
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
}
