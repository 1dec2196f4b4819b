import { MalformedError } from "../contracts/errors.ts";
import type { TelemetryBatch } from "../contracts/telemetry.ts";
import type { BodyDecoder } from "../telemetry/encodings.ts";
import type { Journal } from "../telemetry/journal/journal.ts";
import type { JournalRecord } from "../telemetry/journal/record.ts";
import { recordedBody } from "../telemetry/journal/recorded.ts";

import type { BatchPlace } from "../telemetry/otlp/line-queue.ts";
import type { RecoveryMarks } from "./recovery-marks.ts";

/** What a recovery did. */
export interface Recovered {
  readonly records: number;
  readonly spans: number;
  /** Records that could not be decoded, or that killed every recovery before. */
  readonly skipped: number;
  /** Bytes of the journal that were not as they had been written. */
  readonly damagedBytes: number;
  readonly seconds: number;
}

/** Others (the API that says how far it is) have their turn after this long. */
const TURN_MILLISECONDS = 10;

/** Sends the journal from a position on through the line again, in its order, so that the line is where it was. */
export async function recover(parts: {
  readonly journal: Journal;
  /** What the line has taken in already. */
  readonly afterSequence: number;
  readonly decoder: BodyDecoder;
  readonly maxBodyBytes: number;
  readonly take: (batch: TelemetryBatch, place: BatchPlace) => void;
  readonly marks: RecoveryMarks;
  readonly onProgress: (share: number) => void;
  /** Told in words of everything that is left out. */
  readonly onTrouble: (message: string) => void;
  readonly signal: AbortSignal;
}): Promise<Recovered> {
  const { journal, afterSequence, decoder, take, marks, onTrouble } = parts;
  const begun = performance.now();
  const totalBytes = journal.bytesAfter(afterSequence);
  const counts = { records: 0, spans: 0, skipped: 0, damagedBytes: 0 };
  let doneBytes = 0;
  const records = journal.read({
    afterSequence,
    onBytes: (byteCount) => {
      doneBytes += byteCount;
    },
    onDamage: ({ segment, byteCount, missingRecords }) => {
      counts.damagedBytes += byteCount;
      onTrouble(`${byteCount} bytes of ${segment} are damaged: ${missingRecords} records are lost`);
    },
  });
  let turnEnds = begun + TURN_MILLISECONDS;
  for await (const record of records) {
    if (parts.signal.aborted) break;
    counts.records += 1;
    if (marks.isDeadly(record.sequence)) {
      counts.skipped += 1;
      onTrouble(
        `record ${record.sequence} ended every recovery before: put aside in ${await marks.quarantine(record)}`,
      );
      continue;
    }
    marks.begin(record.sequence);
    const batch = batchOf(record, decoder, parts.maxBodyBytes, onTrouble);
    if (batch === null) counts.skipped += 1;
    else {
      counts.spans += batch.spans.spanCount;
      take(batch, record);
    }
    if (performance.now() < turnEnds) continue;
    parts.onProgress(totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes));
    await new Promise(setImmediate);
    turnEnds = performance.now() + TURN_MILLISECONDS;
  }
  return { ...counts, seconds: (performance.now() - begun) / 1000 };
}

/** What was accepted could be decoded then; if another version cannot, one body is lost and not the start. */
function batchOf(
  record: JournalRecord,
  decoder: BodyDecoder,
  maxBodyBytes: number,
  onTrouble: (message: string) => void,
): TelemetryBatch | null {
  try {
    return decoder.decode(record.encoding, record.signal, recordedBody(record, maxBodyBytes)).batch;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    onTrouble(`record ${record.sequence} of the journal is left out: ${error.message}`);
    return null;
  }
}
