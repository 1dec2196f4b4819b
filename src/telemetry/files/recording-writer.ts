import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import { SettingsError, SourceError } from "../../contracts/errors.ts";
import type { Encoding } from "../encodings.ts";
import type { Signal } from "../otlp/decoder.ts";
import type { Compression } from "./open-file.ts";

const SUFFIXES: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", zstd: ".zst" };
const STEMS: Readonly<Record<Signal, string>> = { traces: "spans", metrics: "metrics" };
/** Who reads a recording knows by these what is in its files. */
const ENDINGS: Readonly<Record<Encoding, string>> = {
  otlp_proto: "binpb",
  otlp_json: "jsonl",
  jaeger_proto: "jaeger.binpb",
  jaeger_json: "jaeger.jsonl",
  zipkin_json: "zipkin.jsonl",
};
const NEWLINE = Buffer.from("\n");

export interface RecordingWriterOptions {
  readonly compression: Compression;
  /** Bodies beyond this many bytes (uncompressed) are counted, not written. */
  readonly maxBytes?: number;
}

interface Lane {
  readonly input: Writable;
  /** Resolves when all that was written is in the file. */
  readonly done: Promise<void>;
  /** Until there is room again; null while there is. */
  room: Promise<void> | null;
}

/**
 * Writes bodies to a folder as a recording: protobuf behind a 4-byte big-endian length in `spans.binpb`, JSON as lines in
 * `spans.jsonl`, and likewise `metrics.*`, `spans.jaeger.*` and `spans.zipkin.jsonl`; files appear with their first body.
 */
export class RecordingWriter {
  readonly #folder: string;
  readonly #options: RecordingWriterOptions;
  readonly #lanes = new Map<string, Lane>();
  #writtenBytes = 0;
  #droppedBodies = 0;
  #failure: SourceError | undefined;

  private constructor(folder: string, options: RecordingWriterOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Makes the folder. @throws {SettingsError} when it cannot be made, or holds a recording already. */
  static async open(folder: string, options: RecordingWriterOptions): Promise<RecordingWriter> {
    let names: readonly string[];
    try {
      await mkdir(folder, { recursive: true });
      names = await readdir(folder);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SettingsError("recording", folder, `cannot be made a folder (${reason})`);
    }
    if (names.some((name) => /^(spans|metrics)/.test(name))) {
      throw new SettingsError("recording", folder, "holds a recording already; choose another folder");
    }
    return new RecordingWriter(folder, options);
  }

  /** Bodies that were over the limit of bytes. */
  get droppedBodies(): number {
    return this.#droppedBodies;
  }

  /** Resolves when there is room for more. @throws {SourceError} when the disk does not take it. */
  async write(signal: Signal, body: Uint8Array, encoding: Encoding): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writtenBytes + body.length > (this.#options.maxBytes ?? Number.POSITIVE_INFINITY)) {
      this.#droppedBodies += 1;
      return;
    }
    this.#writtenBytes += body.length;
    const ending = ENDINGS[encoding];
    const lane = this.#lane(`${STEMS[signal]}.${ending}`);
    const { input } = lane;
    // One write a body: two bodies written at the same time must not mix.
    const hasRoom = input.write(ending.endsWith("jsonl") ? asLine(body) : asFrame(body));
    if (!hasRoom && !input.destroyed) {
      // All who wait for room wait for the same.
      lane.room ??= roomOrEnd(input).finally(() => {
        lane.room = null;
      });
      await lane.room;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the files. @throws {SourceError} when not all of it got to the disk. */
  async close(): Promise<void> {
    for (const { input } of this.#lanes.values()) input.end();
    await Promise.all([...this.#lanes.values()].map(({ done }) => done));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #lane(plainName: string): Lane {
    const name = `${plainName}${SUFFIXES[this.#options.compression]}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const path = join(this.#folder, name);
    const file = createWriteStream(path, { flags: "wx" });
    const input = this.#packer() ?? file;
    const finished = input === file ? once(file, "close") : pipeline(input as ReturnType<typeof createGzip>, file);
    file.on("error", (error) => {
      this.#failure ??= new SourceError(`${path}: ${error.message}`, { retriable: false, cause: error });
    });
    const done = finished.then(
      () => {},
      (error: unknown) => {
        this.#failure ??= new SourceError(`${path}: cannot be written`, { retriable: false, cause: error });
      },
    );
    const lane: Lane = { input, done, room: null };
    this.#lanes.set(name, lane);
    return lane;
  }

  #packer() {
    if (this.#options.compression === "gzip") return createGzip();
    return this.#options.compression === "zstd" ? createZstdCompress() : undefined;
  }
}

/** Resolves when the stream takes more, or has ended; leaves no listener behind. */
async function roomOrEnd(stream: Writable): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]);
  } finally {
    waiting.abort();
  }
}

function asFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(body.length + 4);
  frame.writeUInt32BE(body.length, 0);
  frame.set(body, 4);
  return frame;
}

/** Line breaks in JSON stand between tokens only, where a blank does as well. */
function asLine(body: Uint8Array): Buffer {
  const line = Buffer.concat([body, NEWLINE]);
  for (let i = 0; i < body.length; i += 1) if (line[i] === 0x0a || line[i] === 0x0d) line[i] = 0x20;
  return line;
}
