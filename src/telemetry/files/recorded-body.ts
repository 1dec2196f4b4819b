import type { Encoding } from "../encodings.ts";
import type { Signal } from "../otlp/decoder.ts";

/** One body of a recording, as some sender once sent it. */
export interface RecordedBody {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** It may hold spans of a long time in any order: who plays it brings them into the order of their ends. */
  readonly isDocument: boolean;
  /** When it goes by its content, unix nanoseconds as a double; 0 where there is nothing to put it in order with. */
  readonly timeNanos: number;
}
