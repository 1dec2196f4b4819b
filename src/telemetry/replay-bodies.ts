import type { RecordedBody } from "./files/recorded-body.ts";
import { type RecordingOptions, recordedBodies } from "./files/recording-bodies.ts";
import type { Signal } from "./otlp/decoder.ts";
import { toJson } from "./otlp/to-json.ts";

/** A body in both forms, to be sent again over any transport. */
export interface ReplayBody {
  readonly signal: Signal;
  readonly protobuf: Uint8Array;
  /** The same in OTLP JSON. */
  readonly json: () => Uint8Array;
}

/**
 * The protobuf bodies of a recording in the order in which `RecordingSource` plays them. Bodies that were recorded in
 * another encoding than OTLP protobuf are left out, counted by `onSkipped`.
 */
export async function* replayBodies(
  path: string,
  options: RecordingOptions & { readonly onSkipped?: (body: RecordedBody) => void } = {},
): AsyncGenerator<ReplayBody> {
  for await (const body of recordedBodies(path, options)) {
    if (body.encoding !== "otlp_proto") {
      options.onSkipped?.(body);
      continue;
    }
    const { signal, bytes } = body;
    yield { signal, protobuf: bytes, json: () => Buffer.from(toJson(signal, bytes)) };
  }
}
