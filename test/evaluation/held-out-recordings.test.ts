// Goal: nothing that was trained on is among what the README's figures come from, and what is missing is named.
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { heldOutRecordings } from "../../bench/evaluate/held-out-recordings.ts";
import { readCatalogue } from "../../datasets/catalogue/catalogue.ts";

const released = (name: string, split: "train" | "validation" | "test", folder: string | null = null) => ({
  name,
  split,
  folder,
});

describe("recordings to judge by", () => {
  test("are the test part of the catalogue, where it was committed or made again, and what is missing is named", () => {
    const catalogue = [
      released("bank", "test", "datasets/bank"),
      released("travel", "test"),
      released("claims", "test"),
    ];
    const { folders, absent } = heldOutRecordings(catalogue, (folder) => folder !== "recordings/claims");
    expect(folders).toEqual(["datasets/bank", "recordings/travel"]);
    expect(absent).toHaveLength(1);
    expect(absent[0]).toContain("--out recordings/claims");
  });

  test("are made again when the committed copy is gone", () => {
    const { folders } = heldOutRecordings([released("bank", "test", "datasets/bank")], (folder) =>
      folder.startsWith("recordings/"),
    );
    expect(folders).toEqual(["recordings/bank"]);
  });

  test("never hold what is for training or validation, were it committed", () => {
    const catalogue = [released("shop", "validation", "datasets/shop"), released("bank", "train", "datasets/bank")];
    expect(heldOutRecordings(catalogue, () => true)).toEqual({ folders: [], absent: [] });
  });

  test("are in this repository's catalogue at least two, on the disk of every clone", () => {
    expect(heldOutRecordings(readCatalogue(), existsSync).folders.length).toBeGreaterThanOrEqual(2);
  });
});
