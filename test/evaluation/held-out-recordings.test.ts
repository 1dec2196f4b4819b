// Goal: nothing that was trained on is among what the README's figures come from, and what is missing is named.
import { describe, expect, test } from "vitest";
import { heldOutRecordings } from "../../bench/evaluate/held-out-recordings.ts";

const released = (name: string, split: "train" | "validation" | "test", folder: string | null = null) => ({
  name,
  split,
  folder,
});

describe("recordings to judge by", () => {
  test("are the test part of the catalogue, where it was committed or made again, beside what is committed anyway", () => {
    const catalogue = [
      released("bank", "test", "datasets/bank"),
      released("travel", "test"),
      released("claims", "test"),
    ];
    const { folders, absent } = heldOutRecordings(catalogue, (folder) => folder !== "recordings/claims");
    expect(folders).toEqual(["datasets/sample", "datasets/held-out", "datasets/bank", "recordings/travel"]);
    expect(absent).toHaveLength(1);
    expect(absent[0]).toContain("recordings/claims");
  });

  test("never hold what is for training or validation, were it committed", () => {
    const catalogue = [released("sample", "validation", "datasets/sample"), released("bank", "train", "datasets/bank")];
    expect(heldOutRecordings(catalogue, () => true)).toEqual({ folders: ["datasets/held-out"], absent: [] });
  });

  test("are there once, though the catalogue has a committed one too", () => {
    const catalogue = [released("sample", "test", "datasets/sample")];
    expect(heldOutRecordings(catalogue, () => true).folders).toEqual(["datasets/sample", "datasets/held-out"]);
  });
});
