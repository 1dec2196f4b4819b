// Goal: the time left is that of the pace of this run: what an earlier one had done is no pace.
import { expect, test } from "vitest";
import { TimeLeft } from "../../src/cli/time-left.ts";

function leftAt(...steps: readonly (readonly [atSeconds: number, share: number])[]): string[] {
  let now = 0;
  const left = new TimeLeft(() => now);
  return steps.map(([atSeconds, share]) => {
    now = atSeconds;
    return left.text(share);
  });
}

test("nothing is said before anything was done, nor at the end", () => {
  expect(leftAt([0, 0], [5, 0], [10, 1])).toEqual(["", "", ""]);
});

test("a quarter in ten seconds leaves half a minute", () => {
  expect(leftAt([100, 0], [110, 0.25])[1]).toBe(", about 30 s left");
});

test("what was done before the first look took no time of this run", () => {
  expect(leftAt([0, 0.5], [10, 0.625])[1]).toBe(", about 30 s left");
});

test("much is said in minutes", () => {
  expect(leftAt([0, 0], [60, 0.1])[1]).toBe(", about 9 min left");
});
