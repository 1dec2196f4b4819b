import { join } from "node:path";
import type { Settings } from "../contracts/settings.ts";
import type { Counters } from "../self/counters.ts";
import { Journal } from "../telemetry/journal/journal.ts";
import { RESEND_SECONDS, RecentBodies } from "../telemetry/journal/recent-bodies.ts";
import type { Intake, Keeping } from "../telemetry/otlp/intake.ts";

/** Where nothing is kept on disk. */
export const IN_MEMORY = ":memory:";

/**
 * Opens the journal of the data directory, and remembers from it what came in the last minutes; null when the settings ask
 * for none.
 *
 * @throws {SettingsError} naming `dataDirectory` when the folder cannot be used.
 */
export async function openKeeping(
  settings: Pick<Settings, "ack" | "dataDirectory" | "journalMaxBytes" | "journalMaxHours">,
  onTrouble: (message: string) => void,
): Promise<Keeping | null> {
  const { ack, dataDirectory, journalMaxBytes, journalMaxHours } = settings;
  if (ack === "memory" || dataDirectory === IN_MEMORY) return null;
  const journal = await Journal.open({
    folder: join(dataDirectory, "journal"),
    isSynced: ack === "fsync",
    maxBytes: journalMaxBytes,
    maxAgeSeconds: journalMaxHours * 3600,
    onTrouble,
  });
  const recent = new RecentBodies();
  for await (const header of journal.since(Date.now() / 1000 - RESEND_SECONDS)) recent.restore(header);
  return { journal, recent };
}

/** What an acknowledgement promises, in words. */
export function promiseOf(settings: Pick<Settings, "ack">, keeping: Keeping | null): string {
  if (keeping === null) return "an acknowledged batch is in the twin, in memory: a killed process loses it";
  const means =
    settings.ack === "fsync"
      ? "an acknowledged batch is on the disk: neither a killed process nor a power cut loses it"
      : "an acknowledged batch is in the journal: a killed process loses nothing, a power cut about the last second";
  return `${means}; a batch sent again within ${RESEND_SECONDS / 60} minutes counts once`;
}

/** Adds what the journal and the intake say of themselves. */
export function countKeeping(counters: Counters, keeping: Keeping, intake: Intake): void {
  const { journal, recent } = keeping;
  const gauge = (name: string, help: string, read: () => number) => counters.read("gauge", name, help, read);
  const counter = (name: string, help: string, read: () => number) => counters.read("counter", name, help, read);
  gauge("spantwin_journal_bytes", "Bytes of the journal on disk.", () => journal.counts.byteCount);
  gauge("spantwin_journal_segments", "Files of the journal.", () => journal.counts.segmentCount);
  gauge("spantwin_journal_sequence", "Number of the last record written.", () => journal.counts.lastSequence);
  counter("spantwin_journal_bodies_total", "Bodies written.", () => journal.counts.writtenBodies);
  counter("spantwin_journal_written_bytes_total", "Bytes written.", () => journal.counts.writtenBytes);
  counter("spantwin_journal_writes_total", "Writes, each of one or more bodies.", () => journal.counts.writes);
  counter("spantwin_journal_syncs_total", "Syncs of the disk.", () => journal.counts.syncs);
  counter("spantwin_journal_refused_bodies_total", "Bodies that the disk did not take.", () => {
    return journal.counts.refusedBodies;
  });
  counter("spantwin_journal_torn_bytes_total", "Bytes cut off at the start, half written.", () => {
    return journal.counts.tornBytes;
  });
  counter("spantwin_duplicate_bodies_total", "Bodies that came again and were not taken again.", () => {
    return intake.duplicateBodies;
  });
  gauge("spantwin_recent_bodies", "Bodies remembered, to know them when they come again.", () => recent.size);
}
