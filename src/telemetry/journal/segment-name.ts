import { readdir } from "node:fs/promises";

const NAME = /^(\d{16})\.journal$/;

/** Name of the segment that begins with the given sequence number: names sort as their records do. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, "0")}.journal`;
}

/** The number of a segment's first record, by its name; null when the name is none of a segment. */
export function firstSequenceOf(name: string): number | null {
  const found = NAME.exec(name);
  return found === null ? null : Number(found[1]);
}

/** Names of the segments in a folder, in order. */
export async function segmentNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => firstSequenceOf(name) !== null).sort();
}
