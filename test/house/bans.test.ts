// Goal: a replay gives the same to the byte, and no file knows the machine it was written on.
// Method: every module's code (comments and texts blanked) is searched for what reads a clock or throws unseeded dice;
// every text file is searched for absolute paths of somebody's machine.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allModules, allPaths, codeDirectories, root } from "./sources.ts";
import { codeOnly, lineOf } from "./tokens.ts";

interface Ban {
  readonly pattern: RegExp;
  /** What to do instead. */
  readonly instead: string;
  readonly applies: (path: string) => boolean;
}

const below =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(`${folder}/`));

/** Rooms whose output must follow from their input alone. */
const pure = below("twin", "models", "src/contracts", "src/topology", "src/detection", "src/evaluation");
const shipped = below(...codeDirectories.filter((folder) => folder !== "bench"));

const clock = "take the time from the data; only sources, the API and the process's own health read a clock";
const bans: readonly Ban[] = [
  { pattern: /\bDate\s*\.\s*now\b/g, instead: clock, applies: pure },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/g, instead: clock, applies: pure },
  { pattern: /\bperformance\s*\.\s*now\b/g, instead: clock, applies: pure },
  { pattern: /\bprocess\s*\.\s*(?:hrtime|uptime)\b/g, instead: clock, applies: pure },
  {
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\s*\(/g,
    instead: "act when data arrives; event time is the only time here",
    applies: pure,
  },
  {
    pattern: /\bMath\s*\.\s*random\b/g,
    instead: "draw from a seeded stream that is handed in, so that a run can be repeated",
    applies: shipped,
  },
  {
    pattern: /\bcrypto\s*\.\s*getRandomValues\b/g,
    instead: "draw from a seeded stream that is handed in",
    applies: pure,
  },
];

function faultsOf(path: string, text: string): readonly string[] {
  const code = codeOnly(text);
  return bans
    .filter((ban) => ban.applies(path))
    .flatMap(({ pattern, instead }) =>
      [...code.matchAll(pattern)].map((match) => `${path}:${lineOf(code, match.index)} ${match[0].trim()}: ${instead}`),
    );
}

describe("the search for clocks and dice", () => {
  test.each([
    ["twin/a.ts", "const now = Date.now();"],
    ["src/topology/a.ts", "const now = new Date();"],
    ["src/detection/a.ts", "const now = new Date;"],
    ["models/a.ts", "const now = performance\n  .now();"],
    ["twin/a.ts", "const wait = `$" + "{setTimeout(f, 1)}`;"],
    ["src/store/a.ts", "const id = Math.random();"],
    ["ui/a.ts", "const jitter = Math.random();"],
  ])("finds the planted fault in %s: %s", (path, text) => {
    expect(faultsOf(path, text)).toHaveLength(1);
  });

  test.each([
    ["twin/a.ts", "// Date.now() is not used here\nconst text = 'Math.random()';"],
    ["twin/a.ts", "const at = new Date(atSeconds * 1000);"],
    ["src/api/a.ts", "const now = Date.now();"],
  ])("lets pass what is allowed in %s: %s", (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  test("finds none in the house", () => {
    const modules = allModules();
    expect(modules.filter(({ path }) => pure(path)).length).toBeGreaterThan(20);
    expect(modules.flatMap(({ path, text }) => faultsOf(path, text))).toEqual([]);
  });
});

describe("the search for somebody's machine", () => {
  const textFile =
    /\.(ts|mjs|js|json|md|yaml|yml|toml|css|html|sh|txt)$|(^|\/)(Dockerfile|LICENSE|run|\.gitignore|\.npmrc)$/;
  const machinePath = /(?<![\w.$}*:/-])\/(?:home|Users|work|workspace)\/[\w.-]+|[A-Z]:\\\\?Users\\/g;
  const pathsIn = (text: string): readonly string[] => [...text.matchAll(machinePath)].map(([found]) => found);

  test("finds an absolute path, and no address or relative path", () => {
    const own = ["home", "ada", "project"].join("/");
    expect(pathsIn(`see /${own}/notes.md`)).toHaveLength(1);
    expect(pathsIn(`https://shop.example/${own} and ./${own} and datasets/${own}`)).toEqual([]);
  });

  test("finds none in any text file", () => {
    const paths = allPaths().filter((path) => textFile.test(path) && path !== "package-lock.json");
    const found = paths.flatMap((path) =>
      pathsIn(readFileSync(join(root, path), "utf8")).map((it) => `${path}: ${it}`),
    );
    expect(paths.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });
});
