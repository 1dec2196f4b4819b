// Goal: a running copy is known by its node, its name and its version, for as long as a system runs.
// Method: names by hand, spans through the observer, and more copies than there is room for.
import { beforeAll, describe, expect, test } from "vitest";
import { Observer } from "../../src/topology/observer.ts";
import { TopologyRegistry } from "../../src/topology/registry.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const SERVER = 2;
/** Copies the registry tells apart. */
const ROOM = 20_000;

describe("an instance", () => {
  test("is one for the same name and version, and another for another version", () => {
    const registry = new TopologyRegistry();
    const shop = registry.node("shop", "service");
    const first = registry.instance(shop, "shop-0", "1.0");
    expect(registry.instance(shop, "shop-0", "1.0")).toBe(first);
    expect(registry.instance(shop, "shop-0", "2.0")).not.toBe(first);
    expect(registry.instances.map(({ name, version }) => `${name} ${version}`)).toEqual(["shop-0 1.0", "shop-0 2.0"]);
  });

  test("is not mixed up with one whose name and version only look the same put together", () => {
    const registry = new TopologyRegistry();
    const shop = registry.node("shop", "service");
    expect(registry.instance(shop, "a", "b c")).not.toBe(registry.instance(shop, "a b", "c"));
  });

  test("gets the version that its spans tell, and none when they do not", () => {
    const observer = new Observer(
      { windowSeconds: 5, latenessSeconds: 0, maxOpenTraces: 100 },
      { received: () => undefined, lost: () => undefined, rows: () => [] },
    );
    const span = (trace: number, version?: string): TestSpan => ({
      trace,
      id: 1,
      kind: SERVER,
      service: "shop",
      start: 1000 + trace,
      end: 1000.1 + trace,
      ...(version === undefined ? {} : { version }),
    });
    observer.add(batchOf([span(1, "1.0"), span(2, "1.0"), span(3, "2.0"), span(4)]));
    observer.finish();
    expect(observer.topology.instances.map(({ version }) => version)).toEqual(["1.0", "2.0", ""]);
  });
});

describe("when there is no more room for copies", () => {
  let registry: TopologyRegistry;
  let shop: number;
  let last: number;
  beforeAll(() => {
    registry = new TopologyRegistry();
    shop = registry.node("shop", "service");
    const stock = registry.node("stock", "service");
    for (let k = 0; k < ROOM - 1; k++) last = registry.instance(shop, `shop-${k}`);
    registry.instance(stock, "stock-0");
  });

  test("a new one counts as the latest of its own node", () => {
    expect(registry.instance(shop, "one more")).toBe(last);
    expect(registry.overflowCount).toBe(1);
    expect(registry.instance(shop, "shop-7")).toBe(7);
  });

  test("the first one of a new node is still taken in, and its next ones count as that", () => {
    const late = registry.node("late", "service");
    const first = registry.instance(late, "late-0");
    expect(registry.instances[first]).toMatchObject({ name: "late-0", node: late });
    expect(registry.instance(late, "late-1")).toBe(first);
    expect(registry.instances).toHaveLength(ROOM + 1);
  });
});
