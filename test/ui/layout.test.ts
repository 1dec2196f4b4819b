import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Graph, layersOf } from "../../ui/layout/layers.ts";
import { nearestInDirection } from "../../ui/layout/nearest.ts";
import { placeNodes, type Spacing } from "../../ui/layout/place.ts";
import { mapOf } from "../browser/fixtures/shop.ts";

const spacing: Spacing = { column: 160, row: 100 };

const graphs: fc.Arbitrary<Graph> = fc.integer({ min: 1, max: 18 }).chain((count) => {
  const name = fc.integer({ min: 0, max: count - 1 }).map((index) => `n${index}`);
  return fc.record({
    nodes: fc.constant(Array.from({ length: count }, (_, index) => `n${index}`)),
    edges: fc.array(fc.record({ from: name, to: name }), { maxLength: 40 }),
  });
});

const shop = mapOf("healthy");
const shopGraph: Graph = { nodes: shop.nodes.map((node) => node.name), edges: shop.edges };

const shuffled = (graph: Graph): Graph => ({ nodes: [...graph.nodes].reverse(), edges: [...graph.edges].reverse() });

describe("layers", () => {
  test("a callee stands after each of its callers, entries stand first", () => {
    const layer = layersOf(shopGraph);
    for (const { from, to } of shopGraph.edges) expect(layer.get(to)!).toBeGreaterThan(layer.get(from)!);
    expect([...layer].filter(([, index]) => index === 0)).toEqual([["gateway", 0]]);
  });

  test("a cycle does not hang it, and a long chain does not overflow it", () => {
    expect(
      [
        ...layersOf({
          nodes: ["a", "b", "c"],
          edges: [
            { from: "a", to: "b" },
            { from: "b", to: "c" },
            { from: "c", to: "a" },
          ],
        }).values(),
      ].sort(),
    ).toEqual([0, 1, 2]);
    const nodes = Array.from({ length: 3000 }, (_, index) => `n${String(index).padStart(4, "0")}`);
    const chain = layersOf({ nodes, edges: nodes.slice(1).map((to, index) => ({ from: nodes[index]!, to })) });
    expect(chain.get("n2999")).toBe(2999);
  });

  test("every node has a layer, and there are no more layers than nodes", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const layer = layersOf(graph);
        expect([...layer.keys()].sort()).toEqual([...graph.nodes].sort());
        expect(Math.max(...layer.values())).toBeLessThan(graph.nodes.length);
      }),
    );
  });
});

describe("places", () => {
  test("are the same every time, whatever the order the graph came in", () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom("right" as const, "down" as const), (graph, flow) => {
        const places = placeNodes(graph, flow, spacing);
        expect(placeNodes(graph, flow, spacing)).toEqual(places);
        const other = placeNodes(shuffled(graph), flow, spacing);
        expect(new Map([...other.places].sort())).toEqual(new Map([...places.places].sort()));
        expect(new Map([...other.ways].sort())).toEqual(new Map([...places.ways].sort()));
      }),
    );
  });

  test("never overlap", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const places = [...placeNodes(graph, "right", spacing).places.values()];
        for (const [index, one] of places.entries()) {
          for (const other of places.slice(index + 1))
            expect(Math.abs(one.x - other.x) >= spacing.column || Math.abs(one.y - other.y) >= spacing.row - 1).toBe(
              true,
            );
        }
      }),
    );
  });

  test("lie within the bounds that are told", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { places, width, height } = placeNodes(graph, "down", spacing);
        for (const { x, y } of places.values()) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(width);
          expect(y).toBeLessThanOrEqual(height);
        }
      }),
    );
  });

  test("run to the right, or down on a narrow screen; long edges are led past what stands between", () => {
    const right = placeNodes(shopGraph, "right", spacing);
    const down = placeNodes(shopGraph, "down", spacing);
    expect(right.places.get("shop-db")!.x).toBeGreaterThan(right.places.get("gateway")!.x);
    expect(down.places.get("shop-db")!.y).toBeGreaterThan(down.places.get("gateway")!.y);
    const way = right.ways.get("cart\nshop-db") ?? [];
    expect(way.length).toBeGreaterThan(0);
    for (const point of way) {
      for (const place of right.places.values())
        if (place.x === point.x) expect(Math.abs(place.y - point.y)).toBeGreaterThan(spacing.row * 0.6);
    }
  });

  test("a tall layer is folded, so that 120 services stay about as wide as high", () => {
    const many = mapOf("many");
    const { width, height } = placeNodes(
      { nodes: many.nodes.map((node) => node.name), edges: many.edges },
      "right",
      spacing,
    );
    expect(width / height).toBeGreaterThan(0.7);
    expect(width / height).toBeLessThan(4);
  });
});

describe("arrow keys on the map", () => {
  const { places } = placeNodes(shopGraph, "right", spacing);

  test("lead to a node in that direction, and nowhere at the edge", () => {
    const next = nearestInDirection(places, "gateway", "right");
    expect(places.get(next ?? "")!.x).toBeGreaterThan(places.get("gateway")!.x);
    expect(nearestInDirection(places, "gateway", "left")).toBeNull();
    expect(nearestInDirection(places, "nobody", "left")).toBeNull();
  });
});
