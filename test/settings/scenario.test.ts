// Goal: a scenario is read the same from flags and from YAML, and every mistake is refused with its key, value and rule.
// Method: one well written change of each verb in both forms; one malformed change of each verb; files that are no scenario.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import type { Change } from "../../src/contracts/what-if.ts";
import { readScenario } from "../../src/settings/scenario.ts";
import { SCENARIO_VERBS } from "../../src/settings/scenario-verbs.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-scenario-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(yaml: string): string {
  const path = join(folder, "scenario.yaml");
  writeFileSync(path, yaml);
  return path;
}

function refusalOf(read: () => unknown): SettingsError {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return error as SettingsError;
  }
  throw new Error("was not refused");
}

const written: readonly {
  readonly key: string;
  readonly target: string;
  readonly value: string;
  readonly change: Change;
}[] = [
  {
    key: "traffic",
    target: "POST /checkout",
    value: "3",
    change: { verb: "traffic", operation: "POST /checkout", to: { factor: 3 } },
  },
  { key: "mix", target: "GET /", value: "25%", change: { verb: "mix", operation: "GET /", share: 0.25 } },
  { key: "replicas", target: "pricing", value: "3", change: { verb: "replicas", service: "pricing", count: 3 } },
  {
    key: "balancing",
    target: "pricing",
    value: "power-of-two",
    change: { verb: "balancing", service: "pricing", policy: "power-of-two" },
  },
  {
    key: "device",
    target: "sqlite/inventory",
    value: "lognormal(5ms, 0.5)",
    change: {
      verb: "device",
      service: "sqlite/inventory",
      distribution: { family: "lognormal", meanSeconds: 0.005, variation: 0.5 },
    },
  },
  {
    key: "serviceTime",
    target: "inventory GET /stock/{item}",
    value: "0.5x",
    change: { verb: "serviceTime", target: "inventory GET /stock/{item}", to: { factor: 0.5 } },
  },
  { key: "cacheHit", target: "catalog", value: "0.9", change: { verb: "cacheHit", target: "catalog", share: 0.9 } },
  { key: "servers", target: "pricing", value: "1.5", change: { verb: "servers", service: "pricing", count: 1.5 } },
  { key: "workers", target: "pricing", value: "8", change: { verb: "workers", service: "pricing", count: 8 } },
  {
    key: "queueCapacity",
    target: "pricing",
    value: "100",
    change: { verb: "queueCapacity", service: "pricing", count: 100 },
  },
  {
    key: "throttle",
    target: "pricing",
    value: "20ms/100ms",
    change: { verb: "throttle", service: "pricing", quotaSeconds: 0.02, periodSeconds: 0.1 },
  },
  {
    key: "pause",
    target: "pricing",
    value: "50ms/2s",
    change: { verb: "pause", service: "pricing", durationSeconds: 0.05, intervalSeconds: 2 },
  },
  {
    key: "pool",
    target: "a->b",
    value: "8",
    change: { verb: "pool", edge: { from: "a", to: "b" }, connectionCount: 8 },
  },
  {
    key: "edgeDelay",
    target: "catalog",
    value: "+5ms",
    change: { verb: "placement", service: "catalog", addedSeconds: 0.005 },
  },
  {
    key: "edgeLoss",
    target: "a->b",
    value: "1%,300ms",
    change: { verb: "edgeLoss", edge: { from: "a", to: "b" }, probability: 0.01, retransmitSeconds: 0.3 },
  },
  {
    key: "timeout",
    target: "a->b",
    value: "200ms",
    change: { verb: "timeout", edge: { from: "a", to: "b" }, seconds: 0.2 },
  },
  {
    key: "retry",
    target: "a->b",
    value: "3,50ms,2",
    change: { verb: "retry", edge: { from: "a", to: "b" }, attemptsMax: 3, backoffSeconds: 0.05, backoffFactor: 2 },
  },
];

describe("a change", () => {
  test("of every verb is tried here", () => {
    expect(written.map((each) => each.key)).toEqual(SCENARIO_VERBS.map((verb) => verb.key));
  });

  test.each(written)("$key is the same from a flag and from a file", ({ key, target, value, change }) => {
    expect(readScenario({ flags: { [key]: [`${target}=${value}`] } }).scenario.changes).toEqual([change]);
    const file = fileWith(`${key}:\n  ${JSON.stringify(target)}: ${JSON.stringify(value)}\n`);
    expect(readScenario({ file, flags: {} }).scenario.changes).toEqual([change]);
  });

  test.each<readonly [string, string, Change]>([
    ["traffic", "2", { verb: "traffic", operation: null, to: { factor: 2 } }],
    ["traffic", "1.5x", { verb: "traffic", operation: null, to: { factor: 1.5 } }],
    ["traffic", "40/s", { verb: "traffic", operation: null, to: { ratePerSecond: 40 } }],
    ["serviceTime", "a=12ms", { verb: "serviceTime", target: "a", to: { meanSeconds: 0.012 } }],
    [
      "device",
      "a=constant(2ms)",
      { verb: "device", service: "a", distribution: { family: "constant", meanSeconds: 0.002 } },
    ],
    [
      "device",
      "a=exponential(1s)",
      { verb: "device", service: "a", distribution: { family: "exponential", meanSeconds: 1 } },
    ],
    [
      "device",
      "a=gamma(3ms,2)",
      { verb: "device", service: "a", distribution: { family: "gamma", meanSeconds: 0.003, variation: 2 } },
    ],
    [
      "device",
      "a=uniform(1ms,3ms)",
      { verb: "device", service: "a", distribution: { family: "uniform", fromSeconds: 0.001, toSeconds: 0.003 } },
    ],
    ["throttle", "a=0.25", { verb: "throttle", service: "a", quotaSeconds: 0.025, periodSeconds: 0.1 }],
    [
      "retry",
      "a->b=2",
      { verb: "retry", edge: { from: "a", to: "b" }, attemptsMax: 2, backoffSeconds: 0, backoffFactor: 2 },
    ],
    [
      "edgeLoss",
      "a->b=0.02",
      { verb: "edgeLoss", edge: { from: "a", to: "b" }, probability: 0.02, retransmitSeconds: 0.2 },
    ],
    ["edgeDelay", "a -> b=-3ms", { verb: "edgeDelay", edge: { from: "a", to: "b" }, addedSeconds: -0.003 }],
    ["traffic", "GET /find?x=1=2", { verb: "traffic", operation: "GET /find?x=1", to: { factor: 2 } }],
  ])("%s %s", (key, text, change) => {
    expect(readScenario({ flags: { [key]: [text] } }).scenario.changes).toEqual([change]);
  });

  test("may be written as a number in YAML, and without a target where it is for all", () => {
    const file = fileWith("traffic: 2\nreplicas:\n  pricing: 3\ncacheHit: { catalog: 90% }\n");
    expect(readScenario({ file, flags: {} }).scenario.changes).toEqual([
      { verb: "traffic", operation: null, to: { factor: 2 } },
      { verb: "replicas", service: "pricing", count: 3 },
      { verb: "cacheHit", target: "catalog", share: 0.9 },
    ]);
  });

  test("keeps any duration to the digit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), (milliseconds) => {
        const { changes } = readScenario({ flags: { timeout: [`a->b=${milliseconds}ms`] } }).scenario;
        expect(changes).toEqual([{ verb: "timeout", edge: { from: "a", to: "b" }, seconds: milliseconds * 1e-3 }]);
      }),
    );
  });
});

describe("a file and flags", () => {
  test("are put together, in one order whatever the order of writing; where both speak, the flag wins and it is said", () => {
    const file = fileWith("servers: { pricing: 4, cart: 2 }\ntraffic: 2\n");
    const { scenario, overruled, origins } = readScenario({
      file,
      flags: { servers: ["pricing=6"], mix: ["GET /=0.5"] },
    });
    expect(scenario.changes.map((each) => each.verb)).toEqual(["traffic", "mix", "servers", "servers"]);
    expect(scenario.changes).toContainEqual({ verb: "servers", service: "pricing", count: 6 });
    expect(scenario.changes).not.toContainEqual({ verb: "servers", service: "pricing", count: 4 });
    expect(overruled).toHaveLength(1);
    expect(overruled[0]).toMatch(/--servers pricing=6 wins over servers\.pricing: 4 .*scenario\.yaml/);
    expect(origins.map((each) => each.key)).toEqual(["traffic", "--mix", "--servers", "servers.cart"]);
  });

  test("a flag given twice for one target is refused", () => {
    expect(refusalOf(() => readScenario({ flags: { servers: ["a=1", "a=2"] } })).message).toContain("--servers");
  });
});

describe("a mistake", () => {
  test.each<readonly [string, string]>([
    ["traffic", "0"],
    ["traffic", "GET /=many"],
    ["mix", "GET /=1.5"],
    ["mix", "0.5"],
    ["replicas", "pricing=0"],
    ["replicas", "pricing=2.5"],
    ["replicas", "pricing"],
    ["balancing", "pricing=fair"],
    ["device", "db=normal(5ms,1)"],
    ["device", "db=lognormal(5ms)"],
    ["device", "db=lognormal(5ms,0.01)"],
    ["device", "db=uniform(5ms,1ms)"],
    ["serviceTime", "a=2"],
    ["serviceTime", "a=-1ms"],
    ["cacheHit", "a=120%"],
    ["servers", "a=0"],
    ["servers", "=3"],
    ["workers", "a=1e3"],
    ["queueCapacity", "a=-1"],
    ["throttle", "a=0"],
    ["throttle", "a=20ms"],
    ["pause", "a=2s/50ms"],
    ["pool", "a=8"],
    ["pool", "a->b->c=8"],
    ["timeout", "a->b=0ms"],
    ["timeout", "a->b=200"],
    ["timeout", "a->b=2h"],
    ["retry", "a->b=0"],
    ["retry", "a->b=3,50ms,0.5"],
    ["edgeDelay", "a=soon"],
    ["edgeLoss", "a->b=0.6"],
  ])("--%s %s is refused, naming flag, value and rule", (key, text) => {
    const error = refusalOf(() => readScenario({ flags: { [key]: [text] } }));
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    expect(error.key).toBe(flag);
    expect(error.message).toMatch(/ must be /);
    expect(error.message).toContain(JSON.stringify(text));
    expect(error.message).not.toContain("\n");
  });

  test.each<readonly [string, string, string]>([
    ["server:\n  pricing: 3\n", "server", "did you mean servers?"],
    ["speed: 3\n", "speed", "known are traffic"],
    ["servers: 3\n", "servers", 'of the form "service: n"'],
    ["servers: [pricing]\n", "servers", 'of the form "service: n"'],
    ["servers: { pricing: many }\n", "servers.pricing", "a number above 0"],
    ["servers: { pricing: [3] }\n", "servers.pricing", "a number above 0"],
    ["servers: { pricing: null }\n", "servers.pricing", "a number above 0"],
    ["timeout: { pricing: 20ms }\n", "timeout.pricing", "caller->callee"],
    ["traffic: true\n", "traffic", "a factor above 0"],
  ])("%j in a file is refused, naming the key", (yaml, key, rule) => {
    const error = refusalOf(() => readScenario({ file: fileWith(yaml), flags: {} }));
    expect(error.key).toBe(key);
    expect(error.message).toContain(rule);
    expect(error.message).toContain("scenario.yaml");
  });

  test.each([
    ["that is no YAML", "traffic: [2"],
    ["that is a list", "- traffic\n"],
    ["with a key twice", "traffic: 2\ntraffic: 3\n"],
  ])("a file %s is refused by its name", (_, yaml) => {
    const path = fileWith(yaml);
    const error = refusalOf(() => readScenario({ file: path, flags: {} }));
    expect(error.key).toBe("scenario");
    expect(error.message).toContain(path);
  });

  test("a file that is not there is refused by its name", () => {
    expect(refusalOf(() => readScenario({ file: "/no/such/scenario.yaml", flags: {} })).key).toBe("scenario");
  });
});
