import { attributesText, type MetricsDraft, NO_RECORDED_VALUE } from "../metrics-draft.ts";
import {
  anyValueText,
  doubleOf,
  enumOf,
  integerOf,
  type JsonObject,
  listOf,
  objectOf,
  resourceInto,
  textOf,
  unsignedOf,
} from "./json-fields.ts";
import type { ToleranceCounts } from "./tolerances.ts";

const TEMPORALITIES: Readonly<Record<string, number>> = {
  AGGREGATION_TEMPORALITY_UNSPECIFIED: 0,
  AGGREGATION_TEMPORALITY_DELTA: 1,
  AGGREGATION_TEMPORALITY_CUMULATIVE: 2,
};
const CUMULATIVE = 2;

/** In the order of their field numbers, so that of several the one counts that the protobuf reader would take. */
const SHAPES = ["summary", "exponentialHistogram", "histogram", "sum", "gauge"] as const;

/** Reads OTLP JSON metrics into the draft by the same rules as the protobuf reader. @throws {MalformedError} */
export function readMetricsJson(body: JsonObject, draft: MetricsDraft, tolerances: ToleranceCounts): void {
  for (const item of listOf(body, "resourceMetrics")) {
    const resourceMetrics = objectOf(item, "resourceMetrics");
    draft.openResource();
    resourceInto(resourceMetrics, draft);
    for (const scopeItem of listOf(resourceMetrics, "scopeMetrics")) {
      for (const metric of listOf(objectOf(scopeItem, "scopeMetrics"), "metrics")) {
        readMetric(objectOf(metric, "metric"), draft, tolerances);
      }
    }
    draft.closeResource();
  }
}

function readMetric(metric: JsonObject, draft: MetricsDraft, tolerances: ToleranceCounts): void {
  const shape = SHAPES.find((name) => metric[name] !== undefined && metric[name] !== null);
  if (shape === undefined) return;
  const data = objectOf(metric[shape], shape);
  const name = textOf(metric, "name").toWellFormed();
  const unit = textOf(metric, "unit").toWellFormed();
  const isCumulative = enumOf(data, "aggregationTemporality", TEMPORALITIES, tolerances) === CUMULATIVE;
  const accumulates = shape === "summary" || (isCumulative && (shape !== "sum" || data["isMonotonic"] === true));
  const isNumber = shape === "gauge" || shape === "sum";
  for (const item of listOf(data, "dataPoints")) {
    const point = objectOf(item, "dataPoint");
    if (unsignedOf(point, "flags") & BigInt(NO_RECORDED_VALUE)) continue;
    draft.add({
      name,
      unit,
      attributes: attributesText(pairsOf(point)),
      timeSeconds: wholeOf(point, "timeUnixNano") / 1e9,
      value: isNumber ? numberOf(point) : point["sum"] === undefined ? 0 : doubleOf(point["sum"], "sum"),
      count: isNumber ? 1 : wholeOf(point, "count"),
      cumulative: shape !== "gauge" && accumulates,
    });
  }
}

function numberOf(point: JsonObject): number {
  if (point["asDouble"] !== undefined) return doubleOf(point["asDouble"], "asDouble");
  if (point["asInt"] !== undefined) return Number(integerOf(point["asInt"], "asInt"));
  return Number.NaN;
}

/** By its two words, as the protobuf reader does it, so that both round alike. */
function wholeOf(point: JsonObject, field: string): number {
  const value = unsignedOf(point, field);
  return Number(value >> 32n) * 4_294_967_296 + Number(value & 0xffff_ffffn);
}

function pairsOf(point: JsonObject): readonly string[] {
  return listOf(point, "attributes").map((item) => {
    const attribute = objectOf(item, "attribute");
    return `${textOf(attribute, "key")}=${anyValueText(attribute["value"])}`;
  });
}
