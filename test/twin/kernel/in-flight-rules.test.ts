// Goal: visits that cannot be under way in a network are refused with the entry, the value and the rule.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../../twin/kernel/spec.ts";
import { arrivalsAt, caller, delay, edge, fifo, operation, program } from "../networks.ts";
import { inFlight, type Visit } from "./in-flight-visits.ts";

describe("what cannot be under way is refused", () => {
  const spec: NetworkSpec = {
    stations: [fifo(2), delay()],
    operations: [caller(0, 1, 1, 0), operation(1, program([2]))],
    edges: [edge(1)],
  };
  const waits = { arrival: 0, segment: 0, isWaiting: true };
  const callee = { operation: 1, arrival: 1, segment: 0, parent: 0 };

  test.each<[string, Visit[]]>([
    ["initial.operation[0]: 2 must be from 0 to 1", [{ arrival: 0, segment: 0, operation: 2 }]],
    ["initial.replica[0]: 1 must be from 0 to 0", [{ arrival: 0, segment: 0, replica: 1 }]],
    ["initial.program[0]: 3 must be from 0 to 0", [{ arrival: 0, segment: 0, program: 3 }]],
    ["initial.segment[0]: 2 must be from -1 to 1", [{ arrival: 0, segment: 2 }]],
    ["initial.isWaiting[0]: 1 needs a call group", [{ arrival: 0, segment: 1, isWaiting: true }]],
    ["initial.elapsedSeconds[0]: -1 must be finite and ≥ 0", [{ arrival: 0, segment: 0, elapsed: -1 }]],
    [
      "initial.arrivalSeconds[1]: 1 must be finite and in order",
      [
        { arrival: 2, segment: 0 },
        { arrival: 1, segment: 0 },
      ],
    ],
    ["initial.arrivalSeconds[0]: 9 must not be after 5", [{ arrival: 9, segment: 0 }]],
    ["initial.parent[0]: 0 must be -1 or a row before", [{ ...callee, parent: 0 }]],
    ["initial.parent[1]: 0 must be a visit that waits", [{ arrival: 0, segment: 0 }, callee]],
    ["initial.parent[2]: 0 waits for no more calls of operation 1", [waits, callee, callee]],
    ["initial.parent[1]: 0 waits for no more calls of operation 0", [waits, { arrival: 1, segment: 0, parent: 0 }]],
  ])("%s", (message, visits) => {
    const start = () =>
      simulate(compileNetwork(spec), arrivalsAt(6), { seed: 1, initial: inFlight(...visits), startSeconds: 5 });
    expect(start).toThrow(message);
  });

  test("columns of unequal length, and a start without a time", () => {
    const initial = { ...inFlight(waits), replica: new Uint16Array(2) };
    expect(() => simulate(compileNetwork(spec), arrivalsAt(1), { seed: 1, initial })).toThrow(
      "initial.replica.length: 2",
    );
    expect(() => simulate(compileNetwork(spec), arrivalsAt(), { seed: 1, initial: inFlight() })).toThrow(
      "startSeconds",
    );
  });
});
