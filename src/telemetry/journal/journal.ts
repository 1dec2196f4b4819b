import { SourceError } from "../../contracts/errors.ts";
import { inspect } from "./inspection.ts";
import { headersSince, journalRecords, type ReadOptions } from "./journal-reader.ts";
import { encodeHeader, type JournalEntry, type JournalRecord, type RecordHeader } from "./record.ts";
import { Retention, type RetentionLimits } from "./retention.ts";
import { type OpenJournalFile, openJournalFile, SegmentWriter, syncFolder } from "./segment-writer.ts";

export interface JournalOptions extends RetentionLimits {
  readonly folder: string;
  /** True: an entry is kept when the disk has it. False: when the operating system has it; the disk follows within a second. */
  readonly isSynced: boolean;
  /** A segment that would grow over this begins the next one. */
  readonly segmentBytes?: number;
  readonly openFile?: OpenJournalFile;
  /** A clock that never goes back, milliseconds; tells when a disk that failed is tried again. */
  readonly now?: () => number;
  /** Told when the journal begins to fail, and why; and of what it makes good by itself. */
  readonly onTrouble: (message: string) => void;
}

/** What the journal did since it was opened. */
export interface JournalCounts {
  readonly lastSequence: number;
  readonly byteCount: number;
  readonly segmentCount: number;
  readonly writtenBodies: number;
  readonly writtenBytes: number;
  readonly writes: number;
  readonly syncs: number;
  /** Entries whose senders were told to come again because the disk did not take them. */
  readonly refusedBodies: number;
  readonly tornBytes: number;
}

/** An entry on its way to the disk. */
export interface Appended {
  readonly sequence: number;
  readonly receivedSeconds: number;
  /** Resolves when the entry is kept as promised. Rejects with a retriable `SourceError` when the disk does not take it. */
  readonly kept: Promise<void>;
}

interface Pending {
  readonly sequence: number;
  readonly pieces: readonly Uint8Array[];
  readonly byteCount: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Entries that wait are written together, up to so many bytes. */
const GROUP_BYTES = 8 * 1024 * 1024;
const SYNC_INTERVAL_MILLISECONDS = 1000;
/** After a failure nothing is tried for so long; then the next entry is the trial. */
const RETRY_MILLISECONDS = 1000;

/**
 * Everything that was accepted, in the order in which it was, in a folder of segments. Entries that come while the disk is
 * busy are written, and synced, together. Reading it again gives the same bodies: a journal is a recording.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #retention: Retention;
  readonly #tornBytes: number;
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  #lastAssigned: number;
  #lastWritten: number;
  #segment: SegmentWriter | null = null;
  #pumping: Promise<void> | null = null;
  #isDirty = false;
  #isFailing = false;
  #trialAtMilliseconds = 0;
  #writtenBodies = 0;
  #writtenBytes = 0;
  #writes = 0;
  #syncs = 0;
  #refusedBodies = 0;
  readonly #syncTimer: NodeJS.Timeout;

  private constructor(options: JournalOptions, retention: Retention, lastSequence: number, tornBytes: number) {
    this.#options = options;
    this.#retention = retention;
    this.#lastAssigned = lastSequence;
    this.#lastWritten = lastSequence;
    this.#tornBytes = tornBytes;
    this.#syncTimer = setInterval(() => void this.#upkeep(), SYNC_INTERVAL_MILLISECONDS);
    this.#syncTimer.unref();
  }

  /**
   * Opens the journal of a folder, making it; cuts off what a killed process left half written.
   *
   * @throws {SettingsError} naming `dataDirectory` when the folder cannot be used.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { segments, lastSequence, tornBytes } = await inspect(options.folder);
    if (tornBytes > 0) options.onTrouble(`the journal ended in ${tornBytes} bytes of a record half written: cut off`);
    return new Journal(options, new Retention(options.folder, options, segments), lastSequence, tornBytes);
  }

  get counts(): JournalCounts {
    return {
      lastSequence: this.#lastWritten,
      byteCount: this.#retention.byteCount + this.#openBytes,
      segmentCount: this.#retention.sealed.length + (this.#segment === null ? 0 : 1),
      writtenBodies: this.#writtenBodies,
      writtenBytes: this.#writtenBytes,
      writes: this.#writes,
      syncs: this.#syncs,
      refusedBodies: this.#refusedBodies,
      tornBytes: this.#tornBytes,
    };
  }

  /** Why nothing can be appended now; null when it can. Asked before work is put into a body. */
  refusal(): SourceError | null {
    if (this.#isFailing && (this.#now() < this.#trialAtMilliseconds || this.#pumping !== null)) {
      return new SourceError("the disk of the journal does not take anything now", { retriable: true });
    }
    if (this.#retention.isFull(this.#openBytes)) {
      return new SourceError("the journal is full of what no checkpoint holds yet", { retriable: true });
    }
    return null;
  }

  /** Gives an entry the next place in the order, at once. @throws {SourceError} what `refusal` says. */
  append(entry: JournalEntry): Appended {
    const refusal = this.refusal();
    if (refusal !== null) {
      this.#refusedBodies += 1;
      throw refusal;
    }
    const sequence = this.#lastAssigned + 1;
    const receivedSeconds = Date.now() / 1000;
    const header = encodeHeader(entry, sequence, receivedSeconds);
    this.#lastAssigned = sequence;
    const byteCount = header.length + entry.bytes.length;
    this.#pendingBytes += byteCount;
    const kept = new Promise<void>((resolve, reject) => {
      this.#pending.push({ sequence, pieces: [header, entry.bytes], byteCount, resolve, reject });
    });
    this.#pumping ??= this.#pump();
    return { sequence, receivedSeconds, kept };
  }

  /** The records after the given one, as far as they are written. */
  read(options: ReadOptions): AsyncGenerator<JournalRecord> {
    return journalRecords(this.#options.folder, options);
  }

  /** Bytes of the segments that `read` goes through. */
  bytesAfter(sequence: number): number {
    return this.#retention.sealed.reduce((sum, each) => sum + (each.lastSequence > sequence ? each.byteCount : 0), 0);
  }

  /** What was accepted since the given wall-clock time, unix seconds, without the bodies. */
  since(seconds: number): AsyncGenerator<RecordHeader> {
    const ended = new Map(this.#retention.sealed.map((each) => [each.name, each.endedSeconds]));
    return headersSince(this.#options.folder, seconds, ended);
  }

  /** All up to this record is in a checkpoint: it may be deleted when it is old, and numbers go on after it. */
  async checkpointed(sequence: number): Promise<void> {
    this.#retention.checkpointed(sequence);
    this.#lastAssigned = Math.max(this.#lastAssigned, sequence);
    this.#lastWritten = Math.max(this.#lastWritten, sequence);
    await this.#retention.apply(this.#openBytes, Date.now() / 1000);
  }

  /** Writes and syncs what is pending, and closes. */
  async close(): Promise<void> {
    clearInterval(this.#syncTimer);
    while (this.#pumping !== null) await this.#pumping;
    await this.#seal().catch((error: unknown) => this.#options.onTrouble(`closing the journal: ${messageOf(error)}`));
  }

  #now(): number {
    return this.#options.now?.() ?? performance.now();
  }

  get #openBytes(): number {
    return (this.#segment?.byteCount ?? 0) + this.#pendingBytes;
  }

  async #pump(): Promise<void> {
    // Entries of the same turn of the event loop go together.
    await new Promise(setImmediate);
    while (this.#pending.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group);
      } catch (error) {
        await this.#fail(group, error);
        break;
      }
      this.#recover();
      for (const { resolve } of group) resolve();
    }
    this.#pumping = null;
  }

  #takeGroup(): Pending[] {
    let byteCount = 0;
    let count = 0;
    for (const { byteCount: each } of this.#pending) {
      if (count > 0 && byteCount + each > GROUP_BYTES) break;
      byteCount += each;
      count += 1;
    }
    return this.#pending.splice(0, count);
  }

  async #write(group: readonly Pending[]): Promise<void> {
    const { folder, isSynced, segmentBytes = SEGMENT_BYTES, openFile = openJournalFile } = this.#options;
    const byteCount = group.reduce((sum, each) => sum + each.byteCount, 0);
    if (this.#segment !== null && this.#segment.byteCount + byteCount > segmentBytes) await this.#seal();
    if (this.#segment === null) {
      this.#segment = await SegmentWriter.create(folder, group[0]!.sequence, openFile);
      if (isSynced) await syncFolder(folder);
    }
    const { sequence } = group.at(-1)!;
    const bytes = Buffer.concat(
      group.flatMap(({ pieces }) => pieces),
      byteCount,
    );
    await this.#segment.write(bytes);
    this.#isDirty = true;
    if (isSynced) await this.#sync();
    this.#segment.commit(sequence);
    this.#lastWritten = sequence;
    this.#pendingBytes -= byteCount;
    this.#writes += 1;
    this.#writtenBodies += group.length;
    this.#writtenBytes += byteCount;
  }

  async #sync(): Promise<void> {
    if (this.#segment === null || !this.#isDirty) return;
    this.#isDirty = false;
    this.#syncs += 1;
    await this.#segment.sync();
  }

  /** Closes the open segment for good. */
  async #seal(): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    await this.#sync();
    this.#segment = null;
    await segment.close();
    const { name, firstSequence, lastSequence, byteCount } = segment;
    this.#retention.seal({ name, firstSequence, lastSequence, byteCount, endedSeconds: Date.now() / 1000 });
    await this.#retention.apply(0, Date.now() / 1000);
  }

  /** All that was not written is refused: what comes later must not stand before it. Its numbers are not given again. */
  async #fail(group: readonly Pending[], error: unknown): Promise<void> {
    if (!this.#isFailing) this.#options.onTrouble(`the journal cannot be written: ${messageOf(error)}`);
    this.#isFailing = true;
    this.#trialAtMilliseconds = this.#now() + RETRY_MILLISECONDS;
    const segment = this.#segment;
    this.#segment = null;
    this.#isDirty = false;
    await segment?.abandon();
    if (segment !== null && segment.lastSequence >= segment.firstSequence) {
      const { name, firstSequence, lastSequence, byteCount } = segment;
      this.#retention.seal({ name, firstSequence, lastSequence, byteCount, endedSeconds: Date.now() / 1000 });
    }
    const refused = [...group, ...this.#pending.splice(0)];
    this.#pendingBytes = 0;
    this.#refusedBodies += refused.length;
    const refusal = new SourceError("the disk of the journal took no more", { retriable: true, cause: error });
    for (const { reject } of refused) reject(refusal);
  }

  #recover(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.onTrouble("the journal is written again");
  }

  /** Without `isSynced`: what was written since the last second goes to the disk, beside everything else. */
  async #upkeep(): Promise<void> {
    try {
      if (!this.#options.isSynced) await this.#sync();
      await this.#retention.apply(this.#openBytes, Date.now() / 1000);
    } catch (error) {
      this.#options.onTrouble(`the journal could not be synced: ${messageOf(error)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
