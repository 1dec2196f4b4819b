import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { CheckpointFolder } from "./folder.ts";
import { encodeHead, FORMAT, type Head } from "./head.ts";
import { isUnwritten, type Piece, type PieceFile, type Pieces } from "./pieces.ts";

/** Encoding lets others run after this long. */
const SLICE_MS = 4;
/** Bytes gathered before they are written. */
const WRITE_BYTES = 1 << 20;
/** A file of which less than this is still needed is written again in part, so that it can go. */
const LIVE_SHARE_MIN = 0.5;

/** One entry of the state. */
export interface Entry {
  readonly name: string;
  readonly value: unknown;
}

export interface Written {
  readonly head: Head;
  /** Written now. */
  readonly bytes: number;
  /** Of all that the checkpoint consists of. */
  readonly totalBytes: number;
  /** The longest stretch in which nothing else could run. */
  readonly sliceMs: number;
  /** For how long it kept others from running, in slices. */
  readonly workMs: number;
}

/**
 * Writes a checkpoint beside whatever else runs: a few milliseconds at a time. Pieces first, then the head, which makes it
 * one: it gets its name when all is on disk.
 *
 * @throws when the disk does not take it; what was written of it is taken away
 */
export async function writeCheckpoint(
  folder: CheckpointFolder,
  pieces: Pieces,
  parts: { readonly entries: readonly Entry[] } & Pick<Head, "identity" | "position">,
): Promise<Written> {
  const { sequence, headName, piecesName } = folder.next();
  const slices = new Slices();
  const output = new PieceOutput(folder.path, piecesName);
  try {
    const encoded = [];
    for (const { name, value } of parts.entries) {
      encoded.push({ name, ...pieces.encode(value) });
      await slices.breathe();
    }
    const live = new Set<Piece>();
    const wanted = encoded.flatMap(({ needs }) => needs);
    // It grows on the way, by what the pieces themselves need.
    for (const piece of wanted) {
      if (live.has(piece)) continue;
      live.add(piece);
      if (isUnwritten(piece)) await output.write(piece, pieces);
      wanted.push(...piece.needs);
      await slices.breathe();
    }
    await output.close();
    const { identity, position } = parts;
    const sections = encoded.map(({ name, bytes }) => ({ name, length: bytes.length, checksum: crc32(bytes) }));
    const head: Head = { format: FORMAT, sequence, identity, position, sections, ...tableOf([...live]) };
    const contents = [encodeHead(head), ...encoded.map(({ bytes }) => bytes)];
    await writeWhole(folder, headName, contents);
    retireHalfEmpty(live);
    const headBytes = contents.reduce((sum, { length }) => sum + length, 0);
    const liveBytes = head.pieces.length.reduce((sum, length) => sum + length, 0);
    return {
      head,
      bytes: headBytes + output.file.bytes,
      totalBytes: headBytes + liveBytes,
      sliceMs: slices.longestMs,
      workMs: slices.totalMs,
    };
  } catch (error) {
    await output.abandon();
    await rm(join(folder.path, `${headName}.part`), { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Measures how long the others had to wait, and lets them run before that is long. */
class Slices {
  longestMs = 0;
  /** Of the slices that are over: what was short of one counts with the next. */
  totalMs = 0;
  #began = performance.now();

  async breathe(): Promise<void> {
    const ms = performance.now() - this.#began;
    this.longestMs = Math.max(this.longestMs, ms);
    if (ms < SLICE_MS) return;
    this.totalMs += ms;
    await setImmediate();
    this.#began = performance.now();
  }
}

/** Takes pieces down, one after the other. Makes its file with the first of them. */
class PieceOutput {
  readonly file: PieceFile;
  readonly #path: string;
  #handle: FileHandle | null = null;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(folder: string, name: string) {
    this.file = { name, bytes: 0, isRetired: false };
    this.#path = join(folder, name);
  }

  async write(piece: Piece, pieces: Pieces): Promise<void> {
    const { bytes, needs } = pieces.encodePiece(piece);
    piece.needs = needs;
    piece.place = { file: this.file, offset: this.file.bytes, length: bytes.length, checksum: crc32(bytes) };
    this.file.bytes += bytes.length;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= WRITE_BYTES) await this.#flush();
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = null;
  }

  /** What stands in it must be written again. */
  async abandon(): Promise<void> {
    this.file.isRetired = true;
    await this.#handle?.close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    if (this.#gathered.length === 0) return;
    this.#handle ??= await open(this.#path, "w");
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await writeAll(this.#handle, gathered);
  }
}

async function writeAll(handle: FileHandle, contents: readonly Uint8Array[]): Promise<void> {
  for (const bytes of contents) {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
  }
}

/** The file appears under its name when its content is on disk, or not at all. */
async function writeWhole(folder: CheckpointFolder, name: string, contents: readonly Uint8Array[]): Promise<void> {
  const path = join(folder.path, name);
  const handle = await open(`${path}.part`, "w");
  try {
    await writeAll(handle, contents);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.part`, path);
  await folder.sync();
}

function tableOf(live: readonly Piece[]): Pick<Head, "files" | "pieces"> {
  const files = [...new Set(live.map(({ place }) => place!.file))];
  const rowOf = new Map(files.map((file, row) => [file, row]));
  return {
    files: files.map(({ name }) => name),
    pieces: {
      number: Float64Array.from(live, ({ number }) => number),
      file: Uint32Array.from(live, ({ place }) => rowOf.get(place!.file)!),
      offset: Float64Array.from(live, ({ place }) => place!.offset),
      length: Float64Array.from(live, ({ place }) => place!.length),
      checksum: Uint32Array.from(live, ({ place }) => place!.checksum),
    },
  };
}

function retireHalfEmpty(live: ReadonlySet<Piece>): void {
  const liveBytes = new Map<PieceFile, number>();
  for (const { place } of live) liveBytes.set(place!.file, (liveBytes.get(place!.file) ?? 0) + place!.length);
  for (const [file, bytes] of liveBytes) file.isRetired = bytes < LIVE_SHARE_MIN * file.bytes;
}
