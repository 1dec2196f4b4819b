import { basename, join } from "node:path";
import { MalformedError, SettingsError } from "../../contracts/errors.ts";
import type { BodyFormat, Signal } from "../otlp/decoder.ts";
import { latestTimeOf } from "./body-time.ts";
import { type Message, messagesOf } from "./framing.ts";
import { isJournal, journalBodies } from "./journal-bodies.ts";
import { namesIn, openFile } from "./open-file.ts";

/** One body of a recording, as some sender once sent it. */
export interface RecordedBody {
  readonly signal: Signal;
  readonly format: BodyFormat;
  readonly bytes: Uint8Array;
}

export interface RecordingOptions {
  readonly maxBodyBytes?: number;
  /** Told of a file that breaks off or cannot be unpacked; reading goes on with the others. */
  readonly onBroken?: (path: string, reason: string) => void;
}

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
const PREFIXES: readonly (readonly [string, Signal])[] = [
  ["spans", "traces"],
  ["metrics", "metrics"],
];

interface Lane {
  readonly signal: Signal;
  readonly messages: AsyncGenerator<Message>;
  head: Message | undefined;
  timeNanos: number;
}

/**
 * The bodies of a recording: a folder with `spans*` and optional `metrics*` files, or one such file. Each file keeps its
 * order; of several files the one whose next body ends earliest goes first, ties by name. One body a file is in memory.
 * A folder with segments of a journal is a recording too, in the order in which its bodies were accepted.
 *
 * @throws {SettingsError} naming the path when it cannot be read or holds no spans.
 */
export async function* recordedBodies(path: string, options: RecordingOptions = {}): AsyncGenerator<RecordedBody> {
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  if (await isJournal(path)) {
    yield* journalBodies(path, { ...options, maxBodyBytes });
    return;
  }
  const files = await filesOf(path);
  const lanes: Lane[] = [];
  try {
    for (const { file, signal } of files) {
      const messages = unbroken(file, messagesOf(await openFile(file), maxBodyBytes), options.onBroken);
      lanes.push({ signal, messages, head: undefined, timeNanos: 0 });
    }
    const isMerged = lanes.length > 1;
    for (const lane of lanes) await advance(lane, isMerged);
    for (;;) {
      const lane = earliest(lanes);
      if (lane?.head === undefined) return;
      yield { signal: lane.signal, format: lane.head.format, bytes: lane.head.bytes };
      await advance(lane, isMerged);
    }
  } finally {
    for (const lane of lanes) await lane.messages.return(undefined);
  }
}

async function filesOf(path: string): Promise<readonly { readonly file: string; readonly signal: Signal }[]> {
  const names = await namesIn(path);
  if (names === null) return [{ file: path, signal: signalOf(basename(path)) ?? "traces" }];
  const files = names.flatMap((name) => {
    const signal = signalOf(name);
    return signal === undefined ? [] : [{ file: join(path, name), signal }];
  });
  if (!files.some(({ signal }) => signal === "traces")) {
    throw new SettingsError("recording", path, "holds no file named spans*");
  }
  return files;
}

function signalOf(name: string): Signal | undefined {
  return PREFIXES.find(([prefix]) => name.startsWith(prefix))?.[1];
}

async function advance(lane: Lane, isMerged: boolean): Promise<void> {
  const next = await lane.messages.next();
  lane.head = next.done ? undefined : next.value;
  // A body without a time keeps its place behind the one before it.
  if (isMerged && lane.head !== undefined) lane.timeNanos = latestTimeOf(lane.signal, lane.head) || lane.timeNanos;
}

function earliest(lanes: readonly Lane[]): Lane | undefined {
  let first: Lane | undefined;
  for (const lane of lanes) {
    if (lane.head !== undefined && (first === undefined || lane.timeNanos < first.timeNanos)) first = lane;
  }
  return first;
}

async function* unbroken(
  path: string,
  messages: AsyncGenerator<Message>,
  onBroken: RecordingOptions["onBroken"],
): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    onBroken?.(path, error.message);
  }
}
