import { stat } from "node:fs/promises";
import { MalformedError } from "../../contracts/errors.ts";
import { journalRecords } from "../journal/journal-reader.ts";
import { recordedBody } from "../journal/recorded.ts";
import { segmentNames } from "../journal/segment-name.ts";
import type { RecordedBody } from "./recorded-body.ts";

/** True for a folder with segments of a journal. */
export async function isJournal(path: string): Promise<boolean> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder && (await segmentNames(path)).length > 0;
}

/** The bodies of a journal in the order in which they were accepted. Damage is told and passed over. */
export async function* journalBodies(
  folder: string,
  options: { readonly maxBodyBytes: number; readonly onBroken?: (path: string, reason: string) => void },
): AsyncGenerator<RecordedBody> {
  const { maxBodyBytes, onBroken } = options;
  const records = journalRecords(folder, {
    onDamage: ({ segment, byteCount }) => onBroken?.(`${folder}/${segment}`, `${byteCount} bytes are damaged`),
  });
  for await (const record of records) {
    try {
      const { signal, encoding } = record;
      yield { signal, encoding, bytes: recordedBody(record, maxBodyBytes), isDocument: false, timeNanos: 0 };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      onBroken?.(folder, error.message);
    }
  }
}
