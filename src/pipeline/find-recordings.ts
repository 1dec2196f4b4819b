import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SettingsError } from "../contracts/errors.ts";

/** Layouts of folders that recordings with labels have. */
export const LABELLED_FORMATS = ["otlp", "nezha"] as const;
export type LabelledFormat = (typeof LABELLED_FORMATS)[number];

/** A recording with its labels, and the name it goes by in tables. */
export interface LabelledRecording {
  readonly name: string;
  readonly path: string;
  readonly format: LabelledFormat;
  readonly labelsPath: string;
}

/** How a folder is known to be a recording: by what its entries begin with. */
const FIRST_ENTRY: Readonly<Record<LabelledFormat, string>> = { otlp: "spans", nezha: "trace" };

/**
 * The recordings at the given paths, in their order. A folder that is no recording stands for those directly in it, by
 * name.
 *
 * @param labels file with the labels when it is not in or beside the recording; only for a single one
 * @throws {SettingsError} for a path that is not there or holds no recording, a recording without labels, or twice.
 */
export async function findRecordings(
  paths: readonly string[],
  format: LabelledFormat,
  labels?: string,
): Promise<LabelledRecording[]> {
  const found: string[] = [];
  for (const path of paths) found.push(...(await expand(path, format)));
  const seen = new Set<string>();
  for (const path of found) {
    if (seen.has(resolve(path))) throw new SettingsError("recording", path, "is there twice");
    seen.add(resolve(path));
  }
  if (labels !== undefined && found.length > 1)
    throw new SettingsError("--labels", labels, `names the labels of one recording, but ${found.length} are given`);
  const names = namesOf(found);
  const recordings: LabelledRecording[] = [];
  for (const [i, path] of found.entries())
    recordings.push({ name: names[i]!, path, format, labelsPath: labels ?? (await findLabels(path)) });
  return recordings;
}

async function expand(path: string, format: LabelledFormat): Promise<string[]> {
  let entries: string[];
  try {
    if ((await stat(path)).isFile()) return [path];
    entries = await readdir(path);
  } catch {
    throw new SettingsError("recording", path, "must be a file or folder that can be read");
  }
  const isRecording = (names: readonly string[]) => names.some((name) => name.startsWith(FIRST_ENTRY[format]));
  if (isRecording(entries)) return [path];
  const inside: string[] = [];
  for (const name of entries.toSorted()) {
    const folder = join(path, name);
    if ((await stat(folder)).isDirectory() && isRecording(await readdir(folder))) inside.push(folder);
  }
  if (inside.length === 0)
    throw new SettingsError(
      "recording",
      path,
      `holds no recording: ${FIRST_ENTRY[format]}… is neither in it nor below`,
    );
  return inside;
}

/** `labels.json` in the folder, or `<name>.labels.json` beside it, or `labels.json` beside it. */
async function findLabels(path: string): Promise<string> {
  const candidates = [
    join(path, "labels.json"),
    `${resolve(path)}.labels.json`,
    join(resolve(path, ".."), "labels.json"),
  ];
  for (const candidate of candidates) {
    try {
      await stat(candidate);
      return candidate;
    } catch {
      // The next place.
    }
  }
  throw new SettingsError(
    "--labels",
    candidates[0],
    "must name a labels file; none was found in or beside the recording",
  );
}

/** Names of folders, with as much of the path before them as it takes to tell them apart. */
function namesOf(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path));
  const names = whole.map((path) => basename(path));
  const parents = whole.map((path) => dirname(path));
  for (;;) {
    const counts = Map.groupBy(names, (name) => name);
    const clashing = names.map((name) => counts.get(name)!.length > 1);
    if (!clashing.includes(true)) return names;
    for (const [i, isClashing] of clashing.entries()) {
      if (!isClashing) continue;
      names[i] = join(basename(parents[i]!), names[i]!);
      parents[i] = dirname(parents[i]!);
    }
  }
}
