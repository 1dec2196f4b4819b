import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** SHA-256 over names and contents of all files below a path, in order of name; first 16 hex digits. */
export async function dataHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await filesBelow(path)) {
    hash.update(file.slice(path.length));
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) {
    return [path];
  }
  const files: string[] = [];
  for (const name of (await readdir(path)).sort()) {
    files.push(...(await filesBelow(join(path, name))));
  }
  return files;
}
