// Goal: the catalogue says the truth about what is here, and what is not here can be made from what it names.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findReleased, readCatalogue, repositoryPath } from "../../datasets/catalogue/catalogue.ts";
import { readLabels } from "../../datasets/labels.ts";
import { parseCampaign } from "../../datasets/testbed/campaign/campaign-schema.ts";
import { planCells } from "../../datasets/testbed/campaign/cells.ts";
import { parseSchedule } from "../../datasets/testbed/schedule.ts";
import { readTopology } from "../../datasets/testbed/topology.ts";

const RECORDINGS = readCatalogue();
const textOf = (path: string) => readFileSync(repositoryPath(path), "utf8");

test("every name stands there once, and no application is in two parts of the split", () => {
  expect(RECORDINGS.length).toBeGreaterThan(0);
  expect(new Set(RECORDINGS.map(({ name }) => name)).size).toBe(RECORDINGS.length);
  const partsOf = Map.groupBy(RECORDINGS, ({ application }) => application);
  for (const [application, entries] of partsOf)
    expect(new Set(entries.map(({ split }) => split)).size, application).toBe(1);
});

test("a name that is not there is refused with those that are", () => {
  expect(() => findReleased("moon")).toThrow(/--catalogue: "moon" .*sample/);
});

describe.each(RECORDINGS)("$name", (released) => {
  test("is made from files that are here, of the application it names", () => {
    const { made, application, seed } = released;
    const shop = readTopology(made.topology === null ? undefined : repositoryPath(made.topology));
    expect(shop.name).toBe(application);
    if (made.by === "campaign")
      expect(planCells(parseCampaign(textOf(made.campaign)), shop, seed).cells.length).toBeGreaterThan(5);
    else expect(parseSchedule(textOf(made.schedule), shop).phases.length).toBeGreaterThan(5);
  });
});

describe.each(RECORDINGS.filter(({ folder }) => folder !== null))("$name", ({ folder, files, faultCount }) => {
  test("is here, file by file and bit by bit", () => {
    const path = repositoryPath(folder ?? "");
    const data = readdirSync(path).filter((name) => name !== "README.md");
    expect(data.sort()).toEqual(files.map((file) => file.path).sort());
    for (const file of files) {
      const content = readFileSync(join(path, file.path));
      expect(content.length, file.path).toBe(file.bytes);
      expect(createHash("sha256").update(content).digest("hex"), file.path).toBe(file.sha256);
    }
    expect(readLabels(join(path, "labels.json")).faults).toHaveLength(faultCount);
  });
});

test("a folder that holds labels below datasets/ is in the catalogue", () => {
  const folders = readdirSync(repositoryPath("datasets"))
    .map((name) => `datasets/${name}`)
    .filter((folder) => existsSync(join(repositoryPath(folder), "labels.json")));
  expect(RECORDINGS.flatMap(({ folder }) => (folder === null ? [] : [folder])).sort()).toEqual(folders.sort());
});
