// Goal: what was deployed when can be shown, each deployment once, as it stands; and the list has an end.
// Method: windows with deployments in the states they go through.
import { describe, expect, test } from "vitest";
import type { Deployment } from "../../src/contracts/forecast.ts";
import { DeploymentLog } from "../../src/pipeline/deployment-log.ts";
import { CART, WEB, window } from "../models/baselines/fixtures.ts";

function deployment(node: number, version: string, atSeconds: number, state: Deployment["state"]): Deployment {
  return {
    node,
    version,
    previousVersion: "1",
    atSeconds,
    state,
    windowsLearned: 0,
    windowsNeeded: 9,
    service: null,
    previousService: null,
  };
}

function logOf(...windows: readonly (readonly Deployment[])[]): DeploymentLog {
  const log = new DeploymentLog();
  for (const [index, deployments] of windows.entries()) log.take({ ...window(index), deployments });
  return log;
}

describe("the deployment log", () => {
  test("has each deployment once, in its last state, the newest first", () => {
    const log = logOf(
      [deployment(WEB, "2", 3, "new")],
      [deployment(WEB, "2", 3, "watched"), deployment(CART, "7", 12, "new")],
      [deployment(WEB, "2", 3, "adopted"), deployment(CART, "7", 12, "watched")],
      [],
    );
    expect(log.markers).toEqual([
      { node: "cart", version: "7", previousVersion: "1", atSeconds: 12, state: "watched" },
      { node: "web", version: "2", previousVersion: "1", atSeconds: 3, state: "adopted" },
    ]);
  });

  test("has a version twice that was deployed twice", () => {
    const log = logOf([deployment(WEB, "2", 3, "withdrawn")], [deployment(WEB, "2", 99, "new")]);
    expect(log.markers.map(({ atSeconds, state }) => [atSeconds, state])).toEqual([
      [99, "new"],
      [3, "withdrawn"],
    ]);
  });

  test("forgets the oldest beyond fifty", () => {
    const log = logOf(...Array.from({ length: 80 }, (_, k) => [deployment(WEB, `${k}`, k, "new")]));
    expect(log.markers).toHaveLength(50);
    expect(log.markers.map(({ atSeconds }) => atSeconds).sort((a, b) => a - b)[0]).toBe(30);
  });
});
