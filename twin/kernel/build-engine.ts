import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bounds are not checked: every index is of the engine's own making, and it can reach nothing but its own memory. */
const OPTIONS = ["-O3", "--runtime", "stub", "--noAssert", "--uncheckedBehavior", "always"];

/** The WebAssembly of an entry in `engine/`. @throws with what the compiler says. */
export async function compileEngine(entry: "run.ts" | "probe.ts"): Promise<Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const { error, stderr } = await asc.main(
    [entry, ...OPTIONS, "--baseDir", here("engine"), "--outFile", "engine.wasm"],
    {
      writeFile: (name, contents) => {
        files.set(name, contents as Uint8Array<ArrayBuffer>);
      },
    },
  );
  const bytes = files.get("engine.wasm");
  if (error !== null || bytes === undefined) throw new Error(`the engine does not compile: ${stderr.toString()}`);
  return bytes;
}

/** The module that carries the engine, so that it can be loaded wherever the twin can: in Node, a worker or a browser. */
export async function engineModule(): Promise<string> {
  const base64 = Buffer.from(await compileEngine("run.ts")).toString("base64");
  const lines = base64.match(/.{1,110}/g)!.map((line) => `  ${line}`);
  return `// Made from engine/ by \`npm run build:engine\`; not to be edited.

/** The engine as WebAssembly. */
export function engineBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(BASE64), (letter) => letter.charCodeAt(0));
}

/** Line breaks do not count. */
const BASE64 = \`
${lines.join("\n")}
\`;
`;
}

if (import.meta.main) await writeFile(here("engine-bytes.ts"), await engineModule());
