import { MalformedError } from "../contracts/errors.ts";
import type { Ledger } from "../contracts/telemetry.ts";
import { readJaegerJson } from "./jaeger/jaeger-json.ts";
import { readJaegerSpan } from "./jaeger/jaeger-wire.ts";
import { parseJson } from "./json-body.ts";
import { type DecodedBody, OtlpDecoder, type Signal } from "./otlp/decoder.ts";
import { WireReader } from "./otlp/wire.ts";
import { readZipkinJson } from "./zipkin/zipkin-json.ts";

/** What a body may be written in, by the names the collector's Kafka exporter and receiver have for them. */
export const ENCODINGS = ["otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json", "zipkin_json"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface BodyDecoderOptions {
  readonly ledger: Ledger;
  readonly maxOperationsPerService: number;
}

/**
 * Turns bodies of every encoding into batches. All batches of one decoder share one string table, and spans that say the
 * same give the same columns whatever they are written in.
 */
export class BodyDecoder {
  readonly #otlp: OtlpDecoder;
  readonly #reader = new WireReader();

  constructor(options: BodyDecoderOptions) {
    this.#otlp = new OtlpDecoder(options);
  }

  /**
   * @throws {MalformedError} when the body is not what its encoding says, or the encoding has no such signal (Jaeger and
   * Zipkin carry spans only); the decoder is then as it was before.
   */
  decode(encoding: Encoding, signal: Signal, body: Uint8Array): DecodedBody {
    if (encoding === "otlp_proto") return this.#otlp.decode(signal, "protobuf", body);
    if (encoding === "otlp_json") return this.#otlp.decode(signal, "json", body);
    if (signal !== "traces") throw new MalformedError(`${encoding} carries spans, not ${signal}`);
    if (encoding === "jaeger_proto") {
      this.#reader.reset(body);
      return this.#otlp.decodeSpans((draft) => readJaegerSpan(this.#reader, draft));
    }
    const parsed = parseJson(body);
    const read = encoding === "jaeger_json" ? readJaegerJson : readZipkinJson;
    return this.#otlp.decodeSpans((draft) => read(parsed, draft));
  }
}
