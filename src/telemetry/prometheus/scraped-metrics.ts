import { MalformedError } from "../../contracts/errors.ts";
import {
  attributesOf,
  INSTANCE_LABELS,
  type KnownMetric,
  knownMetric,
  SERVICE_LABELS,
  TARGET_INFO,
} from "./known-metrics.ts";
import type { ScrapeTarget } from "./scrape-target.ts";
import { type Sample, samplesOf, type TextFormat } from "./text-format.ts";

/** One series that is kept, with what labels that do not matter had in common added up. */
interface Series {
  readonly metric: KnownMetric;
  readonly service: string;
  readonly instance: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly timeSeconds: number;
  value: number;
  count: number;
}

export interface ScrapedMetrics {
  /** An OTLP JSON body; null when nothing was kept. */
  readonly body: Uint8Array | null;
  readonly sampleCount: number;
  readonly keptCount: number;
}

const CUMULATIVE = 2;
/** What cAdvisor calls the container that holds a pod's network. */
const POD_SANDBOX = "POD";

/**
 * What the twin asks for in an exposition, as an OTLP body: so that it is journaled, recorded and read like all that others
 * send. Samples without a time of their own are of `scrapedSeconds`.
 *
 * @throws {MalformedError} when it is no exposition, or has more than `maxSeries` samples: nothing of it is taken then.
 */
export function scrapedMetrics(
  text: string,
  format: TextFormat,
  target: ScrapeTarget,
  scrapedSeconds: number,
  maxSeries: number,
): ScrapedMetrics {
  const kept: { readonly metric: KnownMetric; readonly sample: Sample }[] = [];
  let info: ReadonlyMap<string, string> = new Map();
  let sampleCount = 0;
  for (const sample of samplesOf(text, format)) {
    sampleCount += 1;
    if (sampleCount > maxSeries) throw new MalformedError(`more than ${maxSeries} series`);
    if (sample.name === TARGET_INFO) info = sample.labels;
    const metric = knownMetric(sample.name);
    const { only } = metric ?? {};
    if (metric === undefined || (only !== undefined && sample.labels.get(only.label) !== only.value)) continue;
    if (Number.isFinite(sample.value)) kept.push({ metric, sample });
  }
  const best = new Map<string, number>();
  for (const { metric } of kept) {
    best.set(metric.name, Math.min(metric.rank, best.get(metric.name) ?? Number.POSITIVE_INFINITY));
  }
  const series = new Map<string, Series>();
  for (const { metric, sample } of kept) {
    if (metric.rank === best.get(metric.name)) take(series, metric, sample, target, info, scrapedSeconds);
  }
  return { body: series.size === 0 ? null : bodyOf([...series.values()]), sampleCount, keptCount: series.size };
}

function take(
  into: Map<string, Series>,
  metric: KnownMetric,
  { labels, value, timeSeconds }: Sample,
  target: ScrapeTarget,
  info: ReadonlyMap<string, string>,
  scrapedSeconds: number,
): void {
  const service = metric.of ? labels.get(metric.of.service) : nameOf(target.service, SERVICE_LABELS, labels, info);
  const instance = metric.of ? labels.get(metric.of.instance) : nameOf(target.instance, INSTANCE_LABELS, labels, info);
  // A series of a whole pod or node, in a target that speaks for many.
  if (metric.of && (!service || !instance || service === POD_SANDBOX)) return;
  // Of what accumulates the parts add up; a limit must stay beside another.
  const attributes = new Map(attributesOf(labels, metric.role === "gauge"));
  if (metric.attribute !== undefined) attributes.set(...metric.attribute);
  const key = JSON.stringify([metric.name, service, instance, [...attributes].sort()]);
  const fresh: Series = {
    metric,
    service: service || target.host,
    instance: instance || target.address,
    attributes,
    timeSeconds: timeSeconds ?? scrapedSeconds,
    value: 0,
    count: 0,
  };
  const series = into.get(key) ?? fresh;
  into.set(key, series);
  if (metric.role === "count") series.count += value;
  else if (metric.role === "gauge") series.value = value;
  else series.value += value;
}

/** What the target's setting says, else one of the usual labels here or of the target. */
function nameOf(
  told: string | null,
  usual: readonly string[],
  labels: ReadonlyMap<string, string>,
  info: ReadonlyMap<string, string>,
): string | undefined {
  if (told !== null) return told;
  for (const from of [labels, info]) {
    const label = usual.find((name) => from.get(name));
    if (label !== undefined) return from.get(label);
  }
  return undefined;
}

function bodyOf(series: readonly Series[]): Uint8Array {
  const bySender = Map.groupBy(series, ({ service, instance }) => JSON.stringify([service, instance]));
  const resourceMetrics = [...bySender.values()].map((own) => ({
    resource: {
      attributes: attributeList([
        ["service.name", own[0]!.service],
        ["service.instance.id", own[0]!.instance],
      ]),
    },
    scopeMetrics: [{ metrics: metricsOf(own) }],
  }));
  return Buffer.from(JSON.stringify({ resourceMetrics }));
}

function metricsOf(series: readonly Series[]): object[] {
  return [...Map.groupBy(series, ({ metric }) => metric.name)].map(([name, own]) => {
    const { unit, role } = own[0]!.metric;
    const dataPoints = own.map(({ attributes, timeSeconds, value, count }) => {
      const common = { attributes: attributeList(attributes), timeUnixNano: nanosOf(timeSeconds) };
      if (role !== "count" && role !== "sum") return { ...common, asDouble: value };
      return { ...common, count: String(Math.max(0, Math.round(count))), sum: value };
    });
    if (role === "gauge") return { name, unit, gauge: { dataPoints } };
    if (role === "counter") {
      return { name, unit, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
    }
    return { name, unit, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  });
}

function attributeList(pairs: Iterable<readonly [string, string]>): object[] {
  return Array.from(pairs, ([key, stringValue]) => ({ key, value: { stringValue } }));
}

function nanosOf(seconds: number): string {
  return String(BigInt(Math.max(0, Math.round(seconds * 1000))) * 1_000_000n);
}
