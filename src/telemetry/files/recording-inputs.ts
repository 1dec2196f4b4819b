import { existsSync } from "node:fs";
import { glob } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { SettingsError } from "../../contracts/errors.ts";
import type { Signal } from "../otlp/decoder.ts";
import { namesIn, openFile, openStream } from "./open-file.ts";

/** One file, or standard input, of which bodies are read. */
export interface RecordingInput {
  /** Its path; `-` for standard input. */
  readonly name: string;
  /** What its name says it holds, where that says anything. */
  readonly signal: Signal | null;
  /** What its name says of the format: `spans.zipkin.jsonl`. */
  readonly format: "jaeger" | "zipkin" | null;
  /** True when it can be opened again from its beginning. */
  readonly isFile: boolean;
  open(): Promise<AsyncIterable<Buffer>>;
}

/** The name of standard input among the paths. */
const STANDARD_INPUT = "-";
const PREFIXES: readonly (readonly [string, Signal])[] = [
  ["spans", "traces"],
  ["metrics", "metrics"],
];
const TELEMETRY_FILE = /\.(json|jsonl|ndjson|binpb|pb|bin)(\.(gz|zst))?$/;
const GLOB = /[*?[{]/;

/**
 * The files that paths stand for, in order and each once: a file, a glob, `-` for standard input, or a folder. Of a folder,
 * its `spans*` and `metrics*` files when it holds spans, as a recording does; else every file that looks like telemetry by
 * the end of its name.
 *
 * @throws {SettingsError} naming the path that is not there, holds nothing, or is a terminal.
 */
export async function recordingInputs(
  paths: readonly string[],
  standardInput: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<readonly RecordingInput[]> {
  const inputs = new Map<string, RecordingInput>();
  for (const path of paths) {
    const found = path === STANDARD_INPUT ? [inputOfStream(standardInput)] : (await filesOf(path)).map(inputOfFile);
    for (const input of found) inputs.set(input.name, input);
  }
  return [...inputs.values()];
}

function inputOfStream(stream: Readable & { readonly isTTY?: boolean }): RecordingInput {
  if (stream.isTTY === true) {
    throw new SettingsError("recording", STANDARD_INPUT, "is a terminal: pipe a recording into it, or name a file");
  }
  return { name: STANDARD_INPUT, signal: null, format: null, isFile: false, open: () => openStream(stream) };
}

function inputOfFile(path: string): RecordingInput {
  const file = basename(path);
  const format = (["jaeger", "zipkin"] as const).find((each) => file.includes(`.${each}.`)) ?? null;
  return { name: path, signal: signalOf(file), format, isFile: true, open: () => openFile(path) };
}

async function filesOf(path: string): Promise<readonly string[]> {
  if (GLOB.test(path) && !existsSync(path)) return filesOfGlob(path);
  const names = await namesIn(path);
  if (names === null) return [path];
  const isRecording = names.some((name) => signalOf(name) === "traces");
  const chosen = names.filter((name) => (isRecording ? signalOf(name) !== null : TELEMETRY_FILE.test(name)));
  if (chosen.length === 0) {
    throw new SettingsError(
      "recording",
      path,
      "holds no file named spans*, and none that ends in .json, .jsonl, .ndjson, .binpb, .pb or .bin (.gz, .zst)",
    );
  }
  return chosen.map((name) => join(path, name));
}

async function filesOfGlob(pattern: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const entry of glob(pattern, { withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  if (files.length === 0) throw new SettingsError("recording", pattern, "matches no file");
  return files.sort();
}

function signalOf(name: string): Signal | null {
  return PREFIXES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null;
}
