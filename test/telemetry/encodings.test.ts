import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import type { SpanBatch } from "../../src/contracts/telemetry.ts";
import { BodyDecoder, ENCODINGS, type Encoding } from "../../src/telemetry/encodings.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { sniffEncoding } from "../../src/telemetry/sniff-encoding.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { contentOf, hexOfWords } from "./batch-views.ts";
import {
  type PlainProcess,
  randomProcesses,
  toJaegerKafkaJson,
  toJaegerProto,
  toJaegerUi,
  toOtlpProto,
  toZipkin,
} from "./format-writers.ts";
import { encode } from "./otlp-oracle.ts";
import { randomMetrics, randomTraces } from "./random-telemetry.ts";

const newDecoder = (ledger = new CountingLedger()) => new BodyDecoder({ ledger, maxOperationsPerService: 100 });

/** Ways to write the same spans: bodies in their order. */
const WRITERS: readonly (readonly [string, Encoding, (processes: readonly PlainProcess[]) => readonly Uint8Array[]])[] =
  [
    ["OTLP protobuf", "otlp_proto", (processes) => [toOtlpProto(processes)]],
    ["OTLP JSON", "otlp_json", (processes) => [Buffer.from(toJson("traces", toOtlpProto(processes)))]],
    ["Jaeger JSON of the UI", "jaeger_json", (processes) => [toJaegerUi(processes)]],
    ["Jaeger JSON of Kafka", "jaeger_json", toJaegerKafkaJson],
    ["Jaeger protobuf", "jaeger_proto", toJaegerProto],
    ["Zipkin JSON", "zipkin_json", (processes) => [toZipkin(processes)]],
  ];

/** The rows of a batch in words, so that batches cut elsewhere can be held against each other. */
function rowsOf(spans: SpanBatch) {
  const text = (column: Uint32Array, row: number) => spans.strings.text(column[row]!);
  return Array.from({ length: spans.spanCount }, (_, row) => ({
    trace: hexOfWords(spans.traceId, row, 4),
    span: hexOfWords(spans.spanId, row, 2),
    parent: hexOfWords(spans.parentSpanId, row, 2),
    kind: spans.kind[row],
    isError: spans.isError[row],
    startSeconds: spans.startSeconds[row],
    durationSeconds: spans.durationSeconds[row],
    service: text(spans.service, row),
    instance: text(spans.instance, row),
    version: text(spans.version, row),
    operation: text(spans.operation, row),
    peerKind: spans.peerKind[row],
    peer: text(spans.peer, row),
    samplingProbability: spans.samplingProbability[row],
    linkCount: spans.linkStart[row + 1]! - spans.linkStart[row]!,
  }));
}

describe("the same spans", () => {
  test.each(WRITERS)("give the same rows from %s as from OTLP", (_, encoding, write) => {
    fc.assert(
      fc.property(randomProcesses, (processes) => {
        const expected = newDecoder().decode("otlp_proto", "traces", toOtlpProto(processes));
        const decoder = newDecoder();
        const found = write(processes).map((body) => decoder.decode(encoding, "traces", body));
        for (const { batch } of found) expectValidBatch(batch);
        expect(found.flatMap(({ batch }) => rowsOf(batch.spans))).toEqual(rowsOf(expected.batch.spans));
        expect(found.every(({ rejectedCount }) => rejectedCount === 0)).toBe(true);
        // One body for all of them gives equal numbers of equal strings, too.
        if (found.length === 1) expect(contentOf(found[0]!.batch)).toEqual(contentOf(expected.batch));
      }),
      { numRuns: 150 },
    );
  });

  test.each(WRITERS)("are counted alike in the ledger from %s", (_, encoding, write) => {
    fc.assert(
      fc.property(randomProcesses, (processes) => {
        const ledger = new CountingLedger();
        const expected = new CountingLedger();
        const decoder = newDecoder(ledger);
        newDecoder(expected).decode("otlp_proto", "traces", toOtlpProto(processes));
        for (const body of write(processes)) decoder.decode(encoding, "traces", body);
        expect(ledger.rows()).toEqual(expected.rows());
      }),
      { numRuns: 30 },
    );
  });
});

describe("sniffing", () => {
  test.each(WRITERS)("tells %s", (_, encoding, write) => {
    fc.assert(
      fc.property(randomProcesses, (processes) => {
        for (const body of write(processes)) expect(sniffEncoding(body)).toEqual({ encoding, signal: "traces" });
      }),
      { numRuns: 100 },
    );
  });

  test("tells traces from metrics in OTLP, in both of its forms, or says that it does not know", () => {
    let known = 0;
    fc.assert(
      fc.property(randomTraces, randomMetrics, (traces, metrics) => {
        for (const [signal, body] of [
          ["traces", encode("TracesData", traces)],
          ["metrics", encode("MetricsData", metrics)],
        ] as const) {
          const found = sniffEncoding(body);
          known += found === null ? 0 : 1;
          expect([null, signal]).toContain(found?.signal ?? null);
          expect([null, "otlp_proto"]).toContain(found?.encoding ?? null);
          const found2 = sniffEncoding(Buffer.from(toJson(signal, body)));
          expect([null, signal]).toContain(found2?.signal ?? null);
        }
      }),
      { numRuns: 200 },
    );
    expect(known).toBeGreaterThan(150);
  });

  test.each(["", "{}", "[]", "nonsense", '{"data"', '{"message":"hello"}', "\u0000\u0001"])(
    "does not guess at %j",
    (text) => {
      expect(sniffEncoding(Buffer.from(text))).toBeNull();
    },
  );

  test("reads past blanks, nested values and strings with quotes in them", () => {
    const body = ' \n{ "total" : 0, "errors" : [{"data\\"":"}"}], "limit":"\\\\", "data" : [] }';
    expect(sniffEncoding(Buffer.from(body))?.encoding).toBe("jaeger_json");
  });

  test("gives an answer for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const found = sniffEncoding(bytes);
        expect(found === null || ENCODINGS.includes(found.encoding)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a body that was cut or flipped", () => {
  test.each(WRITERS)("of %s gives a typed error or a valid batch", (_, encoding, write) => {
    const seed = 20_261_121;
    const bodies = fc.sample(randomProcesses, { seed, numRuns: 40 }).flatMap((processes) => write(processes));
    const decoder = newDecoder();
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(9),
        (pick, flips, cut) => {
          const body = Uint8Array.from(bodies[pick % bodies.length]!);
          for (const [at, value] of flips) body[at % body.length] = value;
          const part = cut === 0 ? body.subarray(0, pick % body.length) : body;
          try {
            expectValidBatch(decoder.decode(encoding, "traces", part).batch);
            taken += 1;
          } catch (error) {
            if (!(error instanceof MalformedError)) throw error;
            refused += 1;
          }
        },
      ),
      { seed, numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(taken).toBeGreaterThan(100);
  });

  test("of JSON with other values in it gives a typed error or a valid batch", () => {
    const others = ["null", "7", '"x"', "{}", "[]", "true", "-1.5", '"1e5"', "1e308", '"-3s"'];
    const decoder = newDecoder();
    for (const [, encoding, write] of WRITERS.filter(([, each]) => each.endsWith("_json"))) {
      const bodies = fc.sample(randomProcesses, { seed: 5, numRuns: 20 }).flatMap((processes) => write(processes));
      fc.assert(
        fc.property(fc.nat(), fc.nat(), fc.constantFrom(...others), (pick, at, other) => {
          const tokens = Buffer.from(bodies[pick % bodies.length]!)
            .toString()
            .split(/(?<=[:,[{])|(?=[,\]}])/);
          tokens[at % tokens.length] = other;
          try {
            expectValidBatch(decoder.decode(encoding, "traces", Buffer.from(tokens.join(""))).batch);
          } catch (error) {
            if (!(error instanceof MalformedError)) throw error;
          }
        }),
        { seed: 5, numRuns: 1_000 },
      );
    }
  });
});

test("metrics in a format that has none are malformed, and nothing is taken", () => {
  for (const encoding of ["jaeger_proto", "jaeger_json", "zipkin_json"] as const) {
    expect(() => newDecoder().decode(encoding, "metrics", Buffer.from("[]"))).toThrow(MalformedError);
  }
});
