import { ValueType } from "@opentelemetry/api";
import type { CollectionResult, MetricData, MetricProducer } from "@opentelemetry/sdk-metrics";

import type { Counters, MetricSnapshot, Sample } from "./counters.ts";

/** The SDK's module, handed in: it is loaded only when somebody asked for telemetry. */
export type MetricsModule = typeof import("@opentelemetry/sdk-metrics");

/** Offers the numbers of `/metrics` to OpenTelemetry's SDK, under the same names: cumulative, from the process's start. */
export function producerOf(
  counters: Counters,
  metrics: MetricsModule,
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

interface Interval {
  readonly startTime: [number, number];
  readonly endTime: [number, number];
}

function metricData(metric: MetricSnapshot, metrics: MetricsModule, interval: Interval): MetricData {
  const { AggregationTemporality, DataPointType } = metrics;
  const descriptor = {
    name: metric.name,
    description: metric.help,
    unit: unitOf(metric.name),
    valueType: ValueType.DOUBLE,
  };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (metric.type === "histogram") {
    const dataPoints = [{ ...interval, attributes: {}, value: histogramValue(metric.samples) }];
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.samples.map(({ labels, value }) => ({ ...interval, attributes: { ...labels }, value }));
  if (metric.type === "gauge") return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/** The unit that the name ends in, as UCUM writes it. Source: OpenTelemetry, "Prometheus and OpenMetrics Compatibility". */
function unitOf(name: string): string {
  const unit = /_(seconds|bytes)(_total)?$/.exec(name)?.[1];
  return unit === "seconds" ? "s" : unit === "bytes" ? "By" : "1";
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
