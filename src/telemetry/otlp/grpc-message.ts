import type { ServerHttp2Stream } from "node:http2";
import { TooLargeError } from "./inflate.ts";

/** Who counts the bytes of a message as they come. */
export interface ByteCounting {
  readonly maxBodyBytes: number;
  /** Throws when there are too many. */
  receive(byteCount: number): void;
}

/** What stands before a message: a byte of flags and four of length. */
export const PREFIX_BYTES = 5;

/** A call that breaks the rules of gRPC itself. */
export class GrpcFramingError extends Error {
  /** True when there was not exactly one message, as a call of ours has. */
  readonly isWrongCount: boolean;

  constructor(message: string, isWrongCount: boolean) {
    super(message);
    this.name = "GrpcFramingError";
    this.isWrongCount = isWrongCount;
  }
}

export interface GrpcMessage {
  /** True when it is packed the way the call's `grpc-encoding` says. */
  readonly isPacked: boolean;
  readonly bytes: Buffer;
}

/**
 * Reads the one message of a call.
 *
 * @throws {GrpcFramingError} when there is none, more than one, or a piece of one.
 * @throws {TooLargeError | BusyError} as the counting does; a length over the limit is refused before the message comes.
 */
export function readMessage(stream: ServerHttp2Stream, counting: ByteCounting): Promise<GrpcMessage> {
  const chunks: Buffer[] = [];
  let length = 0;
  let wholeLength = -1;
  const take = (chunk: Buffer): void => {
    counting.receive(chunk.length);
    chunks.push(chunk);
    length += chunk.length;
    if (wholeLength < 0 && length >= PREFIX_BYTES) wholeLength = wholeLengthOf(chunks, counting.maxBodyBytes);
    if (wholeLength >= 0 && length > wholeLength) throw new GrpcFramingError("more than one message", true);
  };
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        // What still comes is thrown away until the answer has closed the stream.
        stream.removeAllListeners("data");
        stream.resume();
        reject(error as Error);
      }
    });
    stream.once("end", () => {
      if (length === wholeLength) resolve(messageOf(chunks.splice(0)));
      else reject(new GrpcFramingError(length === 0 ? "no message" : "the message breaks off", length === 0));
    });
    stream.once("close", () => reject(new Error("the sender went away in the middle of its call")));
  });
}

function wholeLengthOf(chunks: Buffer[], maxBodyBytes: number): number {
  const head = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (head[0]! > 1) throw new GrpcFramingError("unknown flags before the message", false);
  const messageLength = head.readUInt32BE(1);
  if (messageLength > maxBodyBytes) throw new TooLargeError(maxBodyBytes);
  return PREFIX_BYTES + messageLength;
}

function messageOf(chunks: Buffer[]): GrpcMessage {
  const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return { isPacked: whole[0] === 1, bytes: whole.subarray(PREFIX_BYTES) };
}
