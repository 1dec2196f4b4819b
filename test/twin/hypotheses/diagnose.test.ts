// Goal: of all faults a window may have come from, the one that made it explains it best, at its true node and about its true
// size; and where nothing is wrong no fault explains anything, however high the load.
// Method: an application with a known truth; a twin learns it from clean windows, then is asked about windows with one fault.
import { beforeAll, describe, expect, test } from "vitest";
import type { Hypothesis } from "../../../src/contracts/hypothesis.ts";
import { Twin } from "../../../twin/twin.ts";
import { ALPHA, BETA, type Change, DB, EDGES, runApplication, USUAL_RATE, WEB } from "../application.ts";

const NODES = [WEB, ALPHA, BETA, DB];
const LEARNING_WINDOWS = 12;
/** Evidence, in nats, of what nobody would call chance. */
const STRONG = 10;

let learning: ReturnType<typeof runApplication>;

beforeAll(() => {
  learning = runApplication(10, LEARNING_WINDOWS, 3);
});

/** What is made of the last of two windows with the change, asked about `nodes`. */
function diagnosed(change: Change, nodes: readonly number[] = NODES, seed = 17): Hypothesis[] {
  const twin = new Twin({ seed: 1, replicates: 6, learningWindows: LEARNING_WINDOWS });
  for (const window of learning) twin.learn(twin.forecast(window));
  for (const window of runApplication(100, 2, seed, change)) twin.forecast(window);
  return twin.diagnose(nodes);
}

function priced({ gain, fitted, sampleCount }: Hypothesis): number {
  return gain - 0.5 * fitted * (1 + Math.log(Math.max(2, sampleCount)));
}

function best(hypotheses: readonly Hypothesis[]): Hypothesis {
  return [...hypotheses].sort((a, b) => priced(b) - priced(a))[0]!;
}

describe("the best explanation of a window", () => {
  test("is slower code where own work takes longer, and says by how much", () => {
    const found = best(diagnosed({ slower: { [BETA]: 2 } }));
    expect(found).toMatchObject({ node: BETA, kind: "slow-code", size: { unit: "factor" } });
    expect(found.size.value).toBeGreaterThan(1.5);
    expect(found.size.value).toBeLessThan(2.8);
    expect(priced(found)).toBeGreaterThan(STRONG);
  });

  test("is a slow dependency where that node is a database", () => {
    const found = best(diagnosed({ slower: { [DB]: 3 } }));
    expect(found).toMatchObject({ node: DB, kind: "slow-dependency", size: { unit: "factor" } });
    expect(found.size.value).toBeGreaterThan(2.2);
    expect(found.size.value).toBeLessThan(4);
  });

  test("is network delay where only the way to a node takes longer", () => {
    const found = best(diagnosed({ addedGapSeconds: { [EDGES.webToBeta]: 0.02 } }));
    expect(found).toMatchObject({ node: BETA, kind: "network-delay", size: { unit: "seconds" } });
    expect(found.size.value).toBeGreaterThan(0.015);
    expect(found.size.value).toBeLessThan(0.027);
  });

  test("is lost capacity where work takes no longer but waits, and says what is left", () => {
    const found = best(diagnosed({ alphaServers: 1 }));
    expect(found).toMatchObject({ node: ALPHA, kind: "capacity", size: { value: 1, unit: "servers" } });
  });

  test("is a changed call pattern where visits make calls they seldom made", () => {
    const found = best(diagnosed({ rememberedShare: 0.9 }));
    expect(found).toMatchObject({ node: ALPHA, kind: "cache-miss", size: { unit: "share" } });
    expect(found.size.value).toBeCloseTo(0.7, 1);
  });

  test("is one bad replica where one of two takes longer, and names it", () => {
    const found = best(diagnosed({ canary: { share: 0.5, slower: 6, instances: [3] }, betaInstances: [2] }));
    expect(found).toMatchObject({ node: BETA, kind: "bad-replica", instance: 3 });
    expect(found.size.value).toBeGreaterThan(4);
  });
});

describe("without a fault", () => {
  test.each([1, 1.6, 2.2])("at %f times the usual traffic no fault has strong evidence", (ratio) => {
    const strong = [41, 42, 43].flatMap((seed) =>
      diagnosed({ ratePerSecond: ratio * USUAL_RATE }, NODES, seed).filter((each) => priced(each) > STRONG),
    );
    expect(strong).toEqual([]);
  });
});

describe("a diagnosis", () => {
  test("is the same when it is asked for again, and for fewer nodes says the same of those", () => {
    const change = { slower: { [BETA]: 2 } };
    const all = diagnosed(change);
    expect(diagnosed(change)).toEqual(all);
    expect(diagnosed(change, [BETA])).toEqual(all.filter((each) => each.node === BETA));
  });

  test("of no nodes, or before anything was learned, is empty", () => {
    expect(diagnosed({}, [])).toEqual([]);
    const twin = new Twin({ seed: 1, replicates: 4, learningWindows: LEARNING_WINDOWS });
    twin.forecast(learning[0]!);
    expect(twin.diagnose(NODES)).toEqual([]);
  });
});
