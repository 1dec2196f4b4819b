import type { Observation } from "../../contracts/observation.ts";
import { TopologyRegistry } from "../../topology/registry.ts";
import type { WindowPiece, WindowRecord } from "./partial-window.ts";
import { mergeWindow } from "./window-merge.ts";

/** Pieces that may wait for a partition that lags; beyond, the oldest window goes on without it. */
const WAITING_PIECES_MAX = 20_000;

/**
 * Second leg's end: gathers what the partitions saw of each window, and gives a window when all of them are past it.
 *
 * The first piece of a number counts: whoever takes a partition over begins before the oldest window that is not given,
 * so that of older ones it has but a part, and of newer ones the same.
 */
export class WindowMerger {
  readonly #registry = new TopologyRegistry();
  readonly #completeBefore = new Map<number, number>();
  /** By window; then by partition and number of the piece. */
  readonly #waiting = new Map<number, Map<string, WindowPiece>>();
  #waitingPieces = 0;
  #incomplete = 0;
  #repeated = 0;

  /** Windows that went on without a partition that lagged too far behind. */
  get incompleteCount(): number {
    return this.#incomplete;
  }

  /** Pieces that came again, and were passed over. */
  get repeatedCount(): number {
    return this.#repeated;
  }

  /** Returns the windows that are whole now, oldest first. */
  take({ partition, partitionCount, completeBefore, window }: WindowRecord): Observation[] {
    const before = this.#completeBefore.get(partition) ?? Number.NEGATIVE_INFINITY;
    if (window !== null) this.#keep(partition, window, before);
    this.#completeBefore.set(partition, Math.max(before, completeBefore));
    const isKnown = this.#completeBefore.size >= partitionCount;
    const whole = isKnown ? Math.min(...this.#completeBefore.values()) : Number.NEGATIVE_INFINITY;
    const ready = [...this.#waiting.keys()].filter((index) => index < whole).sort((a, b) => a - b);
    const windows = ready.map((index) => this.#merge(index));
    while (this.#waitingPieces > WAITING_PIECES_MAX) {
      this.#incomplete++;
      windows.push(this.#merge(Math.min(...this.#waiting.keys())));
    }
    return windows;
  }

  #keep(partition: number, window: WindowPiece, completeBefore: number): void {
    const pieces = this.#waiting.get(window.windowIndex) ?? new Map<string, WindowPiece>();
    const key = `${partition}/${window.piece}`;
    if (window.windowIndex < completeBefore || pieces.has(key)) {
      this.#repeated++;
      return;
    }
    this.#waiting.set(window.windowIndex, pieces.set(key, window));
    this.#waitingPieces++;
  }

  #merge(index: number): Observation {
    const pieces = this.#waiting.get(index)!;
    this.#waiting.delete(index);
    this.#waitingPieces -= pieces.size;
    const inOrder = [...pieces].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, piece]) => piece);
    return mergeWindow(inOrder, this.#registry);
  }
}
