import { MalformedError, SettingsError } from "../../contracts/errors.ts";
import { sniffEncoding } from "../sniff-encoding.ts";
import { timeOfBody } from "./body-time.ts";
import { type Message, messagesOf } from "./framing.ts";
import { isJournal, journalBodies } from "./journal-bodies.ts";
import type { RecordedBody } from "./recorded-body.ts";
import { type RecordingInput, recordingInputs } from "./recording-inputs.ts";

/** What the bodies of files may be written in; `auto` looks at each. */
export const BODY_FORMATS = ["auto", "otlp", "jaeger", "zipkin"] as const;
export type BodyFormats = (typeof BODY_FORMATS)[number];

export interface RecordingOptions {
  readonly maxBodyBytes?: number;
  /** Default: `otlp`. */
  readonly format?: BodyFormats;
  /** Told of a file that breaks off or cannot be unpacked; reading goes on with the others. */
  readonly onBroken?: (path: string, reason: string) => void;
}

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Of more files than this each is opened only when its turn has come, and looked at once before. */
const OPEN_FILES_MAX = 64;

type Options = Required<RecordingOptions>;

/** A file on its way through the merge. */
class Lane {
  readonly #input: RecordingInput;
  readonly #options: Options;
  readonly #isMerged: boolean;
  readonly #wanted: BodyFormats;
  #messages: AsyncGenerator<Message> | null = null;
  head: RecordedBody | null = null;
  /** Of the head; a body without a time keeps its place behind the one before it. */
  timeNanos = 0;
  isAtEnd = false;

  constructor(input: RecordingInput, options: Options, isMerged: boolean) {
    this.#input = input;
    this.#options = options;
    this.#isMerged = isMerged;
    // A recording of OTLP may have files of other formats beside it, by their names.
    this.#wanted = options.format === "otlp" ? (input.format ?? "otlp") : options.format;
  }

  /** Learns the time of the first body and closes the file again. */
  async peek(): Promise<void> {
    await this.advance(() => {});
    await this.close();
    this.head = null;
    this.isAtEnd = false;
  }

  /** Makes the next body the head. */
  async advance(onBroken = this.#options.onBroken): Promise<void> {
    this.#messages ??= unbroken(
      this.#input.name,
      messagesOf(await this.#input.open(), this.#options.maxBodyBytes),
      onBroken,
    );
    const next = await this.#messages.next();
    this.isAtEnd = next.done === true;
    this.head = next.done ? null : this.#bodyOf(next.value);
    this.timeNanos = this.head?.timeNanos || this.timeNanos;
  }

  async close(): Promise<void> {
    await this.#messages?.return(undefined);
    this.#messages = null;
  }

  #bodyOf({ format, bytes }: Message): RecordedBody {
    const otlp = format === "json" ? "otlp_json" : "otlp_proto";
    const named = { encoding: otlp, signal: this.#input.signal ?? "traces" } as const;
    const { encoding, signal } = chosen(this.#wanted, format, named, bytes);
    // Documents are spread over their own time; bodies of OTLP have a time only where there are others.
    const isDocument = encoding !== "otlp_proto" && encoding !== "otlp_json";
    const body = { encoding, signal, bytes };
    return { ...body, isDocument, timeNanos: this.#isMerged || isDocument ? timeOfBody(body) : 0 };
  }
}

type Kind = Pick<RecordedBody, "encoding" | "signal">;

function chosen(wanted: BodyFormats, format: Message["format"], named: Kind, bytes: Uint8Array): Kind {
  switch (wanted) {
    case "otlp":
      return named;
    case "jaeger":
      return { encoding: format === "json" ? "jaeger_json" : "jaeger_proto", signal: "traces" };
    case "zipkin":
      return { encoding: "zipkin_json", signal: "traces" };
    default:
      return sniffEncoding(bytes) ?? named;
  }
}

/**
 * The bodies of a recording: files, folders, globs, `-` for standard input. Each file keeps its order; of several the one
 * whose next body is earliest goes first, ties in the order of the files. One body a file is in memory.
 * A folder with segments of a journal is a recording too, in the order in which its bodies were accepted.
 *
 * @throws {SettingsError} naming the path when it cannot be read or holds nothing.
 */
export async function* recordedBodies(
  paths: string | readonly string[],
  options: RecordingOptions = {},
): AsyncGenerator<RecordedBody> {
  const list = typeof paths === "string" ? [paths] : paths;
  if (await isJournalAlone(list)) {
    yield* journalBodies(list[0]!, { ...options, maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES });
    return;
  }
  const inputs = await recordingInputs(list);
  const complete: Options = {
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    format: options.format ?? "otlp",
    onBroken: options.onBroken ?? (() => {}),
  };
  let lanes = inputs.map((input) => new Lane(input, complete, inputs.length > 1));
  try {
    for (const [at, lane] of lanes.entries()) {
      if (inputs.length > OPEN_FILES_MAX && inputs[at]!.isFile) await lane.peek();
      else await lane.advance();
    }
    while (lanes.length > 0) {
      const lane = lanes.reduce((first, each) => (each.timeNanos < first.timeNanos ? each : first));
      if (lane.head !== null) yield lane.head;
      if (!lane.isAtEnd) await lane.advance();
      if (lane.isAtEnd) lanes = lanes.filter((each) => each !== lane);
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

/** Looks for what the paths name. @throws {SettingsError} as `recordedBodies`, before anything is read. */
export async function checkRecording(paths: readonly string[]): Promise<void> {
  if (!(await isJournalAlone(paths))) await recordingInputs(paths);
}

async function isJournalAlone(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    if (!(await isJournal(path))) continue;
    if (paths.length > 1) throw new SettingsError("recording", path, "is a journal and must be the only one");
    return true;
  }
  return false;
}

async function* unbroken(
  path: string,
  messages: AsyncGenerator<Message>,
  onBroken: Options["onBroken"],
): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    onBroken(path, error.message);
  }
}
