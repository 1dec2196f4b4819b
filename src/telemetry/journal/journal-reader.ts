import { join } from "node:path";
import type { JournalRecord } from "./record.ts";
import { firstSequenceOf, segmentNames } from "./segment-name.ts";
import { segmentParts } from "./segment-reader.ts";

/** What a reader met that is not as it was written. */
export interface JournalDamage {
  readonly segment: string;
  readonly byteCount: number;
  /** Records that are missing up to the next good one; 0 when nobody can tell, at the end of a segment. */
  readonly missingRecords: number;
}

export interface ReadOptions {
  /** Records after this one; default all. */
  readonly afterSequence?: number;
  readonly onDamage?: (damage: JournalDamage) => void;
  /** Told of the bytes of each segment that are done with or skipped. */
  readonly onBytes?: (byteCount: number) => void;
}

/**
 * The records of a journal in the order in which they were accepted. Damage is passed over and told; a record that comes a
 * second time (a copied file) is left out. A journal that is being written may be read up to what it has.
 *
 * @throws when a segment cannot be opened or read at all.
 */
export async function* journalRecords(folder: string, options: ReadOptions = {}): AsyncGenerator<JournalRecord> {
  const { onDamage, onBytes } = options;
  let last = options.afterSequence ?? 0;
  for (const name of await segmentsAfter(folder, last)) {
    let position = 0;
    let damagedBytes = 0;
    for await (const part of segmentParts(join(folder, name), { withBodies: true })) {
      if (part.kind === "damage") {
        damagedBytes += part.byteCount;
        if (part.isTail) onDamage?.({ segment: name, byteCount: damagedBytes, missingRecords: 0 });
        continue;
      }
      onBytes?.(part.end - position);
      position = part.end;
      const { headerBytes: _, bodyBytes: __, ...header } = part.header;
      if (damagedBytes > 0) {
        const missingRecords = Math.max(0, header.sequence - last - 1);
        onDamage?.({ segment: name, byteCount: damagedBytes, missingRecords });
        damagedBytes = 0;
      }
      if (header.sequence <= last) continue;
      last = header.sequence;
      yield { ...header, bytes: part.body! };
    }
  }
}

/** The headers of the records that were accepted since the given time, without reading their bodies. */
export async function* headersSince(folder: string, sinceSeconds: number, endedSeconds: ReadonlyMap<string, number>) {
  for (const name of await segmentNames(folder)) {
    if ((endedSeconds.get(name) ?? Number.POSITIVE_INFINITY) < sinceSeconds) continue;
    for await (const part of segmentParts(join(folder, name), { withBodies: false })) {
      if (part.kind === "record" && part.header.receivedSeconds >= sinceSeconds) yield part.header;
    }
  }
}

/** Names of the segments that may hold a record after the given one. */
async function segmentsAfter(folder: string, sequence: number): Promise<readonly string[]> {
  const names = await segmentNames(folder);
  return names.filter((_, index) => {
    const next = names[index + 1];
    return next === undefined || firstSequenceOf(next)! > sequence + 1;
  });
}
