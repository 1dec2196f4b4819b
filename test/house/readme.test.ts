import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./sources.ts";

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

describe("documents", () => {
  test.each(documents)("%s links only to files that exist", (path) => {
    const links = [...textOf(path).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)));
    expect(missing).toEqual([]);
  });

  test("the README's first screen has one sentence, a picture, the two commands and what the tool is not for", () => {
    const screen = textOf("README.md").split("\n").slice(0, 30).join("\n");
    expect(screen).toMatch(/!\[[^\]]+\]\(docs\/img\/[^)]+\.png\)/);
    expect(screen).toContain("npm start");
    expect(screen).toContain("npm test");
    expect(screen).toContain("**Not for**");
  });

  test("the README names only commands that exist, with flags that exist", () => {
    const sources = readdirSync(join(root, "src/cli")).map((name) => textOf(`src/cli/${name}`));
    const calls = [...textOf("README.md").matchAll(/npm run -s spantwin -- (\w+)([^\n#]*)/g)];
    expect(calls.length).toBeGreaterThan(4);
    for (const [, command, rest] of calls) {
      const source = sources.find((text) => text.includes(`.command("${command}`));
      expect(source, `command ${command}`).toBeDefined();
      for (const [flag] of rest!.matchAll(/--[a-z-]+/g)) {
        expect(source, `${command} ${flag}`).toContain(flag);
      }
    }
  });
});
