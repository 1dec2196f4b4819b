// Goal: names say what a thing is, in the field's words; a reader never meets a drawer labelled "misc".
// Method: file names and declared names of every module are held against short lists, each with what to do instead.
import { describe, expect, test } from "vitest";
import { allModules, type SourceFile } from "./sources.ts";
import { codeOnly, lineOf } from "./tokens.ts";

const vagueFile = /(^|-)(utils?|helpers?|managers?|misc)(-|$)|^(common|shared|index|data2|stuff|temp|tmp|new|old)$/;

const declarations: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bexport\s+default\b/g, instead: "export it by name: one thing, one name, everywhere" },
  {
    pattern: /\b(?:const\s+)?enum\s+\w+\s*\{/g,
    instead: "use a union of texts or a constant object: types must be erasable",
  },
  { pattern: /\binterface\s+I[A-Z][a-z]\w*/g, instead: "drop the I: a contract is named after the thing" },
  {
    pattern: /\b(?:function|const|let|class|interface|type)\s+(?:process|handle|manage)[A-Z]\w*/g,
    instead: "say what is done: observe, forecast, score, detect, keep",
  },
  { pattern: /\bclass\s+\w*(?:Manager|Helper|Util|Utils)\b/g, instead: "name it after the one thing it knows" },
];

function faultsOf({ path, text }: SourceFile): readonly string[] {
  const file = path.split("/").at(-1) ?? "";
  const stem = file.replace(/(\.test|\.bench)?\.m?[jt]s$/, "");
  const faults: string[] = [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?$/.test(stem)) faults.push(`${path}: files are named in kebab-case`);
  if (vagueFile.test(stem)) faults.push(`${path}: name the one idea that this file holds`);
  const code = codeOnly(text);
  for (const { pattern, instead } of declarations) {
    for (const match of code.matchAll(pattern)) {
      faults.push(`${path}:${lineOf(code, match.index)} ${match[0]}: ${instead}`);
    }
  }
  return faults;
}

describe("the check of names", () => {
  test.each([
    ["src/store/SqliteStore.ts", ""],
    ["src/store/sqlite_store.ts", ""],
    ["src/store/row-utils.ts", ""],
    ["src/store/index.ts", ""],
    ["src/store/a.ts", "export default 1;"],
    ["src/store/a.ts", "export enum Kind { A }"],
    ["src/store/a.ts", "interface IStore {}"],
    ["src/store/a.ts", "export function processSpans(): void {}"],
    ["src/store/a.ts", "const handleRow = (): void => {};"],
    ["src/store/a.ts", "export class StoreManager {}"],
  ])("finds the planted fault in %s: %s", (path, text) => {
    expect(faultsOf({ path, text })).toHaveLength(1);
  });

  test("lets pass good names, and a comment about bad ones", () => {
    const text = "// enum Kind { A } is not used\nexport interface Incident {}\nconst processId = 1;";
    const path = "src/store/what-if.test.ts";
    expect(faultsOf({ path, text: text.replace("processId", "pid") })).toEqual([]);
  });

  test("finds none in the house", () => {
    const modules = allModules();
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.flatMap(faultsOf)).toEqual([]);
  });
});
