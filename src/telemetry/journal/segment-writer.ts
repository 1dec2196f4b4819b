import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { segmentName } from "./segment-name.ts";
import { SEGMENT_MAGIC } from "./segment-reader.ts";

/** What a segment needs of a file; tests put a disk that fills up in its place. */
export type JournalFile = Pick<FileHandle, "write" | "datasync" | "truncate" | "close">;
export type OpenJournalFile = (path: string) => Promise<JournalFile>;

/** Bytes written over: a file of this name can only hold what was refused to its sender. */
export const openJournalFile: OpenJournalFile = (path) => open(path, "w");

/** The segment that is being written. */
export class SegmentWriter {
  readonly name: string;
  readonly firstSequence: number;
  readonly #path: string;
  readonly #file: JournalFile;
  #writtenBytes = 0;
  /** Bytes of records that are kept as promised, magic included. */
  #goodBytes = 0;
  #lastSequence: number;

  private constructor(folder: string, firstSequence: number, file: JournalFile) {
    this.name = segmentName(firstSequence);
    this.firstSequence = firstSequence;
    this.#lastSequence = firstSequence - 1;
    this.#path = join(folder, this.name);
    this.#file = file;
  }

  static async create(folder: string, firstSequence: number, openFile: OpenJournalFile): Promise<SegmentWriter> {
    const file = await openFile(join(folder, segmentName(firstSequence)));
    const writer = new SegmentWriter(folder, firstSequence, file);
    try {
      await writer.write(SEGMENT_MAGIC);
      writer.commit(firstSequence - 1);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return writer;
  }

  get byteCount(): number {
    return this.#writtenBytes;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Appends bytes. After an error only `abandon` may be called. */
  async write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      // A disk that is nearly full takes a part and says so only the next time.
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#writtenBytes);
      done += bytesWritten;
      this.#writtenBytes += bytesWritten;
    }
  }

  /** What was written are whole records up to this one, and stays. */
  commit(lastSequence: number): void {
    this.#goodBytes = this.#writtenBytes;
    this.#lastSequence = lastSequence;
  }

  sync(): Promise<void> {
    return this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Takes back what was not committed, so that its space is free again, and closes. Never fails. */
  async abandon(): Promise<void> {
    const isEmpty = this.#lastSequence < this.firstSequence;
    const steps = [
      () => (isEmpty ? Promise.resolve() : this.#file.truncate(this.#goodBytes)),
      () => this.#file.close(),
      () => (isEmpty ? unlink(this.#path) : Promise.resolve()),
    ];
    for (const step of steps) await step().catch(() => undefined);
    this.#writtenBytes = this.#goodBytes;
  }
}

/** Makes new and removed names in a folder last beyond a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
