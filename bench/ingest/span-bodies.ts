import type { Application } from "../../datasets/synthetic/application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { simulateApplication } from "../../datasets/synthetic/simulate-application.ts";
import type { SyntheticSpan } from "../../datasets/synthetic/span.ts";
import { type RandomStream, randomStream } from "../../datasets/testbed/random.ts";
import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import { INNER_STEP_SHARE } from "./cluster.ts";
import { bytesField, joined, keyValue, textField, timeField, varintField } from "./proto-writer.ts";
import {
  type Attribute,
  exceptionAttributes,
  innerAttributes,
  messageAttributes,
  resourceAttributes,
  spanAttributes,
} from "./span-attributes.ts";

/** Unix time of the first request, seconds. */
const EPOCH_SECONDS = 1_790_000_000;
const INNER_KIND = SPAN_KIND.internal;
const EXCEPTION_SHARE = 0.02;
const EVENT_SHARE = 0.25;

/** An ExportTraceServiceRequest that can be sent again as the same traffic later: ids and times are found by their places. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly spanCount: number;
  /** Where trace ids begin. */
  readonly traceIds: Uint32Array;
  /** Where 64-bit times begin. */
  readonly times: Uint32Array;
}

/** Some seconds of traffic, in the order in which spans end, to be played round and round. */
export interface Cycle {
  readonly bodies: readonly Body[];
  readonly spanCount: number;
  readonly seconds: number;
}

/** Plays requests through the application and cuts their spans into bodies, by resource, as a collector's batch does. */
export function recordCycle(
  application: Application,
  options: {
    readonly requestsPerSecond: number;
    readonly seconds: number;
    readonly spansPerBody: number;
    readonly seed: number;
  },
): Cycle {
  const { requestsPerSecond, seconds, spansPerBody, seed } = options;
  const writer = new SpanWriter(application, seed);
  const bodies: Body[] = [];
  let batch = new Map<number, WrittenSpan[]>();
  let inBatch = 0;
  let spanCount = 0;
  const flush = (): void => {
    if (inBatch > 0) bodies.push(writer.body(batch, inBatch));
    batch = new Map();
    inBatch = 0;
  };
  const put = (resource: number, span: WrittenSpan): void => {
    const ofResource = batch.get(resource) ?? [];
    batch.set(resource, ofResource);
    ofResource.push(span);
    spanCount++;
    if (++inBatch === spansPerBody) flush();
  };
  simulateApplication(application, drawRequests(application, [steady(requestsPerSecond, seconds)], seed), {
    seed,
    onSpan: (span) => {
      const resource = writer.resourceOf(span);
      if (span.kind === SPAN_KIND.server && writer.hasInnerStep()) put(resource, writer.innerStep(span));
      put(resource, writer.span(span));
    },
  });
  flush();
  return { bodies, spanCount, seconds };
}

/** Makes the body the same traffic `seconds` later, of other traces. */
export function moveOn({ bytes, traceIds, times }: Body, seconds: number, round: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const at of traceIds) view.setUint32(at, round + 1);
  const nanos = BigInt(Math.round(seconds * 1e9));
  const low = Number(nanos & 0xffff_ffffn);
  const high = Number(nanos >> 32n);
  for (const at of times) {
    const sum = view.getUint32(at, true) + low;
    view.setUint32(at, sum >>> 0, true);
    view.setUint32(at + 4, view.getUint32(at + 4, true) + high + (sum > 0xffff_ffff ? 1 : 0), true);
  }
}

interface WrittenSpan {
  readonly bytes: Uint8Array;
  /** Of 64-bit times, from the start of the span. */
  readonly times: readonly number[];
}

/** Where the trace id of a span stands, from the start of its message. */
const TRACE_ID_AT = 2;

class SpanWriter {
  readonly #application: Application;
  readonly #random: RandomStream;
  readonly #seed: number;
  readonly #replicas: number;
  readonly #resources = new Map<number, Uint8Array>();
  readonly #attributes = new Map<string, Uint8Array>();
  readonly #scope = bytesField(
    1,
    joined([textField(1, "@opentelemetry/instrumentation-http"), textField(2, "0.57.0")]),
  );

  constructor(application: Application, seed: number) {
    this.#application = application;
    this.#random = randomStream(seed, "bodies");
    this.#seed = seed;
    this.#replicas = Math.max(...application.services.map((service) => service.replicaCount));
  }

  resourceOf({ service, replica }: SyntheticSpan): number {
    return service * this.#replicas + replica;
  }

  hasInnerStep(): boolean {
    return this.#random() < INNER_STEP_SHARE;
  }

  span(span: SyntheticSpan): WrittenSpan {
    const { name, attributes } = spanAttributes(this.#application, span, this.#random);
    return this.#write(span, name, attributes);
  }

  /** The middle of a visit's time. Its id is that of the visit with the highest bit set. */
  innerStep(span: SyntheticSpan): WrittenSpan {
    const quarter = (span.endSeconds - span.startSeconds) / 4;
    const times = { startSeconds: span.startSeconds + quarter, endSeconds: span.endSeconds - quarter };
    const step = { ...span, ...times, id: (span.id | 0x8000_0000) >>> 0, parent: span.id, kind: INNER_KIND };
    return this.#write(step, "CheckoutService.placeOrder", innerAttributes(this.#random));
  }

  body(batch: ReadonlyMap<number, readonly WrittenSpan[]>, spanCount: number): Body {
    const parts: Uint8Array[] = [];
    const traceIds: number[] = [];
    const times: number[] = [];
    let at = 0;
    for (const [resource, spans] of batch) {
      const fields = spans.map(({ bytes }) => bytesField(2, bytes));
      const scopeSpans = bytesField(2, joined([this.#scope, ...fields]));
      const resourceSpans = bytesField(1, joined([this.#resource(resource), scopeSpans]));
      parts.push(resourceSpans);
      // Spans stand at the end, one behind the other.
      let spanEnd = at + resourceSpans.length;
      for (let k = spans.length - 1; k >= 0; k--) {
        const begin = spanEnd - spans[k]!.bytes.length;
        traceIds.push(begin + TRACE_ID_AT);
        for (const time of spans[k]!.times) times.push(begin + time);
        spanEnd -= fields[k]!.length;
      }
      at += resourceSpans.length;
    }
    return { bytes: joined(parts), spanCount, traceIds: Uint32Array.from(traceIds), times: Uint32Array.from(times) };
  }

  #write(
    span: Omit<SyntheticSpan, "kind"> & { readonly kind: number },
    name: string,
    attributes: readonly Attribute[],
  ): WrittenSpan {
    const start = nanosOf(span.startSeconds);
    const end = nanosOf(span.endSeconds);
    const isException = span.isError || this.#random() < EXCEPTION_SHARE;
    const parts = [
      bytesField(1, idOf([0, this.#seed, 0, span.trace])),
      bytesField(2, idOf([this.#seed, span.id])),
      ...(span.parent === 0 ? [] : [bytesField(4, idOf([this.#seed, span.parent]))]),
      textField(5, name),
      varintField(6, span.kind),
      timeField(7, start),
      timeField(8, end),
      ...attributes.map((attribute) => bytesField(9, this.#attribute(attribute))),
    ];
    const times = [parts.findIndex((part) => part[0] === 0x39), parts.findIndex((part) => part[0] === 0x41)];
    if (isException || this.#random() < EVENT_SHARE) {
      const some = isException ? exceptionAttributes(this.#random) : messageAttributes(this.#random);
      times.push(parts.length);
      parts.push(
        bytesField(
          11,
          joined([
            timeField(1, start + 1000n),
            textField(2, isException ? "exception" : "message"),
            ...some.map((attribute) => bytesField(3, this.#attribute(attribute))),
          ]),
        ),
      );
    }
    parts.push(bytesField(15, span.isError ? joined([textField(2, "Read timed out"), varintField(3, 2)]) : NOTHING));
    parts.push(Uint8Array.of(0x85, 0x01, 0x01, 0x01, 0, 0));
    return { bytes: joined(parts), times: times.map((part) => timeIn(parts, part)) };
  }

  #resource(resource: number): Uint8Array {
    let bytes = this.#resources.get(resource);
    if (bytes === undefined) {
      const { name } = this.#application.services[Math.floor(resource / this.#replicas)]!;
      const attributes = resourceAttributes(name, resource % this.#replicas, this.#random);
      bytes = bytesField(1, joined(attributes.map(([key, value]) => bytesField(1, keyValue(key, value)))));
      this.#resources.set(resource, bytes);
    }
    return bytes;
  }

  /** Most are the same again and again; those that never are again are few enough in one cycle. */
  #attribute([key, value]: Attribute): Uint8Array {
    const text = `${key}=${value}`;
    let bytes = this.#attributes.get(text);
    if (bytes === undefined) {
      bytes = keyValue(key, value);
      this.#attributes.set(text, bytes);
    }
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);

/** Where the time of a part stands: its own last eight bytes, or those of the first field of an event. */
function timeIn(parts: readonly Uint8Array[], part: number): number {
  const before = parts.slice(0, part).reduce((sum, each) => sum + each.length, 0);
  const bytes = parts[part]!;
  return before + (bytes.length === 9 ? 1 : bytes.indexOf(0x09, 1) + 1);
}

function idOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, k) => {
    view.setUint32(4 * k, word);
  });
  return bytes;
}

function nanosOf(seconds: number): bigint {
  return BigInt(EPOCH_SECONDS) * 1_000_000_000n + BigInt(Math.round(seconds * 1e9));
}
