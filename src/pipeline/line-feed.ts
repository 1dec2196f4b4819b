import type { TelemetryBatch } from "../contracts/telemetry.ts";
import type { Histogram } from "../self/counters.ts";
import type { StageClock } from "../self/stage-clock.ts";
import type { BatchPlace } from "../telemetry/otlp/line-queue.ts";
import type { TakenPosition } from "./kafka-intake.ts";
import type { Keeper } from "./keeper.ts";
import type { Line } from "./line.ts";
import type { LiveView } from "./live-view.ts";

interface LineFeedParts {
  readonly line: Line;
  readonly live: LiveView;
  readonly keeper: Keeper;
  readonly stages: Pick<StageClock, "received">;
  readonly windowComputeSeconds: Histogram;
  /** Told of the first batch that the line could not take; all are counted. */
  readonly onError: (error: unknown, what: string) => void;
}

/** Gives batches to the line, live and in recovery alike, so that both leave the same state; knows how far it is. */
export class LineFeed {
  readonly #parts: LineFeedParts;
  readonly #takenThrough = new Map<string, TakenPosition>();
  #takenSequence = 0;
  #failedBatches = 0;

  constructor(parts: LineFeedParts) {
    this.#parts = parts;
  }

  /** Number in the journal of the last batch that the line has taken in. */
  get takenSequence(): number {
    return this.#takenSequence;
  }

  /** The last record of each partition of a log that the line has taken in. */
  get takenThrough(): readonly TakenPosition[] {
    return [...this.#takenThrough.values()];
  }

  /** Batches in which the line failed. */
  get failedBatches(): number {
    return this.#failedBatches;
  }

  /** The line has been put where it was after these. */
  goOnAfter(position: { readonly sequence: number; readonly takenThrough: readonly TakenPosition[] }): void {
    this.#takenSequence = position.sequence;
    for (const each of position.takenThrough) this.#noteSource(each);
  }

  /** Never fails: one batch that the line cannot take must not keep it from all that follow, nor from starting again. */
  take(batch: TelemetryBatch, { sequence, receivedSeconds, source }: BatchPlace): void {
    const { line, live, keeper, stages, windowComputeSeconds } = this.#parts;
    const { spans } = batch;
    if (spans.spanCount > 0) live.countSpans(spans.spanCount, spans.startSeconds[0]!);
    stages.received(spans.spanCount);
    keeper.remember(batch);
    const windowsBefore = live.windowsSeen;
    const begun = performance.now();
    try {
      line.take(batch);
    } catch (error) {
      if (this.#failedBatches++ === 0) this.#parts.onError(error, `taking batch ${sequence} in (said once)`);
    }
    if (sequence > 0) this.#takenSequence = sequence;
    if (source !== null) this.#noteSource({ ...source, takenAtSeconds: receivedSeconds });
    if (live.windowsSeen > windowsBefore) windowComputeSeconds.observe((performance.now() - begun) / 1000);
  }

  #noteSource(position: TakenPosition): void {
    this.#takenThrough.set(`${position.topic}/${position.partition}`, position);
  }
}
