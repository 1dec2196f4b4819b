import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Validity } from "../../datasets/testbed/validity.ts";
import { SettingsError } from "../contracts/errors.ts";

/** What became of one cell. */
export interface CellRecord {
  readonly id: string;
  /** Runs that came to their end. */
  attempts: number;
  /** The last run was valid by the testbed's rule. */
  isDone: boolean;
  /** Folder of the recording that holds the last run, unix seconds of it, and how valid it was. */
  part: string | null;
  startSeconds: number | null;
  endSeconds: number | null;
  validity: Validity | null;
}

/** What a campaign is made of: another of these is another campaign. */
export interface CampaignIdentity {
  readonly application: string;
  readonly seed: number;
  readonly campaignSha256: string;
  readonly topologySha256: string;
}

/** One recording of the campaign. */
export interface PartRecord {
  readonly folder: string;
  /** All of it has been written. */
  isClosed: boolean;
}

interface Saved extends CampaignIdentity {
  readonly parts: PartRecord[];
  readonly cells: CellRecord[];
}

const FILE_NAME = "campaign.json";

/** `campaign.json` of a campaign's folder: which cells are done. Written whole or not at all, after every change. */
export class CampaignState {
  readonly #path: string;
  readonly #saved: Saved;

  private constructor(path: string, saved: Saved) {
    this.#path = path;
    this.#saved = saved;
  }

  /**
   * Goes on with what the folder holds, or begins.
   *
   * @throws {SettingsError} when the folder holds another campaign, or a file that is none.
   */
  static open(folder: string, identity: CampaignIdentity, cellIds: readonly string[]): CampaignState {
    const path = join(folder, FILE_NAME);
    const before = readSaved(path);
    if (before !== null) refuseAnother(folder, before, identity);
    const known = new Map(before?.cells.map((cell) => [cell.id, cell]));
    const blank = { attempts: 0, isDone: false, part: null, startSeconds: null, endSeconds: null, validity: null };
    const cells = cellIds.map((id): CellRecord => known.get(id) ?? { id, ...blank });
    return new CampaignState(path, { ...identity, parts: before?.parts ?? [], cells });
  }

  get cells(): readonly CellRecord[] {
    return this.#saved.cells;
  }

  get parts(): readonly PartRecord[] {
    return this.#saved.parts;
  }

  /** Names the next recording's folder. */
  beginPart(): string {
    const folder = `part-${String(this.#saved.parts.length + 1).padStart(2, "0")}`;
    this.#saved.parts.push({ folder, isClosed: false });
    this.#save();
    return folder;
  }

  closePart(folder: string): void {
    for (const part of this.#saved.parts) if (part.folder === folder) part.isClosed = true;
    this.#save();
  }

  /** A cell came to its end. */
  endCell(id: string, run: { part: string; startSeconds: number; endSeconds: number; validity: Validity }): void {
    const cell = this.#saved.cells.find((each) => each.id === id);
    if (cell === undefined) return;
    Object.assign(cell, run, { attempts: cell.attempts + 1, isDone: run.validity.isValid });
    this.#save();
  }

  /** Recordings that were never closed have lost their end: their cells are to be run again. Answers their folders. */
  forgetCutParts(): readonly string[] {
    const cut = this.#saved.parts.filter(({ isClosed }) => !isClosed).map(({ folder }) => folder);
    for (const cell of this.#saved.cells) {
      if (cell.part === null || !cut.includes(cell.part)) continue;
      Object.assign(cell, {
        isDone: false,
        attempts: cell.attempts - 1,
        part: null,
        startSeconds: null,
        endSeconds: null,
      });
    }
    return cut;
  }

  #save(): void {
    writeFileSync(`${this.#path}.part`, `${JSON.stringify(this.#saved, null, 2)}\n`);
    renameSync(`${this.#path}.part`, this.#path);
  }
}

function readSaved(path: string): Saved | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const saved = JSON.parse(text) as Saved;
    if (Array.isArray(saved.cells) && Array.isArray(saved.parts)) return saved;
  } catch {
    // Told below.
  }
  throw new SettingsError("--out", path, "is no state of a campaign; choose another folder");
}

function refuseAnother(folder: string, before: CampaignIdentity, now: CampaignIdentity): void {
  const names = {
    application: "of another application",
    seed: "with another seed",
    campaignSha256: "of another campaign file",
    topologySha256: "of another topology file",
  } as const;
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    if (before[key] !== now[key])
      throw new SettingsError("--out", folder, `holds a campaign ${names[key]}; choose another folder`);
  }
}
