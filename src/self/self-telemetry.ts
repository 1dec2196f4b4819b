import { ValueType } from "@opentelemetry/api";
import type { CollectionResult, MetricData, MetricProducer } from "@opentelemetry/sdk-metrics";

import { SettingsError } from "../contracts/errors.ts";
import type { Counters, MetricSnapshot, Sample } from "./counters.ts";

/** The variable that asks for it: where to send our own metrics as OTLP/gRPC, e.g. `http://collector:4317`. */
export const SELF_OTLP_VARIABLE = "SPANTWIN_SELF_OTLP";

const EXPORT_INTERVAL_MILLISECONDS = 15_000;

export interface SelfTelemetry {
  /** Sends what is there and stops. Never fails: a missing collector is no reason not to stop. */
  stop(): Promise<void>;
}

/**
 * Sends our own metrics to a collector when `SPANTWIN_SELF_OTLP` is set; null otherwise, and then nothing is loaded.
 *
 * @throws {SettingsError} when the variable is no address.
 */
export async function startSelfTelemetry(options: {
  env: Readonly<Record<string, string | undefined>>;
  counters: Counters;
  version: string;
}): Promise<SelfTelemetry | null> {
  const url = options.env[SELF_OTLP_VARIABLE];
  if (url === undefined || url === "") return null;
  if (!/^https?:\/\/[^/\s]+\/?$/.test(url) || !URL.canParse(url)) {
    throw new SettingsError(SELF_OTLP_VARIABLE, url, "must be an address like http://127.0.0.1:4317");
  }
  // Loaded only now: the SDK costs every start some 100 ms and nobody may have asked for it.
  const [{ NodeSDK }, { OTLPMetricExporter }, metrics, { resourceFromAttributes }] = await Promise.all([
    import("@opentelemetry/sdk-node"),
    import("@opentelemetry/exporter-metrics-otlp-grpc"),
    import("@opentelemetry/sdk-metrics"),
    import("@opentelemetry/resources"),
  ]);
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: EXPORT_INTERVAL_MILLISECONDS,
    exportTimeoutMillis: EXPORT_INTERVAL_MILLISECONDS / 2,
    metricProducers: [producerOf(options.counters, metrics, resourceFromAttributes({}))],
  });
  const resource = resourceFromAttributes({ "service.name": "spantwin", "service.version": options.version });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    metricReaders: [reader],
    spanProcessors: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return { stop: () => sdk.shutdown().catch(() => undefined) };
}

type Metrics = typeof import("@opentelemetry/sdk-metrics");

function producerOf(
  counters: Counters,
  metrics: Metrics,
  resource: CollectionResult["resourceMetrics"]["resource"],
): MetricProducer {
  const startTime = toHighResolution(Date.now());
  return {
    collect() {
      const endTime = toHighResolution(Date.now());
      const data = counters.snapshot().map((metric) => metricData(metric, metrics, { startTime, endTime }));
      const scopeMetrics = [{ scope: { name: "spantwin" }, metrics: data }];
      return Promise.resolve({ resourceMetrics: { resource, scopeMetrics }, errors: [] });
    },
  };
}

interface Span {
  readonly startTime: [number, number];
  readonly endTime: [number, number];
}

function metricData(metric: MetricSnapshot, metrics: Metrics, span: Span): MetricData {
  const { AggregationTemporality, DataPointType } = metrics;
  const descriptor = { name: metric.name, description: metric.help, unit: "", valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (metric.type === "histogram") {
    const dataPoints = [{ ...span, attributes: {}, value: histogramValue(metric.samples) }];
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.samples.map(({ labels, value }) => ({ ...span, attributes: { ...labels }, value }));
  if (metric.type === "gauge") return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/** Cumulative buckets, as Prometheus counts them, turned into OTLP's separate ones. */
function histogramValue(samples: readonly Sample[]) {
  const buckets = samples.filter((sample) => sample.suffix === "_bucket");
  const counts = buckets.map((sample, index) => sample.value - (buckets[index - 1]?.value ?? 0));
  const boundaries = buckets.slice(0, -1).map((sample) => Number(sample.labels["le"]));
  const of = (suffix: string) => samples.find((sample) => sample.suffix === suffix)?.value ?? 0;
  return { buckets: { boundaries, counts }, sum: of("_sum"), count: of("_count") };
}

function toHighResolution(milliseconds: number): [number, number] {
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6];
}
