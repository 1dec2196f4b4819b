// Goal: what an application can carry follows from its declaration. Method: hand-made declarations, and the real cache.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cacheMissShare } from "../../datasets/testbed/cache-miss-share.ts";
import { bottleneckCapacity, stationDemands } from "../../datasets/testbed/capacity.ts";
import { randomStream, zipfDraw } from "../../datasets/testbed/random.ts";
import { ItemCache } from "../../datasets/testbed/service/item-cache.ts";
import { TIMER_LATENESS_SECONDS } from "../../datasets/testbed/service/waiting.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import type { ServiceDeclaration, ShopDeclaration, Step } from "../../datasets/testbed/shop-schema.ts";

const LATE = TIMER_LATENESS_SECONDS;
const work = (meanSeconds: number): Step => ({ do: "work", time: { meanSeconds, cv: 1 } });
const call = (service: string): Step => ({ do: "call", service, route: "GET /x" });
const service = (name: string, workerCount: number, steps: readonly Step[], more = {}): ServiceDeclaration => ({
  name,
  replicaCount: 1,
  workerCount,
  routes: [{ route: "GET /x", steps }],
  ...more,
});
const application = (services: readonly ServiceDeclaration[]): ShopDeclaration => ({
  ...SHOP,
  name: "made",
  entryService: services[0]!.name,
  entries: [{ route: "GET /x", share: 1 }],
  services,
  externals: [{ peer: "outside", port: 8443, slotCount: 4, time: { meanSeconds: 0.04, cv: 0 } }],
  linesPerOrder: [1, 3],
});
const demandOf = (shop: ShopDeclaration, station: string) =>
  stationDemands(shop).find((demand) => demand.station === station);

describe("the demand of a station", () => {
  test("of the built-in shop's bottleneck is two workers over 43 ms and a late timer, once a request", () => {
    expect(demandOf(SHOP, "pricing/workers")).toMatchObject({ serverCount: 2 });
    expect(demandOf(SHOP, "pricing/workers")?.visitsPerRequest).toBeCloseTo(1);
    expect(bottleneckCapacity(SHOP)).toBeCloseTo(2 / (0.043 + LATE));
    expect(stationDemands(SHOP)[0]?.station).toBe(SHOP.bottleneck);
  });

  test("holds the worker over calls, takes the longest of parallel steps and repeats a step for each line", () => {
    const shop = application([
      service("a", 10, [work(0.01), { do: "together", steps: [call("b"), call("c")] }]),
      service("b", 1, [work(0.02)]),
      service("c", 1, [{ do: "each-line", steps: [work(0.05)] }]),
    ]);
    expect(demandOf(shop, "c/workers")?.holdSeconds).toBeCloseTo(2 * (0.05 + LATE));
    expect(demandOf(shop, "a/workers")?.holdSeconds).toBeCloseTo(0.01 + LATE + 2 * (0.05 + LATE));
    expect(demandOf(shop, "a/workers")?.ownSeconds).toBeCloseTo(0.01 + LATE);
    expect(demandOf(shop, "b/workers")?.visitsPerRequest).toBeCloseTo(1);
  });

  test("counts outside peers, connections of all replicas, and consumers that the request does not wait for", () => {
    const query: Step = {
      do: "query",
      operation: "SELECT",
      collection: "rows",
      sql: "SELECT 1",
      bind: [],
      time: { meanSeconds: 0.03, cv: 1 },
    };
    const database = { namespace: "rows", connectionCount: 3, schema: "", seedStatements: [] };
    const shop = application([
      service("a", 10, [
        { do: "external", peer: "outside", path: "/" },
        { do: "publish", topic: "news" },
      ]),
      service("b", 1, [], {
        replicaCount: 2,
        database,
        consumes: { topic: "news", group: "b", steps: [query, query] },
      }),
    ]);
    expect(demandOf(shop, "a/workers")?.holdSeconds).toBeCloseTo(0.04 + LATE);
    expect(demandOf(shop, "outside/slots")?.capacityPerSecond).toBeCloseTo(4 / (0.04 + LATE));
    expect(demandOf(shop, "b/db-pool")).toMatchObject({ serverCount: 6, visitsPerRequest: 2 });
    expect(demandOf(shop, "b/workers")?.capacityPerSecond).toBeCloseTo(2 / (2 * (0.03 + LATE)));
  });

  test("is met by workers in proportion, whatever the chain", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ workers: fc.integer({ min: 1, max: 20 }), mean: fc.double({ min: 0.004, max: 1, noNaN: true }) }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.integer({ min: 2, max: 5 }),
        (links, times) => {
          const chain = (scale: number) =>
            application(
              links.map(({ workers, mean }, at) =>
                service(`s${at}`, workers * scale, [
                  work(mean),
                  ...(at + 1 < links.length ? [call(`s${at + 1}`)] : []),
                ]),
              ),
            );
          const before = stationDemands(chain(1));
          const after = stationDemands(chain(times));
          expect(before).toHaveLength(links.length);
          for (const [at, { capacityPerSecond, station }] of before.entries()) {
            expect(after[at]?.station).toBe(station);
            expect(after[at]!.capacityPerSecond / capacityPerSecond).toBeCloseTo(times);
            expect(capacityPerSecond).toBeGreaterThanOrEqual(before[0]!.capacityPerSecond);
          }
        },
      ),
    );
  });
});

describe("the share of look-ups that miss", () => {
  test.each([
    { items: 2000, exponent: 1, capacity: 500 },
    { items: 5000, exponent: 1.05, capacity: 150 },
    { items: 800, exponent: 0.5, capacity: 200 },
    { items: 300, exponent: 0, capacity: 100 },
  ])(
    "is what the real cache shows: $items items, exponent $exponent, room for $capacity",
    ({ items, exponent, capacity }) => {
      const cache = new ItemCache(capacity);
      const draw = zipfDraw(items, exponent);
      const random = randomStream(7, "look-ups");
      for (let i = 0; i < 20_000; i++) cache.lookUp(draw(random));
      let misses = 0;
      for (let i = 0; i < 60_000; i++) if (!cache.lookUp(draw(random))) misses++;
      // Standard error of the share: below 0.002.
      expect(Math.abs(cacheMissShare(items, exponent, capacity) - misses / 60_000)).toBeLessThan(0.01);
    },
  );

  test("is none when everything fits", () => {
    expect(cacheMissShare(100, 1, 100)).toBe(0);
  });
});
