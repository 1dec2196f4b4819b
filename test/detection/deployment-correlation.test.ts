// Goal: an incident names the versions that began shortly before it where it could come from, and no others.
// Method: windows of web → cart → stock with deployments in them, and incidents with onsets before, at and after these.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Deployment, Forecast } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { DeploymentCorrelation } from "../../src/detection/deployment-correlation.ts";
import { CART, STOCK, TOPOLOGY, WEB, WINDOW_SECONDS, window } from "../models/baselines/fixtures.ts";
import { anIncident } from "../store/samples.ts";

/** As the shop, with a mail service that nobody on the path calls and that calls nobody. */
const MAIL = 3;
const WIDER: Topology = {
  ...TOPOLOGY,
  nodes: [...TOPOLOGY.nodes, { index: MAIL, name: "mail", kind: "service" }],
  operations: [...TOPOLOGY.operations, { index: 3, name: "send", node: MAIL, isEntry: true }],
};

function deployment(
  node: number,
  version: string,
  atSeconds: number,
  state: Deployment["state"] = "watched",
): Deployment {
  const rest = { previousVersion: "1", windowsLearned: 0, windowsNeeded: 9, service: null, previousService: null };
  return { node, version, atSeconds, state, ...rest };
}

function windowWith(...deployments: readonly Deployment[]): Forecast {
  return { ...window(9, { topology: WIDER }), deployments };
}

/** What an incident at `guiltyNode` with this onset is told with. */
function named(deployments: readonly Deployment[], onsetSeconds: number, guiltyNode = "cart") {
  const correlation = new DeploymentCorrelation();
  correlation.take(windowWith(...deployments));
  const incident = anIncident({ guiltyNode, onsetSeconds, summary: "cart: slower code (12 ms).", deployments: [] });
  return correlation.named(incident, windowWith());
}

describe("an incident names", () => {
  test("the version of its guilty node that began before it, in its summary too", () => {
    const { summary, deployments } = named([deployment(CART, "1.8.2", 960)], 1000);
    expect(deployments).toEqual([{ node: "cart", version: "1.8.2", atSeconds: 960, secondsBeforeOnset: 40 }]);
    expect(summary).toBe("cart: slower code (12 ms); 40 s after version 1.8.2 of cart began.");
  });

  test("one that began within the window of the onset, as at once with it", () => {
    const { summary, deployments } = named([deployment(CART, "2", 1000 + WINDOW_SECONDS - 1)], 1000);
    expect(deployments![0]!.secondsBeforeOnset).toBe(0);
    expect(summary).toMatch(/; as version 2 of cart began\.$/);
  });

  test("those of who calls it and whom it calls, after its own, the nearest in time first", () => {
    const all = [deployment(WEB, "w", 990), deployment(STOCK, "s", 980), deployment(CART, "c", 600)];
    expect(named(all, 1000).deployments!.map(({ version }) => version)).toEqual(["c", "w", "s"]);
    expect(named(all, 1000, "stock").deployments!.map(({ version }) => version)).toEqual(["s", "c", "w"]);
  });

  test("one that was withdrawn, and one that has been adopted since: it began all the same", () => {
    const both = [deployment(CART, "2", 900, "withdrawn"), deployment(CART, "3", 950, "adopted")];
    expect(named(both, 1000).deployments!.map(({ version }) => version)).toEqual(["3", "2"]);
  });
});

describe("an incident does not name", () => {
  test.each([
    ["of a node that is not on its path", deployment(MAIL, "m", 990)],
    ["that began more than ten minutes before", deployment(CART, "old", 1000 - 601)],
    ["that began after it", deployment(CART, "late", 1000 + WINDOW_SECONDS)],
  ])("a version %s", (_, each) => {
    const { deployments, summary } = named([each], 1000);
    expect(deployments).toEqual([]);
    expect(summary).toBe("cart: slower code (12 ms).");
  });

  test("anything when its guilty node is not known, or when it is traffic", () => {
    expect(named([deployment(CART, "2", 990)], 1000, "nobody").deployments).toEqual([]);
    const correlation = new DeploymentCorrelation();
    correlation.take(windowWith(deployment(CART, "2", 990)));
    const traffic = anIncident({ verdict: "traffic", kind: "traffic", guiltyNode: "cart", onsetSeconds: 1000 });
    expect(correlation.named(traffic, windowWith()).deployments).toEqual([]);
  });
});

test("for any deployments at most three are named, all on the path and in time", () => {
  const any = fc.record({ node: fc.constantFrom(WEB, CART, STOCK, MAIL), at: fc.integer({ min: 0, max: 2000 }) });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 150 }), (all) => {
      const found = named(
        all.map(({ node, at }, k) => deployment(node, `${k}`, at)),
        1000,
      ).deployments!;
      expect(found.length).toBeLessThanOrEqual(3);
      for (const { node, atSeconds, secondsBeforeOnset } of found) {
        expect(node).not.toBe("mail");
        expect(secondsBeforeOnset).toBe(Math.max(0, 1000 - atSeconds));
        expect(secondsBeforeOnset).toBeLessThanOrEqual(600);
      }
    }),
    { numRuns: 50 },
  );
});
