import { MalformedError } from "../contracts/errors.ts";
import { readJaegerJson } from "./jaeger/jaeger-json.ts";
import { readJaegerSpan } from "./jaeger/jaeger-wire.ts";
import { parseJson } from "./json-body.ts";
import type { NameRegistry } from "./name-registry.ts";
import { type DecodedBody, type DecoderOptions, OtlpDecoder, type Signal } from "./otlp/decoder.ts";
import { WireReader } from "./otlp/wire.ts";
import type { TraceDraft } from "./trace-draft.ts";
import { readZipkinJson } from "./zipkin/zipkin-json.ts";

/** What a body may be written in, by the names the collector's Kafka exporter and receiver have for them. */
export const ENCODINGS = ["otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json", "zipkin_json"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/**
 * Turns bodies of every encoding into batches. All batches of one decoder share one string table, and spans that say the
 * same give the same columns whatever they are written in.
 */
export class BodyDecoder {
  readonly #otlp: OtlpDecoder;

  constructor(options: DecoderOptions) {
    this.#otlp = new OtlpDecoder(options);
  }

  /** What its batches' numbers stand for: all that it remembers from body to body, caches aside. */
  get names(): NameRegistry {
    return this.#otlp.names;
  }

  /**
   * @throws {MalformedError} when the body is not what its encoding says, or the encoding has no such signal (Jaeger and
   * Zipkin carry spans only); the decoder is then as it was before.
   */
  decode(encoding: Encoding, signal: Signal, body: Uint8Array): DecodedBody {
    if (encoding === "otlp_proto") return this.#otlp.decode(signal, "protobuf", body);
    if (encoding === "otlp_json") return this.#otlp.decode(signal, "json", body);
    if (signal !== "traces") throw new MalformedError(`${encoding} carries spans, not ${signal}`);
    return this.#otlp.decodeSpans((draft) => readTaggedSpans(encoding, body, draft));
  }
}

/** Reads spans of a format that says in tags what OTLP has fields for into the draft. @throws {MalformedError} */
export function readTaggedSpans(
  encoding: Exclude<Encoding, "otlp_proto" | "otlp_json">,
  body: Uint8Array,
  draft: TraceDraft,
): void {
  if (encoding === "jaeger_proto") {
    const reader = new WireReader();
    reader.reset(body);
    readJaegerSpan(reader, draft);
  } else if (encoding === "jaeger_json") readJaegerJson(parseJson(body), draft);
  else readZipkinJson(parseJson(body), draft);
}
