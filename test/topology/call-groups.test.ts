import { describe, expect, test } from "vitest";
import { groupCalls, type VisitCall } from "../../src/topology/call-groups.ts";

const call = (edge: number, startSeconds: number, endSeconds: number): VisitCall => ({
  edge,
  startSeconds,
  endSeconds,
  isAsync: false,
});
const groupsOf = (calls: readonly VisitCall[]): (readonly number[])[] => [...groupCalls(calls, 0.1).groups];

describe("calls on a clock finer than milliseconds", () => {
  test("that begin together are one group, however short they are", () => {
    expect(groupsOf([call(0, 0.0101, 0.0112), call(1, 0.0101, 0.03)])).toEqual([[0, 1]]);
    expect(groupsOf([call(0, 0.0101, 0.02), call(1, 0.0101, 0.03)])).toEqual([[0, 1]]);
  });

  test("that follow each other are two groups, however short they are", () => {
    expect(groupsOf([call(0, 0.0101, 0.0103), call(1, 0.01031, 0.0105)])).toEqual([[0], [1]]);
    expect(groupsOf([call(0, 0.0101, 0.0203), call(1, 0.0203, 0.0305)])).toEqual([[0], [1]]);
  });

  test("may overlap a little by noise", () => {
    expect(groupsOf([call(0, 0.0101, 0.0203), call(1, 0.0195, 0.0305)])).toEqual([[0], [1]]);
  });
});

describe("calls whose starts are cut to whole milliseconds", () => {
  test("and overlap by less than that grain are taken to follow each other", () => {
    expect(groupsOf([call(0, 0.01, 0.0108), call(1, 0.01, 0.0104)])).toEqual([[0], [1]]);
  });

  test("are one group when they overlap by more", () => {
    expect(groupsOf([call(0, 0.01, 0.0148), call(1, 0.01, 0.02)])).toEqual([[0, 1]]);
  });
});
