// Goal: a fresh clone installs what was tested, and npm's set-up leaves no file changed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./sources.ts";

const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));
const manifest = read("package.json");
const lock = read("package-lock.json");

test.each(["dependencies", "devDependencies", "optionalDependencies"])(
  "the lock file has the same %s as package.json",
  (field) => {
    expect(Object.keys(manifest[field]).length).toBeGreaterThan(0);
    expect(lock.packages[""][field]).toEqual(manifest[field]);
  },
);

test("every package that wants to run a script while it is installed has been thought about", () => {
  const wanting = Object.entries<{ hasInstallScript?: boolean; optional?: boolean; dev?: boolean }>(lock.packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.split("node_modules/").at(-1));
  const decided = Object.keys(manifest.allowScripts);
  expect(wanting).toContain("node");
  expect([...new Set(wanting)].filter((name) => name === undefined || !decided.includes(name))).toEqual([]);
});

test("start, test and spantwin prepare a fresh clone before they run", () => {
  for (const name of ["start", "test", "spantwin"]) {
    expect(manifest.scripts[`pre${name}`]).toMatch(/^node src\/setup\.mjs/);
  }
});
