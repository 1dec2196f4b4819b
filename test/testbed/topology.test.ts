// Goal: a wrong topology file is refused before anything starts, naming key, value and rule; the shipped ones are what they say.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { stationDemands } from "../../datasets/testbed/capacity.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import type { ShopDeclaration } from "../../datasets/testbed/shop-schema.ts";
import { parseTopology, readTopology } from "../../datasets/testbed/topology.ts";
import { SettingsError } from "../../src/contracts/errors.ts";

const FOLDER = new URL("../../datasets/testbed/applications/", import.meta.url);
const FILES = readdirSync(FOLDER);

// biome-ignore lint/suspicious/noExplicitAny: a tree that is to be spoilt
type Tree = any;

const SMALL = `
name: small
ratePerSecond: 5
bottleneck: b/workers
entryService: a
entries: [{ route: GET /a, share: 1 }]
itemCount: 10
userCount: 10
popularity: 1
linesPerOrder: [1, 2]
externals: [{ peer: outside, port: 8443, slotCount: 1, time: { meanSeconds: 0.01, cv: 1 } }]
services:
  - name: a
    replicaCount: 1
    workerCount: 4
    routes:
      - route: GET /a
        steps:
          - { do: work, time: { meanSeconds: 0.01, cv: 0.5 } }
          - { do: call, service: b, route: GET /b }
          - { do: external, peer: outside, path: /x }
          - { do: publish, topic: news }
  - name: b
    replicaCount: 2
    workerCount: 1
    cacheCapacity: 5
    database: { namespace: rows, connectionCount: 1, schema: CREATE TABLE rows (id INTEGER), seedStatements: [] }
    routes:
      - route: GET /b
        steps:
          - do: cached
            onMiss:
              - { do: query, sql: SELECT id FROM rows WHERE id = ?, collection: rows, bind: [item], time: { meanSeconds: 0.01, cv: 1 } }
  - name: c
    replicaCount: 1
    workerCount: 1
    routes: [{ route: GET /c, steps: [{ do: work, time: { meanSeconds: 0.01, cv: 1 } }] }]
    consumes: { topic: news, group: c, steps: [{ do: work, time: { meanSeconds: 0.01, cv: 1 } }] }
`;

function complaint(spoil: (tree: Tree) => void): SettingsError {
  const tree = parse(SMALL);
  spoil(tree);
  try {
    parseTopology(stringify(tree));
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a topology file", () => {
  test("declares what it says, down to a query's operation", () => {
    const shop = parseTopology(SMALL);
    expect(shop.services.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(shop.services[1]?.routes[0]?.steps).toMatchObject([{ onMiss: [{ operation: "SELECT", bind: ["item"] }] }]);
  });

  test("can say everything the built-in shop says", () => {
    const withoutOperation = JSON.parse(
      JSON.stringify(SHOP, (key, value) => (key === "operation" ? undefined : value)),
    ) as unknown;
    expect(parseTopology(stringify(withoutOperation))).toEqual(SHOP);
  });

  test("that is not there is refused by its name, and none at all is the built-in shop", () => {
    expect(() => readTopology("/no/such/file.yaml")).toThrow(/--topology: "\/no\/such\/file\.yaml"/);
    expect(readTopology(undefined)).toBe(SHOP);
  });

  test.each<[string, string, (tree: Tree) => void]>([
    ["an unknown key", "services[0].workers", (tree) => (tree.services[0].workers = 3)],
    ["a missing key", "ratePerSecond", (tree) => delete tree.ratePerSecond],
    ["a wrong type", "services[1].replicaCount", (tree) => (tree.services[1].replicaCount = "two")],
    ["no workers", "services[1].workerCount", (tree) => (tree.services[1].workerCount = 0)],
    [
      "an unknown step",
      "services[0].routes[0].steps[0].do",
      (tree) => (tree.services[0].routes[0].steps[0].do = "think"),
    ],
    [
      "a time below a timer's grain",
      "services[0].routes[0].steps[0].time.meanSeconds",
      (tree) => (tree.services[0].routes[0].steps[0].time.meanSeconds = 0.001),
    ],
    [
      "a parameter of another step",
      "services[0].routes[0].steps[0].topic",
      (tree) => (tree.services[0].routes[0].steps[0].topic = "x"),
    ],
    ["a path that is none", "services[0].routes[0].route", (tree) => (tree.services[0].routes[0].route = "FETCH it")],
    ["two services of one name", "services[2].name", (tree) => (tree.services[2].name = "a")],
    ["the broker's name", "services[2].name", (tree) => (tree.services[2].name = "broker")],
    ["an entry service there is not", "entryService", (tree) => (tree.entryService = "z")],
    ["an entry service of two replicas", "entryService", (tree) => (tree.services[0].replicaCount = 2)],
    ["an entry route there is not", "entries[0].route", (tree) => (tree.entries[0].route = "GET /z")],
    ["shares that are not all", "entries", (tree) => (tree.entries[0].share = 0.5)],
    ["a call of nobody", "services[0].routes[0]: call", (tree) => (tree.services[0].routes[0].steps[1].service = "z")],
    [
      "a call of no route",
      "services[0].routes[0]: call",
      (tree) => (tree.services[0].routes[0].steps[1].route = "GET /z"),
    ],
    ["an external there is not", "services[0].routes[0]: external", (tree) => (tree.externals = [])],
    ["a topic nobody consumes", "services[0].routes[0]: publish", (tree) => delete tree.services[2].consumes],
    ["a cache there is not", "services[1].routes[0]: cached", (tree) => delete tree.services[1].cacheCapacity],
    ["a query without a database", "services[1].routes[0]: query", (tree) => delete tree.services[1].database],
    [
      "a table there is not",
      "services[1]: query",
      (tree) => (tree.services[1].database.schema = "CREATE TABLE x (id)"),
    ],
    ["a schema that is no SQL", "services[1].database.schema", (tree) => (tree.services[1].database.schema = "MAKE")],
    [
      "one topic for two",
      "services[2].consumes.topic",
      (tree) => (tree.services[1].consumes = tree.services[2].consumes),
    ],
    ["a bottleneck there is not", "bottleneck", (tree) => (tree.bottleneck = "a/db-pool")],
    [
      "calls in a ring",
      "services",
      (tree) => tree.services[2].routes[0].steps.push({ do: "call", service: "c", route: "GET /c" }),
    ],
    [
      "more processes than fit",
      "services",
      (tree) => {
        for (let i = 0; i < 7; i++)
          tree.services.push({ ...tree.services[2], name: `d${i}`, replicaCount: 8, consumes: undefined });
      },
    ],
  ])("with %s is refused at %s", (_, key, spoil) => {
    const error = complaint(spoil);
    expect(error.key, error.message).toBe(key);
    expect(error.message).not.toContain("\n");
  });
});

describe("the shipped applications", () => {
  const all: ShopDeclaration[] = FILES.map((file) => parseTopology(readFileSync(new URL(file, FOLDER), "utf8")));

  test("are at least six, of five to twenty services each, and named as their files", () => {
    expect(all.length).toBeGreaterThanOrEqual(6);
    for (const { services } of all) {
      expect(services.length).toBeGreaterThanOrEqual(5);
      expect(services.length).toBeLessThanOrEqual(20);
    }
    expect(all.map(({ name }) => `${name}.yaml`)).toEqual(FILES);
  });

  test.each(all)("$name: at its base rate the declared bottleneck is the busiest station, about half busy", (shop) => {
    const [busiest, next] = stationDemands(shop);
    expect(busiest?.station).toBe(shop.bottleneck);
    const utilization = shop.ratePerSecond / busiest!.capacityPerSecond;
    expect(utilization).toBeGreaterThan(0.4);
    expect(utilization).toBeLessThan(0.55);
    expect(shop.ratePerSecond / next!.capacityPerSecond).toBeLessThan(0.7 * utilization);
  });

  test("differ in shape: a chain, a fan-out, a star, topics, replicas and caches are among them", () => {
    const named = (name: string) => all.find((shop) => shop.name === name)!;
    const widest = (shop: ShopDeclaration) =>
      Math.max(
        ...shop.services.flatMap(({ routes }) =>
          routes.flatMap(({ steps }) => steps.map((step) => (step.do === "together" ? step.steps.length : 1))),
        ),
      );
    expect(widest(named("claims"))).toBe(1);
    expect(widest(named("start-page"))).toBeGreaterThanOrEqual(8);
    expect(named("bank").bottleneck).toBe("accounts/db-pool");
    expect(named("metering").services.filter(({ consumes }) => consumes !== undefined)).toHaveLength(3);
    expect(new Set(named("library-search").services.map(({ replicaCount }) => replicaCount)).size).toBe(4);
    expect(named("library-search").services.filter(({ cacheCapacity }) => cacheCapacity !== undefined)).toHaveLength(2);
    expect(named("travel").externals).toHaveLength(2);
  });
});
