// Goal: who calls whom is found through any number of calls, and in circles too.
// Method: the application with two branches, and random ones in which who calls and who is called must agree.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Topology } from "../../src/contracts/observation.ts";
import { CallPaths } from "../../src/detection/call-paths.ts";
import { CART, INDEX, MAIL, SEARCH, STOCK, TWO_BRANCHES, WEB } from "./two-branches.ts";

describe("of two branches", () => {
  const paths = new CallPaths(TWO_BRANCHES);

  test("callers and callees are those of the own path, with the calls between", () => {
    expect([...paths.callersOf(INDEX)]).toEqual([
      [SEARCH, 1],
      [WEB, 2],
    ]);
    expect([...paths.calleesOf(CART)]).toEqual([[STOCK, 1]]);
    expect([...paths.callersOf(WEB)]).toEqual([]);
  });

  test("users wait for all but who takes messages", () => {
    expect([...paths.waitedFor()].sort()).toEqual([WEB, CART, STOCK, SEARCH, INDEX]);
    expect(paths.calleesOf(WEB).has(MAIL)).toBe(true);
  });

  test("users may wait for anybody while no entry is known", () => {
    const operations = TWO_BRANCHES.operations.map((operation) => ({ ...operation, isEntry: false }));
    expect(new CallPaths({ ...TWO_BRANCHES, operations }).waitedFor().size).toBe(TWO_BRANCHES.nodes.length);
  });
});

test("in any application, a node is a caller exactly of those that are its callees, as far away", () => {
  const node = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 12 }), (calls) => {
      const edges = calls.map(([callerOperation, calleeOperation], index) => {
        return { index, callerOperation, calleeOperation, isAsync: false };
      });
      const topology: Topology = { ...TWO_BRANCHES, edges };
      const paths = new CallPaths(topology);
      for (const { index: a } of topology.nodes) {
        expect(paths.calleesOf(a).has(a)).toBe(false);
        for (const { index: b } of topology.nodes) {
          expect(paths.calleesOf(a).get(b)).toBe(paths.callersOf(b).get(a));
        }
        for (const [caller, callee] of calls) {
          if (caller === a && callee !== a) expect(paths.calleesOf(a).get(callee)).toBe(1);
        }
      }
    }),
  );
});
