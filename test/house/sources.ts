import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A file of the project: its path from the root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const skippedDirectories = new Set(["node_modules", "dist", ".git", ".cache", "spantwin-data", "recordings"]);
/** The code's own top level: the rest is documents, data and settings. */
export const codeDirectories = ["src", "twin", "models", "datasets", "ui", "test", "bench"] as const;

function pathsBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (skippedDirectories.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.isFile() ? [relative(root, path).split(sep).join("/")] : [];
  });
}

/** Paths of all files of the project, from the root, sorted. */
export const allPaths = (): readonly string[] => [...pathsBelow(root)].sort();

/** Every module: TypeScript, and the plain JavaScript that runs before anything is installed. */
export function allModules(): readonly SourceFile[] {
  return allPaths()
    .filter((path) => /\.(ts|mts|js|mjs)$/.test(path) && codeDirectories.some((name) => path.startsWith(`${name}/`)))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}
