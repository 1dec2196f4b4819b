import http from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** One span as OTLP/JSON carries it, attributes flattened. */
export interface SunkSpan {
  readonly service: string;
  readonly instance: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** OTLP kind: 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface RawAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** An OTLP/HTTP receiver for JSON that keeps spans and the names of metrics. */
export class OtlpSink {
  readonly spans: SunkSpan[] = [];
  /** `metric name` → services that sent it. */
  readonly metrics = new Map<string, Set<string>>();
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
      if (request.url === "/v1/traces") this.#takeTraces(JSON.parse(text));
      if (request.url === "/v1/metrics") this.#takeMetrics(JSON.parse(text));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the outside shape of OTLP/JSON
  #takeTraces(body: any): void {
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const resourceAttributes = flatten(resource.attributes);
      for (const { spans } of scopeSpans) {
        for (const span of spans) {
          this.spans.push({
            service: String(resourceAttributes["service.name"]),
            instance: String(resourceAttributes["service.instance.id"]),
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId ?? "",
            name: span.name,
            kind: span.kind,
            startNanos: BigInt(span.startTimeUnixNano),
            endNanos: BigInt(span.endTimeUnixNano),
            attributes: flatten(span.attributes),
            links: span.links ?? [],
          });
        }
      }
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the outside shape of OTLP/JSON
  #takeMetrics(body: any): void {
    for (const { resource, scopeMetrics } of body.resourceMetrics) {
      const service = String(flatten(resource.attributes)["service.name"]);
      for (const { metrics } of scopeMetrics) {
        for (const { name } of metrics) this.metrics.set(name, (this.metrics.get(name) ?? new Set()).add(service));
      }
    }
  }
}

function flatten(attributes: readonly RawAttribute[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}
