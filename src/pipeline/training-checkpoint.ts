import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fromBase64, toBase64 } from "../../models/stored-layers.ts";
import { readState, storedState, type TrainingState } from "../../models/training-state.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { LabelledExample, TrainingRecording } from "./training-data.ts";

/** What an interrupted training was of, each thing by a name that people know, as text. */
export interface CheckpointIdentity {
  /** What examples depend on: with another of these they are other examples. */
  readonly data: Readonly<Record<string, string>>;
  /** What training depends on besides. */
  readonly training: Readonly<Record<string, string>>;
}

const IDENTITY_FILE = "identity.json";
const STATE_FILE = "training.json";
const OWN_FILE = /^(identity|training|data-\d+)\.json(\.part)?$/;
/** Of all examples together; what is beyond is made anew each time. */
const EXAMPLES_BYTES_MAX = 2 ** 30;

/**
 * A folder in which training keeps what it has done, so that it can be interrupted at any moment: the examples of every
 * recording that was read to its end, and the network with its optimiser after every epoch. Every file is written whole or
 * not at all and carries its own hash.
 */
export class TrainingCheckpoint {
  readonly folder: string;
  readonly #onNotice: (text: string) => void;
  #bytes = 0;

  private constructor(folder: string, onNotice: (text: string) => void) {
    this.folder = folder;
    this.#onNotice = onNotice;
  }

  /**
   * Goes on with what the folder holds, or begins.
   *
   * @param onNotice told in words what of it cannot be used and is done again
   * @throws {SettingsError} when the folder holds training on other data, or something else
   */
  static open(folder: string, identity: CheckpointIdentity, onNotice: (text: string) => void): TrainingCheckpoint {
    const checkpoint = new TrainingCheckpoint(folder, onNotice);
    mkdirSync(folder, { recursive: true });
    const foreign = readdirSync(folder).find((name) => !OWN_FILE.test(name));
    if (foreign !== undefined)
      throw new SettingsError("--checkpoint", folder, `holds ${foreign}, which is none of a training: choose another`);
    const before = checkpoint.#read(IDENTITY_FILE) as CheckpointIdentity | null;
    if (before === null) checkpoint.#clear();
    else checkpoint.#goOn(before, identity);
    checkpoint.#write(IDENTITY_FILE, identity);
    return checkpoint;
  }

  /** Examples of the k-th recording, if they are there. */
  recording(k: number): TrainingRecording | null {
    const stored = this.#read(dataFile(k)) as StoredRecording | null;
    return stored === null ? null : { ...stored, examples: stored.examples.map(readExample) };
  }

  keepRecording(k: number, { name, hash, examples }: TrainingRecording): void {
    const stored: StoredRecording = { name, hash, examples: examples.map(storedExample) };
    const bytes = examples.reduce((sum, { rows }) => sum + rows.byteLength, 0);
    if (this.#bytes + bytes > EXAMPLES_BYTES_MAX) {
      this.#onNotice(`${this.folder} is full (${EXAMPLES_BYTES_MAX} bytes): ${name} is not kept in it`);
      return;
    }
    this.#bytes += bytes;
    this.#write(dataFile(k), stored);
  }

  /** Where training stood; null when it has not begun. */
  state(featureCount: number): TrainingState | null {
    const stored = this.#read(STATE_FILE);
    if (stored === null) return null;
    try {
      return readState(stored, featureCount);
    } catch (error) {
      this.#onNotice(`${join(this.folder, STATE_FILE)} ${(error as Error).message}: training begins anew`);
      return null;
    }
  }

  keepState(state: TrainingState): void {
    this.#write(STATE_FILE, storedState(state));
  }

  /** Training is done: the examples stay, for another training on the same data. */
  forgetState(): void {
    rmSync(join(this.folder, STATE_FILE), { force: true });
  }

  /** Nothing of it is needed any more. */
  remove(): void {
    this.#clear();
    rmdirSync(this.folder);
  }

  #goOn(before: CheckpointIdentity, now: CheckpointIdentity): void {
    const otherData = differenceOf(before.data, now.data);
    if (otherData !== null)
      throw new SettingsError(
        "--checkpoint",
        this.folder,
        `holds training on other data (${otherData}): go on with that, choose another folder, or delete it`,
      );
    const otherTraining = differenceOf(before.training, now.training);
    if (otherTraining === null || !existsSync(join(this.folder, STATE_FILE))) return;
    this.#onNotice(`${this.folder}: ${otherTraining}: training begins anew, the examples are kept`);
    this.forgetState();
  }

  #clear(): void {
    for (const name of readdirSync(this.folder)) if (OWN_FILE.test(name)) rmSync(join(this.folder, name));
  }

  #write(name: string, content: unknown): void {
    const path = join(this.folder, name);
    writeFileSync(`${path}.part`, JSON.stringify({ sha256: hashOf(content), content }));
    renameSync(`${path}.part`, path);
  }

  /** What was written under this name; null when nothing was, or when it is not what was written. */
  #read(name: string): unknown {
    const path = join(this.folder, name);
    try {
      const { sha256, content } = JSON.parse(readFileSync(path, "utf8")) as { sha256: unknown; content: unknown };
      if (sha256 === hashOf(content)) return content;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    }
    this.#onNotice(`${path} is damaged: what it held is done again`);
    return null;
  }
}

/** The first name under which the two differ, with both values; null when they are the same. */
function differenceOf(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string | null {
  for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
    if (before[name] !== now[name]) return `${name} was ${before[name] ?? "not given"}, is ${now[name] ?? "not given"}`;
  }
  return null;
}

interface StoredRecording {
  readonly name: string;
  readonly hash: string;
  readonly examples: readonly StoredExample[];
}

interface StoredExample extends Omit<LabelledExample, "rows" | "residualZ"> {
  readonly rows: string;
  readonly residualZ: string;
}

function storedExample(example: LabelledExample): StoredExample {
  return { ...example, rows: toBase64(example.rows), residualZ: toBase64(example.residualZ) };
}

function readExample(stored: StoredExample): LabelledExample {
  return { ...stored, rows: fromBase64(stored.rows), residualZ: fromBase64(stored.residualZ) };
}

function dataFile(k: number): string {
  return `data-${k + 1}.json`;
}

function hashOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
