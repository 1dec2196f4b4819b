import { randomUUID } from "node:crypto";

import { context, trace } from "@opentelemetry/api";

import { SettingsError } from "../contracts/errors.ts";
import type { Counters } from "./counters.ts";
import { producerOf } from "./metric-export.ts";
import { type AddressBook, type OwnListener, ownListenerAt } from "./own-address.ts";

const EXPORT_INTERVAL_MILLISECONDS = 15_000;
/** Spans that may wait for a collector that is away; one window makes six. */
const SPAN_QUEUE_MAX = 2048;

export interface SelfTelemetry {
  /** Sends what is there and stops. Never fails: a missing collector is no reason not to stop. */
  stop(): Promise<void>;
}

/**
 * Sends our own metrics and traces to a collector over OTLP/gRPC; null without an endpoint, and then nothing is loaded.
 * From then on `trace.getTracer` of OpenTelemetry's API makes spans that are sent.
 *
 * @throws {SettingsError} when the endpoint is no address, or one of our own listeners: what we told ourselves would be
 *   telemetry to tell of again.
 */
export async function startSelfTelemetry(options: {
  endpoint: string;
  listeners: readonly OwnListener[];
  counters: Counters;
  version: string;
  addressBook?: AddressBook;
}): Promise<SelfTelemetry | null> {
  const { endpoint, listeners, counters, version } = options;
  if (endpoint === "") return null;
  await refuseOwnListener(endpoint, listeners, options.addressBook);
  // Loaded only now: the SDK costs every start some 100 ms and nobody may have asked for it.
  const [{ NodeSDK }, { OTLPMetricExporter }, { OTLPTraceExporter }, metrics, traces, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/sdk-node"),
      import("@opentelemetry/exporter-metrics-otlp-grpc"),
      import("@opentelemetry/exporter-trace-otlp-grpc"),
      import("@opentelemetry/sdk-metrics"),
      import("@opentelemetry/sdk-trace-base"),
      import("@opentelemetry/resources"),
    ]);
  const resource = resourceFromAttributes({
    "service.name": "spantwin",
    "service.version": version,
    "service.instance.id": randomUUID(),
  });
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: endpoint }),
    exportIntervalMillis: EXPORT_INTERVAL_MILLISECONDS,
    exportTimeoutMillis: EXPORT_INTERVAL_MILLISECONDS / 2,
    metricProducers: [producerOf(counters, metrics, resourceFromAttributes({}))],
  });
  const exporter = new OTLPTraceExporter({ url: endpoint });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    metricReaders: [reader],
    spanProcessors: [new traces.BatchSpanProcessor(exporter, { maxQueueSize: SPAN_QUEUE_MAX })],
    // Sampling is one trace a window already; what the environment says of samplers is for the systems we watch.
    sampler: new traces.AlwaysOnSampler(),
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return {
    async stop() {
      await sdk.shutdown().catch(() => undefined);
      trace.disable();
      context.disable();
    },
  };
}

/** @throws {SettingsError} naming `selfOtlpEndpoint`. */
async function refuseOwnListener(
  endpoint: string,
  listeners: readonly OwnListener[],
  book: AddressBook | undefined,
): Promise<void> {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) {
    throw new SettingsError("selfOtlpEndpoint", endpoint, "must be an address like http://127.0.0.1:4317");
  }
  const own = await ownListenerAt(new URL(endpoint), listeners, book);
  if (own !== null) {
    const rule = `is this program itself (it listens on ${own.host}:${own.port}): name a collector`;
    throw new SettingsError("selfOtlpEndpoint", endpoint, rule);
  }
}
