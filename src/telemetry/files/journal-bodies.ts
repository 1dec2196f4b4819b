import { stat } from "node:fs/promises";
import { MalformedError } from "../../contracts/errors.ts";
import type { Encoding } from "../encodings.ts";
import { journalRecords } from "../journal/journal-reader.ts";
import { recordedBody } from "../journal/recorded.ts";
import { segmentNames } from "../journal/segment-name.ts";
import type { BodyFormat } from "../otlp/decoder.ts";
import type { RecordedBody, RecordingOptions } from "./recording-bodies.ts";

const FORMATS: Readonly<Partial<Record<Encoding, BodyFormat>>> = { otlp_proto: "protobuf", otlp_json: "json" };

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
  options: { readonly maxBodyBytes: number; readonly onBroken?: RecordingOptions["onBroken"] },
): AsyncGenerator<RecordedBody> {
  const { maxBodyBytes, onBroken } = options;
  const records = journalRecords(folder, {
    onDamage: ({ segment, byteCount }) => onBroken?.(`${folder}/${segment}`, `${byteCount} bytes are damaged`),
  });
  for await (const record of records) {
    try {
      const format = FORMATS[record.encoding];
      if (format === undefined) throw new MalformedError(`${record.encoding} is not replayed yet`);
      yield { signal: record.signal, format, bytes: recordedBody(record, maxBodyBytes) };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      onBroken?.(folder, error.message);
    }
  }
}
