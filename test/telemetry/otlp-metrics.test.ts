import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newDecoder } from "./batch-views.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { randomMetrics } from "./random-telemetry.ts";

describe("metrics", () => {
  const point = { timeUnixNano: "1750000000500000000" };
  const read = (metric: object) =>
    newDecoder().decode(
      "metrics",
      "protobuf",
      encode("MetricsData", {
        resourceMetrics: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
            scopeMetrics: [{ metrics: [{ name: "m", unit: "1", ...metric }] }],
          },
        ],
      }),
    ).batch.metrics;

  test.each([
    {
      name: "a gauge is a level",
      metric: { gauge: { dataPoints: [{ ...point, asDouble: 0.5 }] } },
      value: 0.5,
      count: 1,
      cumulative: false,
    },
    {
      name: "a cumulative counter accumulates",
      metric: { sum: { dataPoints: [{ ...point, asInt: "-7" }], aggregationTemporality: 2, isMonotonic: true } },
      value: -7,
      count: 1,
      cumulative: true,
    },
    {
      name: "an up-down counter is a level",
      metric: { sum: { dataPoints: [{ ...point, asInt: "7" }], aggregationTemporality: 2 } },
      value: 7,
      count: 1,
      cumulative: false,
    },
    {
      name: "a delta counter starts anew",
      metric: { sum: { dataPoints: [{ ...point, asInt: "7" }], aggregationTemporality: 1, isMonotonic: true } },
      value: 7,
      count: 1,
      cumulative: false,
    },
    {
      name: "a histogram is its sum and count",
      metric: {
        histogram: {
          dataPoints: [{ ...point, sum: 12.5, count: "4", bucketCounts: ["1", "3"], explicitBounds: [2] }],
          aggregationTemporality: 2,
        },
      },
      value: 12.5,
      count: 4,
      cumulative: true,
    },
    {
      name: "so is an exponential one",
      metric: {
        exponentialHistogram: {
          dataPoints: [{ ...point, sum: 3, count: "2", scale: -1, positive: { offset: -3, bucketCounts: ["2"] } }],
          aggregationTemporality: 1,
        },
      },
      value: 3,
      count: 2,
      cumulative: false,
    },
    {
      name: "a summary is its sum and count since the start",
      metric: {
        summary: { dataPoints: [{ ...point, sum: 8, count: "5", quantileValues: [{ quantile: 0.5, value: 1 }] }] },
      },
      value: 8,
      count: 5,
      cumulative: true,
    },
    {
      name: "exemplars say nothing of the level",
      metric: { gauge: { dataPoints: [{ ...point, asDouble: 2, exemplars: [{ asDouble: 9, timeUnixNano: "1" }] }] } },
      value: 2,
      count: 1,
      cumulative: false,
    },
  ])("$name", ({ metric, value, count, cumulative }) => {
    expect(read(metric)).toEqual([
      {
        name: "m",
        unit: "1",
        service: "shop",
        instance: "shop",
        attributes: "",
        timeSeconds: 1_750_000_000.5,
        value,
        count,
        cumulative,
      },
    ]);
  });

  test("attributes are sorted, and a point without a recorded value is no point", () => {
    const attributes = [
      { key: "state", value: { stringValue: "used" } },
      { key: "pool", value: { intValue: "3" } },
    ];
    const dataPoints = [
      { ...point, asInt: "1", attributes },
      { ...point, asInt: "1", flags: 1 },
    ];
    expect(read({ gauge: { dataPoints } }).map((found) => found.attributes)).toEqual(["pool=3,state=used"]);
  });
});

const CUMULATIVE = 2;
const NO_RECORDED_VALUE = 1;

interface OraclePoint {
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly sum?: number;
  readonly count?: string;
  readonly flags?: number;
}

interface OracleData {
  readonly dataPoints: readonly OraclePoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

interface OracleMetric extends Partial<Readonly<Record<(typeof SHAPES)[number], OracleData>>> {
  readonly name: string;
  readonly unit: string;
}

const SHAPES = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

/** What the points of a metric come to; those without a value are left out. */
function oraclePoints(metric: OracleMetric) {
  return SHAPES.flatMap((shape) => {
    const data = metric[shape];
    const isNumber = shape === "gauge" || shape === "sum";
    const accumulates =
      shape === "summary" ||
      (data?.aggregationTemporality === CUMULATIVE && (shape !== "sum" || data.isMonotonic === true));
    return (data?.dataPoints ?? [])
      .filter(({ flags = 0 }) => (flags & NO_RECORDED_VALUE) === 0)
      .map(({ timeUnixNano, asDouble, asInt, sum = 0, count = "0" }) => ({
        name: metric.name,
        unit: metric.unit,
        timeSeconds: Number(timeUnixNano) / 1e9,
        value: isNumber ? (asDouble ?? Number(asInt ?? Number.NaN)) : sum,
        count: isNumber ? 1 : Number(count),
        cumulative: shape !== "gauge" && accumulates,
      }));
  });
}

test("every point has the name, time, value and count that protobufjs reads, or is counted as refused", () => {
  fc.assert(
    fc.property(randomMetrics, (metrics) => {
      const body = encode("MetricsData", metrics);
      const { batch, rejectedCount } = newDecoder().decode("metrics", "protobuf", body);
      const data = decode("MetricsData", body) as {
        resourceMetrics: { scopeMetrics: { metrics: OracleMetric[] }[] }[];
      };
      const all = data.resourceMetrics.flatMap((resource) =>
        resource.scopeMetrics.flatMap((scope) => scope.metrics.flatMap(oraclePoints)),
      );
      const good = all.filter(
        ({ name, timeSeconds, value }) => name !== "" && timeSeconds > 0 && Number.isFinite(value),
      );
      expect(rejectedCount).toBe(all.length - good.length);
      const found = batch.metrics.map(({ name, unit, timeSeconds, value, count, cumulative }) => {
        return { name, unit, timeSeconds, value, count, cumulative };
      });
      expect(found).toEqual(good);
    }),
    { numRuns: 150 },
  );
});
