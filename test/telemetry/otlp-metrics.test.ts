import { describe, expect, test } from "vitest";
import { newDecoder } from "./batch-views.ts";
import { encode } from "./otlp-oracle.ts";

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
