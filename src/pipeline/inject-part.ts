import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readLabels } from "../../datasets/labels.ts";
import type { Campaign } from "../../datasets/testbed/campaign/campaign-schema.ts";
import { baseRatePerSecond, type Cell } from "../../datasets/testbed/campaign/cells.ts";
import { partSchedule, partSeconds, WARM_UP_PHASE } from "../../datasets/testbed/campaign/part-schedule.ts";
import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import type { ShopDeclaration } from "../../datasets/testbed/shop-schema.ts";
import { SourceError } from "../contracts/errors.ts";
import type { CampaignState } from "./campaign-state.ts";
import type { InjectOptions } from "./inject-options.ts";
import { recordTestbed } from "./record.ts";

interface Part {
  readonly campaign: Campaign;
  readonly shop: ShopDeclaration;
  readonly cells: readonly Cell[];
  readonly state: CampaignState;
  /** What comes after this part, seconds. */
  readonly laterSeconds: number;
}

/** Whoever made a recording was killed before its files were closed: they stay, out of the way. */
export function setAsideCutParts(folder: string, state: CampaignState): void {
  for (const part of state.forgetCutParts()) {
    const path = join(folder, part);
    if (existsSync(path)) renameSync(path, `${path}.cut-${Date.now()}`);
  }
}

/** Makes one recording of these cells. Answers its spans. @throws {SourceError} when the testbed fails. */
export async function runPart(options: InjectOptions, part: Part): Promise<number> {
  const { settings, topology, signal, hear } = options;
  const { campaign, shop, cells, state } = part;
  const name = state.beginPart();
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const schedule = join(folder, "schedule.yaml");
  writeFileSync(schedule, partSchedule(campaign, cells));
  hear({ news: "part", folder, cellCount: cells.length });
  const follower = new PartFollower(options, part, name);
  const { spans, exitCode } = await recordTestbed({
    // Another part has other dice.
    settings: { ...settings, seed: settings.seed + 1000 * (state.parts.length - 1) },
    folder,
    schedule,
    ...(topology === undefined ? {} : { topology }),
    ratePerSecond: baseRatePerSecond(campaign, shop),
    signal,
    hear: (event) => follower.hear(event),
  });
  coverValidCells(join(folder, "labels.json"), follower.uncovered());
  state.closePart(name);
  if (exitCode !== 0 && !follower.hasResult)
    throw new SourceError(`testbed ended with code ${exitCode} before a cell was done`, { retriable: true });
  return spans;
}

/** Follows the testbed's events through one recording and keeps what became of its cells. */
class PartFollower {
  readonly #options: InjectOptions;
  readonly #part: Part;
  readonly #name: string;
  readonly #starts = new Map<string, number>();
  readonly #valid = new Set<string>();
  #warmUps = 0;
  #endSeconds = 0;
  hasResult = false;

  constructor(options: InjectOptions, part: Part, name: string) {
    this.#options = options;
    this.#part = part;
    this.#name = name;
  }

  hear(event: TestbedEvent): void {
    this.#endSeconds = event.atSeconds;
    if (event.event === "load") this.#enter(event.phase, event.atSeconds);
    else if (event.event === "stats" && event.phase !== null) this.#leave(event.phase, event);
  }

  /** Times of cells that were cut short or are not valid, with their recovery, unix seconds. */
  uncovered(): readonly (readonly [number, number])[] {
    return this.#part.cells.flatMap(({ id, seconds, recoverySeconds }): [number, number][] => {
      const start = this.#starts.get(id);
      if (start === undefined || this.#valid.has(id)) return [];
      return [[start, Math.min(start + seconds + recoverySeconds, Math.max(start, this.#endSeconds))]];
    });
  }

  #enter(phase: string, atSeconds: number): void {
    const { campaign, cells, state, laterSeconds } = this.#part;
    const isWarmUp = phase === WARM_UP_PHASE;
    const index = isWarmUp ? 0 : cells.findIndex(({ id }) => id === phase);
    if (index < 0) return;
    if (isWarmUp) this.#warmUps++;
    else this.#starts.set(phase, atSeconds);
    const restOfWarmUp = isWarmUp ? campaign.warmUp.slice(this.#warmUps - 1) : [];
    this.#options.hear({
      news: "cell",
      id: phase,
      done: state.cells.filter(({ isDone }) => isDone).length,
      total: state.cells.length,
      leftSeconds: partSeconds({ ...campaign, warmUp: restOfWarmUp }, cells.slice(index)) + laterSeconds,
    });
  }

  #leave(id: string, { atSeconds, validity }: Extract<TestbedEvent, { event: "stats" }>): void {
    const startSeconds = this.#starts.get(id);
    if (startSeconds === undefined) return;
    this.hasResult = true;
    if (validity.isValid) this.#valid.add(id);
    this.#part.state.endCell(id, { part: this.#name, startSeconds, endSeconds: atSeconds, validity });
    this.#options.hear({ news: "result", id, validity });
  }
}

/** Takes these times out of what the labels cover: what happened then is neither right nor wrong. */
function coverValidCells(file: string, uncovered: readonly (readonly [number, number])[]): void {
  if (uncovered.length === 0 || !existsSync(file)) return;
  const labels = readLabels(file);
  const covered = uncovered.reduce(
    (intervals, [from, to]) =>
      intervals.flatMap(([start, end]): (readonly [number, number])[] =>
        [[start, Math.min(end, from)] as const, [Math.max(start, to), end] as const].filter(([a, b]) => b > a),
      ),
    labels.covered,
  );
  writeFileSync(`${file}.part`, `${JSON.stringify({ ...labels, covered }, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
