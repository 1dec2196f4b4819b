// Goal: a campaign file is refused by name when it is wrong, and laid out as it says when it is right, for every application.
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type Campaign, parseCampaign } from "../../datasets/testbed/campaign/campaign-schema.ts";
import { baseRatePerSecond, planCells } from "../../datasets/testbed/campaign/cells.ts";
import { partSchedule, partSeconds } from "../../datasets/testbed/campaign/part-schedule.ts";
import { bottleneckCapacity, stationDemands } from "../../datasets/testbed/capacity.ts";
import { peakFactor } from "../../datasets/testbed/load-shape.ts";
import { parseSchedule } from "../../datasets/testbed/schedule.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import { parseTopology } from "../../datasets/testbed/topology.ts";
import { SettingsError } from "../../src/contracts/errors.ts";
import { FAULT_KINDS } from "../../src/contracts/score.ts";

const TESTBED = new URL("../../datasets/testbed/", import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, TESTBED), "utf8");
const shipped = (name: string) => parseCampaign(textOf(`campaigns/${name}.yaml`));
const APPLICATIONS = [
  SHOP,
  ...readdirSync(new URL("applications/", TESTBED)).map((file) => parseTopology(textOf(`applications/${file}`))),
];

// biome-ignore lint/suspicious/noExplicitAny: a tree that is to be spoilt
type Tree = any;

const GRID = `
baseUtilization: 0.5
settleSeconds: 40
recoverySeconds: 30
warmUp: [{ utilization: 0.4, seconds: 90 }]
grids:
  - cellSeconds: 60
    faultAfterSeconds: 20
    faults: [none, slow-code, crash]
    loads:
      - { shape: plateau, utilization: 0.8 }
      - { shape: surge, factor: 5 }
`;

function complaint(spoil: (tree: Tree) => void): SettingsError {
  const tree = parse(GRID);
  spoil(tree);
  try {
    parseCampaign(stringify(tree));
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a campaign file", () => {
  test.each<[string, string, (tree: Tree) => void]>([
    ["an unknown key", "seed", (tree) => (tree.seed = 3)],
    ["no grid", "grids", (tree) => (tree.grids = [])],
    ["no warm-up", "warmUp", (tree) => delete tree.warmUp],
    ["an unknown kind of fault", "grids[0].faults[1]", (tree) => (tree.grids[0].faults[1] = "gremlins")],
    ["an unknown shape", "grids[0].loads[0].shape", (tree) => (tree.grids[0].loads[0].shape = "square")],
    [
      "a parameter of another shape",
      "grids[0].loads[1].utilization",
      (tree) => (tree.grids[0].loads[1].utilization = 1),
    ],
    ["a load that is none", "grids[0].loads[0].utilization", (tree) => (tree.grids[0].loads[0].utilization = -1)],
    ["a strength between", "grids[0].strengths[0]", (tree) => (tree.grids[0].strengths = ["medium"])],
    ["a fault after its cell", "grids[0].faultAfterSeconds", (tree) => (tree.grids[0].faultAfterSeconds = 60)],
    ["half a pick", "grids[0].pick", (tree) => (tree.grids[0].pick = 1.5)],
    ["a base that is overload", "baseUtilization", (tree) => (tree.baseUtilization = 1.2)],
  ])("with %s is refused at %s", (_, key, spoil) => {
    const error = complaint(spoil);
    expect(error.key, error.message).toBe(key);
    expect(error.message).not.toContain("\n");
  });

  test("that is no YAML is refused", () => {
    expect(() => parseCampaign("grids: [")).toThrow(SettingsError);
  });
});

describe("the cells", () => {
  const campaign = parseCampaign(GRID);

  test("are every load with every fault at every strength that the application can show", () => {
    const { cells, impossible } = planCells(campaign, SHOP, 1);
    // None: 2 loads. Slow code: 2 loads × 2 strengths. A crash: strong and, as catalog has two replicas, mild.
    expect(cells).toHaveLength(2 + 4 + 4);
    expect(impossible).toEqual([]);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    expect(
      cells
        .filter(({ fault }) => fault === null)
        .map(({ load }) => load.shape)
        .sort(),
    ).toEqual(["plateau", "surge"]);
  });

  test("state loads by the bottleneck's capacity: 0.8 of it is ×1.6 of a base of 0.5", () => {
    const { cells } = planCells(campaign, SHOP, 1);
    expect(cells.find(({ load }) => load.shape === "plateau")?.load).toEqual({ shape: "plateau", factor: 1.6 });
    expect(baseRatePerSecond(campaign, SHOP)).toBeCloseTo(bottleneckCapacity(SHOP) / 2);
  });

  test("are followed by as long a recovery as the backlog of an overload takes to drain", () => {
    const { cells } = planCells(campaign, SHOP, 1);
    const recovery = (shape: string) => cells.find(({ load }) => load.shape === shape)!.recoverySeconds;
    expect(recovery("plateau")).toBe(30);
    // Five times a half is one and a half too much, for 60 s; half the capacity is left to work it off, 2000 requests at most.
    const backlog = Math.min(1.5 * bottleneckCapacity(SHOP) * 60, 2000);
    expect(recovery("surge")).toBe(30 + Math.ceil(backlog / (bottleneckCapacity(SHOP) / 2)));
  });

  test("name what the application cannot have", () => {
    const bank = APPLICATIONS.find(({ name }) => name === "bank")!;
    const asking = { ...campaign, grids: [{ ...campaign.grids[0]!, faults: ["cache-miss" as const] }] };
    expect(planCells(asking, bank, 1)).toEqual({ cells: [], impossible: ["cache-miss mild", "cache-miss strong"] });
  });

  test("fall on the given targets only", () => {
    const aimed = { ...campaign, grids: [{ ...campaign.grids[0]!, targets: ["cart"] }] };
    const targets = planCells(aimed, SHOP, 3).cells.flatMap(({ fault }) => (fault === null ? [] : [fault.service]));
    expect(new Set(targets)).toEqual(new Set(["cart"]));
  });

  test("are the same for the same seed and in another order for another, in every application", () => {
    fc.assert(
      fc.property(fc.constantFrom(...APPLICATIONS), fc.nat(10_000), (shop, seed) => {
        const grid = shipped("grid");
        const { cells } = planCells(grid, shop, seed);
        expect(planCells(grid, shop, seed).cells).toEqual(cells);
        expect(planCells(grid, shop, seed + 1).cells.map(({ id }) => id)).not.toEqual(cells.map(({ id }) => id));
      }),
      { numRuns: 10 },
    );
  });

  test("make a schedule the testbed accepts, with faults that make a difference, in every application", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("quick", "short", "grid"),
        fc.constantFrom(...APPLICATIONS),
        fc.nat(10_000),
        (name, shop, seed) => {
          const campaign = shipped(name);
          const { cells } = planCells(campaign, shop, seed);
          const schedule = parseSchedule(partSchedule(campaign, cells), shop);
          const seconds = schedule.phases.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
          expect(seconds).toBeCloseTo(partSeconds(campaign, cells));
          const demands = stationDemands(shop);
          for (const { fault, load } of schedule.phases) {
            if (fault === null) continue;
            if (fault.kind === "crash") expect(fault.service).not.toBe(shop.entryService);
            if (fault.kind === "cpu")
              expect(shop.services.find(({ name }) => name === fault.service)?.replicaCount).toBe(1);
            if (fault.kind !== "capacity") continue;
            const rate = peakFactor(load) * baseRatePerSecond(campaign, shop);
            const replicas = shop.services.find(({ name }) => name === fault.service)!.replicaCount;
            const demand = demands.find(({ station }) => station === `${fault.service}/workers`);
            const busy =
              (rate * demand!.visitsPerRequest * demand!.holdSeconds) / replicas / fault.parameters["slots"]!;
            expect(busy).toBeGreaterThanOrEqual(0.6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("the shipped campaigns", () => {
  const secondsOf = (campaign: Campaign, shop = SHOP) => partSeconds(campaign, planCells(campaign, shop, 1).cells);

  test("quick is under ten minutes for every application, short under thirteen", () => {
    for (const shop of APPLICATIONS) {
      expect(secondsOf(shipped("quick"), shop), shop.name).toBeLessThan(600);
      expect(secondsOf(shipped("short"), shop), shop.name).toBeLessThan(780);
    }
  });

  test("grid has all loads of the load question, each without a fault and with each kind at two strengths", () => {
    const { cells, impossible } = planCells(shipped("grid"), SHOP, 1);
    const loads = new Set(cells.map(({ load }) => JSON.stringify(load)));
    expect(loads.size).toBe(9);
    for (const load of loads) {
      const same = cells.filter((cell) => JSON.stringify(cell.load) === load);
      expect(same.filter(({ fault }) => fault === null)).toHaveLength(3);
      for (const kind of FAULT_KINDS.filter((each) => each !== "capacity"))
        expect(
          same.filter(({ fault }) => fault?.kind === kind),
          `${kind} at ${load}`,
        ).toHaveLength(2);
    }
    // At some loads no number of slots would be short; every one that is left out is named.
    const lost = cells.filter(({ fault }) => fault?.kind === "capacity").length;
    expect(lost + impossible.length).toBe(2 * loads.size);
    for (const each of impossible) expect(each).toMatch(/^capacity (mild|strong) with /);
  });
});
