// Goal: programs in other languages, instrumented with OpenTelemetry, deliver exactly what they sent.
// Method: the real SDK of each language sends eight spans by each of its protocols and prints what it sent; the bodies that
// arrived and the columns read from them are held against that, field by field.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PEER_KIND, type SpanBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { type OtlpListening, OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { hexOfWords } from "../telemetry/batch-views.ts";
import { type Client, go, java, javascript, python } from "./ready-made.ts";
import { IGNORED_FIELDS, KINDS, type SentLink, type SentSpan, SPAN_FIELDS, spansOfBody } from "./sent-spans.ts";

const RUN_TIMEOUT_MS = 120_000;

/** What naming makes of each span: operation, kind of peer, peer, how often it was tried before. */
const NAMED: Readonly<Record<string, readonly [string, number, string, number]>> = {
  "GET /cart/{id}": ["GET /cart/{id}", PEER_KIND.none, "", 0],
  HGET: ["HGET", PEER_KIND.cache, "redis cache:6379", 0],
  "price € 木": ["price € 木", PEER_KIND.none, "", 0],
  "send orders": ["send orders", PEER_KIND.messaging, "kafka/orders", 0],
  "process orders": ["process orders", PEER_KIND.messaging, "kafka/orders", 0],
  "first nanosecond": ["first nanosecond", PEER_KIND.none, "", 0],
  "two days": ["two days", PEER_KIND.none, "", 0],
  POST: ["POST pay", PEER_KIND.external, "pay", 2],
};

interface Variant {
  readonly protocol: string;
  readonly compression: string;
  readonly spans: readonly SentSpan[];
}

let listening: OtlpListening;
const ledger = new CountingLedger();
const received = new Map<string, SentSpan>();
const rows = new Map<string, { readonly batch: SpanBatch; readonly row: number }>();
const receiver = new OtlpReceiver({
  ledger,
  maxBodyBytes: 4 << 20,
  maxOperationsPerService: 100,
  tap: (signal, body, encoding) => {
    const json = encoding === "otlp_json" ? Buffer.from(body).toString() : toJson(signal, body);
    for (const span of spansOfBody(JSON.parse(json))) received.set(span.spanId, span);
  },
});
const abort = new AbortController();
let reading: Promise<void>;

beforeAll(async () => {
  listening = await receiver.start({ httpPort: 0, grpcPort: 0 });
  reading = receiver.read((batch) => {
    expectValidBatch(batch);
    for (let row = 0; row < batch.spans.spanCount; row += 1) {
      rows.set(hexOfWords(batch.spans.spanId, row, 2), { batch: batch.spans, row });
    }
  }, abort.signal);
});
afterAll(async () => {
  abort.abort();
  await reading;
  await receiver.close();
});

async function variantsOf({ command }: Client): Promise<readonly Variant[]> {
  const [program, ...args] = command;
  const { grpcPort, httpPort } = listening;
  const addresses = [`http://127.0.0.1:${grpcPort}`, `http://127.0.0.1:${httpPort}`];
  const { stdout } = await promisify(execFile)(program!, [...args, ...addresses], { timeout: RUN_TIMEOUT_MS });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Variant);
}

function linksOf(
  { linkStart, linkTraceId, linkSpanId }: SpanBatch,
  row: number,
): Pick<SentLink, "traceId" | "spanId">[] {
  const rowsOfLinks = Array.from({ length: linkStart[row + 1]! - linkStart[row]! }, (_, at) => linkStart[row]! + at);
  return rowsOfLinks.map((at) => ({ traceId: hexOfWords(linkTraceId, at, 4), spanId: hexOfWords(linkSpanId, at, 2) }));
}

/** Every column of a row, in the words of the sender. */
function rowOf({ batch, row }: { batch: SpanBatch; row: number }) {
  const text = (column: Uint32Array) => batch.strings.text(column[row]!);
  const parent = hexOfWords(batch.parentSpanId, row, 2);
  return {
    traceId: hexOfWords(batch.traceId, row, 4),
    parentSpanId: parent === "0000000000000000" ? "" : parent,
    kind: KINDS[batch.kind[row]!],
    isError: batch.isError[row],
    startSeconds: batch.startSeconds[row],
    durationSeconds: batch.durationSeconds[row],
    sender: [text(batch.service), text(batch.instance), text(batch.version)],
    named: [text(batch.operation), batch.peerKind[row], text(batch.peer), batch.resendCount[row]],
    samplingProbability: batch.samplingProbability[row],
    links: linksOf(batch, row),
  };
}

function expectedRowOf(span: SentSpan): ReturnType<typeof rowOf> {
  const start = BigInt(span.startUnixNano);
  return {
    traceId: span.traceId,
    parentSpanId: span.parentSpanId,
    kind: span.kind as (typeof KINDS)[number],
    isError: span.status === "ERROR" ? 1 : 0,
    // A double of today's seconds has steps of 0.24 µs.
    startSeconds: expect.closeTo(Number(start) / 1e9, 6),
    durationSeconds: Number(BigInt(span.endUnixNano) - start) / 1e9,
    sender: ["shop/cart", "cart-7", "1.4.2"],
    named: [...NAMED[span.name]!],
    samplingProbability: span.traceState.includes("ot=th:8") ? 0.5 : 0,
    links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

// One after the other would take minutes where nothing has been fetched yet.
const [inJavascript, inPython, inJava, inGo] = await Promise.all([javascript(), python(), java(), go()]);
const clients = [
  { client: inJavascript, variantCount: 6, sendsStateOfLinks: true },
  // Their exporters (1.45 and 1.47, read) leave the tracestate of links out of what they send.
  { client: inPython, variantCount: 5, sendsStateOfLinks: false },
  { client: inJava, variantCount: 4, sendsStateOfLinks: true },
  { client: inGo, variantCount: 4, sendsStateOfLinks: false },
];

for (const { client, variantCount, sendsStateOfLinks } of clients) {
  const { language, missing } = client;
  const name = missing === null ? language : `${language} (skipped: ${missing})`;
  describe.skipIf(missing !== null)(`the OpenTelemetry SDK for ${name}`, () => {
    let variants: readonly Variant[];
    beforeAll(async () => {
      variants = await variantsOf(client);
    }, RUN_TIMEOUT_MS);

    test("sends what every client sends, by each of its protocols", () => {
      expect(new Set(variants.map(({ protocol, compression }) => `${protocol} ${compression}`)).size).toBe(
        variantCount,
      );
      for (const { spans } of variants) {
        expect(spans.map((span) => span.name).sort()).toEqual(Object.keys(NAMED).sort());
        const [server, consumer] = ["SERVER", "CONSUMER"].map((kind) => spans.find((span) => span.kind === kind)!);
        expect([server!.parentSpanId, server!.events.length, Object.keys(server!.attributes).length]).toEqual([
          "b7ad6b7169203331",
          2,
          7,
        ]);
        expect(consumer!.links.length).toBe(2);
      }
    });

    test("and every field of every span arrives in its body", () => {
      for (const { protocol, compression, spans } of variants) {
        for (const sent of spans) {
          const links = sendsStateOfLinks ? sent.links : sent.links.map((link) => ({ ...link, traceState: "" }));
          const span = { ...sent, links };
          expect({ protocol, compression, span: received.get(sent.spanId) }).toEqual({ protocol, compression, span });
        }
      }
    });

    test("and in the columns", () => {
      for (const { spans } of variants) {
        for (const span of spans) {
          const found = rows.get(span.spanId);
          expect(found === undefined ? span.name : rowOf(found)).toEqual(expectedRowOf(span));
        }
      }
    });
  });
}

test("the comparison forgets no field that a span has, but the counts of what SDKs dropped and the W3C flags", () => {
  const asPrinted: Readonly<Record<string, string>> = {
    startTimeUnixNano: "startUnixNano",
    endTimeUnixNano: "endUnixNano",
  };
  const [span] = spansOfBody({ resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }] });
  const compared = new Set(Object.keys(span!));
  const forgotten = SPAN_FIELDS.filter((field) => !compared.has(asPrinted[field] ?? field));
  expect(forgotten).toEqual(IGNORED_FIELDS.filter((field) => SPAN_FIELDS.includes(field)).sort(bySource));
  expect(ledger.rows().map(({ service, lost }) => [service, lost])).toEqual([["shop/cart", {}]]);
});

function bySource(a: string, b: string): number {
  return SPAN_FIELDS.indexOf(a) - SPAN_FIELDS.indexOf(b);
}
