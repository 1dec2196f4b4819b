import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MapNode, SeriesPoint } from "../../src/contracts/api.ts";
import type { Elem } from "../../ui/dom/element.ts";
import { markup } from "../../ui/dom/markup.ts";
import { healthsByWeight } from "../../ui/format/words.ts";
import { bandChart, bandTopSeconds, standing } from "../../ui/marks/band-chart.ts";
import { chartScales, type Happenings } from "../../ui/marks/frame.ts";
import { healthIcon } from "../../ui/marks/health-symbol.ts";
import { kindIcon } from "../../ui/marks/kind-shape.ts";
import { levelChart } from "../../ui/marks/level-chart.ts";
import { edgeWidth, mapEdge } from "../../ui/marks/map-edge.ts";
import { mapNode, nodeLabel } from "../../ui/marks/map-node.ts";
import { shareBar } from "../../ui/marks/share-bar.ts";
import { mapOf } from "../browser/fixtures/shop.ts";

const start = Date.UTC(2026, 2, 14, 14, 30) / 1000;

const point = (
  index: number,
  observed: number | null,
  predicted: SeriesPoint["predictedP95Seconds"] = [0.08, 0.1, 0.12],
): SeriesPoint => ({
  atSeconds: start + index * 5,
  ratePerSecond: 20 + index,
  observedP50Seconds: null,
  observedP95Seconds: observed,
  predictedP50Seconds: null,
  predictedP95Seconds: predicted,
  utilization: 0.5,
  probability: 0,
});

const points = [point(0, 0.1), point(1, 0.11), point(2, null), point(3, 0.3), point(4, 0.4), point(5, 0.09)];
const scales = chartScales(
  { width: 400, height: 200, left: 50, right: 10, top: 10, bottom: 20 },
  [start, start + 30],
  bandTopSeconds(points),
  4,
);
const calm: Happenings = { verdict: "fault", span: null, moments: [] };
const chart = (happenings: Happenings, crosshairSeconds: number | null): string =>
  markup(bandChart(points, { label: "p95", happenings, crosshairSeconds }, scales));

/** The `d` of the only path of a class. */
const pathOf = (svg: string, name: string): string => new RegExp(`class="${name}" d="([^"]*)"`).exec(svg)?.[1] ?? "";

const all = (elem: Elem | string, tag: string): readonly Elem[] =>
  typeof elem === "string"
    ? []
    : [...(elem.tag === tag ? [elem] : []), ...elem.children.flatMap((child) => all(child, tag))];

describe("the band chart", () => {
  test("draws the observed line with a gap where nothing was observed", () => {
    const at = (index: number): string =>
      `${scales.x(points[index]!.atSeconds)},${scales.y(points[index]!.observedP95Seconds!)}`;
    expect(pathOf(chart(calm, null), "observed")).toBe(`M${at(0)}L${at(1)}M${at(3)}L${at(4)}L${at(5)}`);
  });

  test("marks exactly the stretch above the band", () => {
    const svg = chart(calm, null);
    expect(pathOf(svg, "observed above")).toBe(
      `M${scales.x(start + 15)} ${scales.y(0.3)}L${scales.x(start + 20)} ${scales.y(0.4)}`,
    );
    expect(svg.match(/observed-dot above/g)).toHaveLength(2);
  });

  test("shades the fault and names its moments; what lies outside the picture is left out", () => {
    const svg = chart(
      {
        verdict: "fault",
        span: [start + 10, start + 500],
        moments: [
          { atSeconds: start + 10, label: "onset" },
          { atSeconds: start + 500, label: "resolved" },
        ],
      },
      null,
    );
    const width = scales.x(start + 30) - scales.x(start + 10);
    expect(svg).toContain(
      `class="happening-span" x="${scales.x(start + 10)}" y="10" width="${Math.round(width * 10) / 10}"`,
    );
    expect(svg).toContain(">onset<");
    expect(svg).not.toContain(">resolved<");
  });

  test("puts the crosshair's dot on the observed value", () => {
    expect(chart(calm, start + 20)).toContain(
      `class="crosshair-dot above" cx="${scales.x(start + 20)}" cy="${scales.y(0.4)}"`,
    );
    expect(chart(calm, null)).not.toContain("crosshair");
  });

  test("survives a series without any prediction or observation", () => {
    const svg = markup(
      bandChart(
        [point(0, null, null), point(1, null, null)],
        { label: "p95", happenings: calm, crosshairSeconds: null },
        scales,
      ),
    );
    expect(svg).not.toContain("NaN");
    expect(bandTopSeconds([])).toBe(0);
  });

  test("a point stands above, within or below its band, or nowhere without one", () => {
    expect([0.13, 0.12, 0.08, 0.07].map((observed) => standing(point(0, observed)))).toEqual([
      "above",
      "within",
      "within",
      "below",
    ]);
    expect(standing(point(0, 0.1, null))).toBeNull();
  });
});

describe("scales", () => {
  test("a place on the time axis leads back to its time", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (offset) => {
        expect(Math.abs(scales.timeAt(scales.x(start + offset)) - (start + offset))).toBeLessThan(0.01);
      }),
    );
  });

  test("larger values stand higher", () => {
    expect(scales.y(0.4)).toBeLessThan(scales.y(0.1));
    expect(scales.y(0)).toBe(180);
  });

  test("an empty chart still has a scale", () => {
    expect(
      chartScales({ width: 100, height: 50, left: 0, right: 0, top: 0, bottom: 0 }, [start, start + 1], 0, 2).y(0),
    ).toBe(50);
  });
});

test("a level chart leaves gaps and keeps its limit line inside the picture", () => {
  const options = {
    label: "Load",
    tone: "rate",
    format: String,
    hasTimes: true,
    happenings: calm,
    crosshairSeconds: null,
    limit: 0.3,
  };
  const svg = markup(
    levelChart(
      [
        { atSeconds: start, value: 0.1 },
        { atSeconds: start + 5, value: null },
        { atSeconds: start + 10, value: 0.2 },
        { atSeconds: start + 15, value: 0.1 },
      ],
      options,
      scales,
    ),
  );
  expect(pathOf(svg, "level-line").match(/M/g)).toHaveLength(2);
  expect(svg).toContain(`class="limit-line" x1="50" x2="390" y1="${scales.y(0.3)}"`);
  expect(svg).toContain("14:30:00");
});

describe("the service map", () => {
  const shop = mapOf("incident");
  const node = (name: string): MapNode => shop.nodes.find((one) => one.name === name)!;
  const drawn = (name: string): string =>
    markup(mapNode(node(name), { isSelected: false, isAside: false }, { x: 10, y: 20 }));

  test("says all it shows of a node in words as well", () => {
    expect(nodeLabel(node("pricing"))).toBe("faulty service pricing, 18.4/s, 90 % utilised, p95 160 ms, 3 instances");
    expect(drawn("pricing")).toContain('role="button"');
    expect(drawn("pricing")).toContain('tabindex="0"');
  });

  test("no health and no kind is told by colour alone: each has a form of its own", () => {
    const forms = healthsByWeight.map((health) =>
      all(healthIcon(health), "path")
        .map((path) => path.properties["d"])
        .join(" "),
    );
    expect(new Set(forms).size).toBe(healthsByWeight.length);
    const kinds = (["service", "database", "cache", "queue", "external"] as const).map(
      (kind) => all(kindIcon(kind), "path")[0]?.properties["d"],
    );
    expect(new Set(kinds).size).toBe(5);
  });

  test("draws a ring only where utilisation is known, and no badge on what is healthy", () => {
    expect(drawn("shop-db")).toContain('class="ring"');
    expect(drawn("pricing")).toContain('class="ring high"');
    expect(drawn("card-provider")).not.toMatch(/class="ring( high)?"/);
    expect(drawn("shop-db")).not.toContain("node-badge");
  });

  test("a name from the network cannot become markup, and a long one is cut in the picture alone", () => {
    const odd = { ...node("cart"), name: '<img src=x onerror="alert(1)">' };
    const svg = markup(mapNode(odd, { isSelected: false, isAside: false }, { x: 0, y: 0 }));
    expect(svg).not.toContain("<img");
    expect(svg).toContain("&lt;img");
    expect(svg).toMatch(/in full &lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;"/);
  });

  test("an edge ends before its callee, is dashed when asynchronous, and is led through its way", () => {
    const edge = shop.edges.find((one) => one.isAsync)!;
    const options = { flow: "right" as const, isOnPath: false, isAside: false, way: [{ x: 150, y: 70 }] };
    const path = mapEdge(edge, options, { x: 0, y: 0 }, { x: 300, y: 40 });
    expect(path.properties.class).toContain("async");
    expect(path.properties["d"]).toMatch(/^M34,0C.*150,70C.*262,40$/);
  });

  test("a call back and a call to a neighbour in the same column are drawn too", () => {
    for (const flow of ["right", "down"] as const) {
      for (const to of [
        { x: 0, y: 200 },
        { x: -100, y: -90 },
      ]) {
        const d = String(
          mapEdge(shop.edges[0]!, { flow, isOnPath: false, isAside: false, way: [] }, { x: 0, y: 0 }, to).properties[
            "d"
          ],
        );
        expect(d).toMatch(/^M[-\d]/);
        expect(d).not.toContain("NaN");
      }
    }
  });

  test("a busier edge is wider, within bounds", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (rate) => {
        expect(edgeWidth(rate)).toBeGreaterThanOrEqual(1.2);
        expect(edgeWidth(rate)).toBeLessThanOrEqual(5);
        expect(edgeWidth(rate * 2)).toBeGreaterThanOrEqual(edgeWidth(rate));
      }),
    );
  });
});

test("a share bar is as long as its share, and never longer than its track", () => {
  const filled = (share: number): unknown => all(shareBar(share, "cause", 100), "rect")[1]?.properties["width"];
  expect(filled(0.25)).toBe(25);
  expect(filled(7)).toBe(100);
  expect(filled(0)).toBeUndefined();
});
