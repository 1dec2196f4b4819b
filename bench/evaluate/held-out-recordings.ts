import type { ReleasedRecording } from "../../datasets/catalogue/catalogue.ts";

/** Where recordings that are too large for the repository are made again. */
const REMADE = "recordings";

export interface HeldOutRecordings {
  readonly folders: readonly string[];
  /** What the catalogue has that is not on this disk, in words. */
  readonly absent: readonly string[];
}

/** The catalogue's test part, nothing of which was trained or calibrated on: committed, or made again. */
export function heldOutRecordings(
  catalogue: readonly Pick<ReleasedRecording, "name" | "split" | "folder">[],
  isThere: (folder: string) => boolean,
): HeldOutRecordings {
  const folders: string[] = [];
  const absent: string[] = [];
  for (const { name, split, folder } of catalogue) {
    if (split !== "test") continue;
    const place = [folder, `${REMADE}/${name}`].find((one) => one !== null && isThere(one));
    if (typeof place === "string") folders.push(place);
    else absent.push(`recording ${name}: spantwin inject --catalogue ${name} --out ${REMADE}/${name} makes it again`);
  }
  return { folders, absent };
}
