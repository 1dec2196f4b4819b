import { resolve } from "node:path";
import type { ReleasedRecording } from "../../datasets/catalogue/catalogue.ts";

/** In the repository, not in the catalogue's training or validation part. */
const COMMITTED = ["datasets/sample", "datasets/held-out"];

/** Where `spantwin inject` and `record` put what is made again. */
const REMADE = "recordings";

export interface HeldOutRecordings {
  readonly folders: readonly string[];
  /** What the catalogue has that is not on this disk, in words. */
  readonly absent: readonly string[];
}

/** The recordings nothing was trained or calibrated on: committed, or made again under `recordings/<name>`. */
export function heldOutRecordings(
  catalogue: readonly Pick<ReleasedRecording, "name" | "split" | "folder">[],
  isThere: (folder: string) => boolean,
): HeldOutRecordings {
  const folders = new Map(COMMITTED.map((folder) => [resolve(folder), folder]));
  const absent: string[] = [];
  for (const { name, split, folder } of catalogue) {
    if (folder !== null && split !== "test") folders.delete(resolve(folder));
    if (split !== "test") continue;
    const place = [folder, `${REMADE}/${name}`].find((one) => one !== null && isThere(one));
    if (place === undefined) absent.push(`recording ${name}: make it again under ${REMADE}/${name}`);
    else folders.set(resolve(place!), place!);
  }
  return { folders: [...folders.values()], absent };
}
