// Goal: the direction of data in docs/architecture.md is true of the code, not only of the picture.
// Method: every import of every module is read and held against the table in rooms.ts. The checker itself is tried on
// planted faults first, because a checker that sees nothing finds nothing wrong.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { faultsOf, reachableFrom, roomOf } from "./import-check.ts";
import { importsOf } from "./imports.ts";
import { liveEntries, mayImport } from "./rooms.ts";
import { allModules, root } from "./sources.ts";

const modules = allModules();

describe("the reader of imports", () => {
  test("finds every form of import and nothing in comments, texts and regular expressions", () => {
    const source = [
      `import a, { type B } from "./a.ts";`,
      `import type { C } from "./c.ts";`,
      `import "./side-effect.ts";`,
      `import * as d from 'node:fs';`,
      `export { e } from "./e.ts";`,
      `export type { F } from "./f.ts";`,
      `// import g from "./comment.ts";`,
      `/* import h from "./comment.ts"; */`,
      `const text = "import i from './text.ts'"; const pattern = /import "x"|[/"]/;`,
      `const template = \`import j from "./template.ts" \${await import("./inside.ts")} \${{ k: "}" }.k} end\`;`,
      `const lazy = await import("./lazy.ts"); const old = require("./old.ts");`,
      `const computed = await import(name);`,
      `new Worker(new URL("./worker.ts", import.meta.url)); const half = total / 2 / "x".length;`,
      `export const from = 1; export function f(): void {}`,
    ].join("\n");
    expect(importsOf(source).map(({ specifier, isType, line }) => [specifier, isType, line])).toEqual([
      ["./a.ts", false, 1],
      ["./c.ts", true, 2],
      ["./side-effect.ts", false, 3],
      ["node:fs", false, 4],
      ["./e.ts", false, 5],
      ["./f.ts", true, 6],
      ["./inside.ts", false, 10],
      ["./lazy.ts", false, 11],
      ["./old.ts", false, 11],
      [undefined, false, 12],
      ["./worker.ts", false, 13],
    ]);
  });
});

describe("the checker of rooms finds a planted fault", () => {
  test.each([
    ["src/topology/a.ts", `import { b } from "../store/b.ts";`, "src/store/b.ts"],
    ["src/topology/a.ts", `import type { B } from "../store/b.ts";`, "src/store/b.ts"],
    ["src/telemetry/otlp/a.ts", `import { b } from "../../topology/b.ts";`, "src/topology/b.ts"],
    ["src/detection/a.ts", `import { readFileSync } from "node:fs";`, "node:fs"],
    ["src/detection/a.ts", `import { readFileSync } from "fs";`, "fs"],
    ["src/store/a.ts", `const line = await import("../pipeline/line.ts");`, "src/pipeline/line.ts"],
    ["src/pipeline/a.ts", `import { main } from "../cli/main.ts";`, "src/cli/main.ts"],
    ["src/contracts/forecast.ts", `import type { Incident } from "./incident.ts";`, "src/contracts/incident.ts"],
    ["src/contracts/unheard-of.ts", `import type { Incident } from "./incident.ts";`, "orderOfContracts"],
    ["twin/a.ts", `import { b } from "../models/b.ts";`, "models/b.ts"],
    ["twin/a.ts", `import { sum } from "d3";`, "the package d3"],
    ["models/features.ts", `import * as tf from "@tensorflow/tfjs";`, "only models/backend.ts"],
    ["models/a.ts", `export { observe } from "../src/topology/observe.ts";`, "src/topology/observe.ts"],
    ["ui/views/a.ts", `import { SettingsError } from "../../src/contracts/errors.ts";`, "only types"],
    ["ui/views/a.ts", `import { routes } from "../../src/api/routes.ts";`, "src/api/routes.ts"],
    ["src/api/a.ts", `import { samples } from "../../test/store/samples.ts";`, "test/store/samples.ts"],
    ["src/attic/a.ts", "", "not in the import table"],
  ])("%s with %s", (path, text, named) => {
    const faults = faultsOf({ path, text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(named);
  });

  test("and lets pass what the table allows", () => {
    const allowed = [
      {
        path: "src/topology/a.ts",
        text: `import type { B } from "../contracts/observation.ts"; import { c } from "./c.ts";`,
      },
      { path: "src/contracts/forecast.ts", text: `import type { Observation } from "./observation.ts";` },
      { path: "models/features.ts", text: `import type * as tf from "@tensorflow/tfjs";` },
      { path: "models/backend.ts", text: `import * as tf from "@tensorflow/tfjs"; import { join } from "node:path";` },
      { path: "ui/marks/a.ts", text: `import { arc } from "d3"; import type { B } from "../../src/contracts/api.ts";` },
      { path: "ui/build.ts", text: `import { build } from "esbuild"; import { cp } from "node:fs/promises";` },
      { path: "test/twin/a.test.ts", text: `import { b } from "../../src/store/b.ts";` },
    ];
    expect(allowed.flatMap(faultsOf)).toEqual([]);
  });

  test("and follows what a command loads, through lazy imports but not through types", () => {
    const small = new Map([
      [
        "src/cli/attach.ts",
        `import type { A } from "../../datasets/types.ts"; const b = await import("../pipeline/b.ts");`,
      ],
      ["src/pipeline/b.ts", `import { c } from "../../datasets/c.ts";`],
      ["datasets/c.ts", ""],
      ["datasets/types.ts", ""],
    ]);
    expect([...reachableFrom("src/cli/attach.ts", small)]).toEqual([
      "src/cli/attach.ts",
      "src/pipeline/b.ts",
      "datasets/c.ts",
    ]);
  });
});

describe("the house", () => {
  test("every room imports only what the table allows it", () => {
    // A moved folder or a changed ending must not make this test blind.
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.flatMap(faultsOf)).toEqual([]);
  });

  test("every room of the table that has a folder has been seen, and the line's rooms all exist", () => {
    const seen = new Set(modules.map(({ path }) => roomOf(path)));
    const line = ["contracts", "telemetry", "topology", "twin", "models", "detection", "store", "api", "ui"];
    expect(line.filter((room) => !seen.has(room))).toEqual([]);
    expect([...seen].filter((room) => room !== undefined && !(room in mayImport))).toEqual([]);
  });

  test("what watches a live system never loads the sample cluster or a public recording's reader", () => {
    const texts = new Map(modules.map(({ path, text }) => [path, text]));
    const entries = liveEntries.filter((path) => texts.has(path));
    const loaded = entries.flatMap((entry) =>
      [...reachableFrom(entry, texts)]
        .filter((path) => path.startsWith("datasets/"))
        .map((path) => `${entry} loads ${path}`),
    );
    expect(entries.length).toBeGreaterThan(0);
    expect(loaded).toEqual([]);
  });
});

describe("biome.json, which tells the editor the same,", () => {
  const overrides = JSON.parse(readFileSync(join(root, "biome.json"), "utf8")).overrides as readonly {
    includes: readonly string[];
    linter: {
      rules: { style?: { noRestrictedImports?: { options: { patterns: readonly { group: readonly string[] }[] } } } };
    };
  }[];
  const rooms = Object.keys(mayImport).filter((room) => room !== "setup");
  const inSource = (room: string): boolean => !["twin", "models", "datasets", "ui"].includes(room);

  test.each(rooms)("refuses in %s exactly what the table refuses", (room) => {
    const folder = inSource(room) ? `src/${room}/**` : `${room}/**`;
    const group = overrides.find(({ includes }) => includes.includes(folder))?.linter.rules.style?.noRestrictedImports
      ?.options.patterns[0]?.group;
    const rule = mayImport[room];
    const isShut = (other: string): boolean => {
      if (inSource(other) && !inSource(room)) {
        return group?.includes("**/src/**") === true && !group.includes(`!**/src/${other}/**`);
      }
      return group?.includes(`**/${other}/**`) === true;
    };
    const others = rooms.filter((other) => other !== room);
    expect(others.filter((other) => !isShut(other))).toEqual(others.filter((other) => rule?.rooms.includes(other)));
    expect(group?.includes("node:*")).toBe(rule?.isNodeAllowed === false);
  });
});
