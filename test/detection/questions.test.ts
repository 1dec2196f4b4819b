// Goal: the twin is asked as little as possible, and its answers add up as delays along a request do.
// Method: a twin that notes what it is asked.
import { describe, expect, test } from "vitest";
import { Questions } from "../../src/detection/questions.ts";
import { explains } from "./windows.ts";

/** Questions to a twin that notes them. */
function noted(shares: Readonly<Record<number, number>> = {}) {
  const asked: (readonly number[])[] = [];
  const { counterfactuals, diagnose } = explains(shares);
  const questions = new Questions({
    counterfactuals: (nodes) => {
      asked.push(nodes);
      return counterfactuals(nodes);
    },
    diagnose,
  });
  return { asked, questions };
}

describe("in one window", () => {
  test("no node is asked about twice, and nobody is asked when nothing is new", () => {
    const { asked, questions } = noted();
    questions.ask([1, 2, 1]);
    questions.ask([2]);
    questions.ask([2, 3]);
    expect(asked).toEqual([[1, 2], [3]]);
  });

  test("eight nodes are asked about at most, the first ones", () => {
    const { asked, questions } = noted();
    questions.ask([1, 2, 3, 4, 5]);
    questions.ask([6, 7, 8, 9, 10]);
    questions.ask([11]);
    expect(asked.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([questions.answer(8)?.node, questions.answer(9)]).toEqual([8, undefined]);
  });

  test("what nodes leave unexplained is what their shares do not add up to, never less than nothing", () => {
    const { questions } = noted({ 1: 0.5, 2: 0.25, 3: 0.75 });
    questions.ask([1, 2, 3]);
    expect(questions.unexplainedBy([])).toBe(1);
    expect(questions.unexplainedBy([1, 2])).toBe(0.25);
    expect(questions.unexplainedBy([1, 2, 3])).toBe(0);
    // Of a node nobody asked about nothing is known.
    expect(questions.unexplainedBy([4])).toBe(1);
  });
});
