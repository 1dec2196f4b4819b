// Goal: visits of which calls may be missing are told from usual ones by their rare programs. Method: counts chosen by hand.
import { describe, expect, test } from "vitest";
import type { LearnedVisit } from "../../twin/learning/learned-visit.ts";
import { usualVisits } from "../../twin/learning/usual-programs.ts";

function visits(operation: number, counts: Readonly<Record<number, number>>): LearnedVisit[] {
  return Object.entries(counts).flatMap(([program, count]) =>
    Array.from({ length: count }, () => ({ operation, program: Number(program) }) as LearnedVisit),
  );
}

const marked = (run: readonly LearnedVisit[], marks: Uint8Array, program: number): number[] => [
  ...new Set(Array.from(marks).filter((_, i) => run[i]!.program === program)),
];

describe("usual visits", () => {
  test("ran a program that a tenth of their operation's visits ran", () => {
    const run = visits(0, { 0: 85, 1: 10, 2: 5 });
    const [marks] = usualVisits([run]);
    expect(marked(run, marks!, 0)).toEqual([1]);
    expect(marked(run, marks!, 1)).toEqual([1]);
    expect(marked(run, marks!, 2)).toEqual([0]);
  });

  test("are counted over all instances, operation by operation", () => {
    const first = visits(0, { 0: 95 });
    const second = [...visits(0, { 1: 5 }), ...visits(1, { 2: 3 })];
    const [, marks] = usualVisits([first, second]);
    expect(marked(second, marks!, 1)).toEqual([0]);
    expect(marked(second, marks!, 2)).toEqual([1]);
  });

  test("are all visits of an operation that hardly does the same twice", () => {
    const run = visits(0, Object.fromEntries(Array.from({ length: 30 }, (_, program) => [program, 2])));
    expect([...usualVisits([run])[0]!].every((mark) => mark === 1)).toBe(true);
  });
});
