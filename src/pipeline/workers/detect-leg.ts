import type { Store } from "../../contracts/store.ts";
import type { Ledger } from "../../contracts/telemetry.ts";
import { SaidOnce } from "../../self/said-once.ts";
import { KafkaSource } from "../../telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../../telemetry/kafka/quarantine.ts";
import type { LogRecord } from "../../telemetry/log-source.ts";
import { FeedbackDesk } from "../feedback-desk.ts";
import { Keeper } from "../keeper.ts";
import { KeptResults } from "../kept-results.ts";
import type { Line, WindowListener } from "../line.ts";
import { createLine } from "../replay.ts";
import { loadScorer } from "../scorers.ts";
import { StoreWriter } from "../store-writer.ts";
import type { Leg, LegParts } from "./leg.ts";
import { decodeWindow, type WindowRecord } from "./partial-window.ts";
import { topicsOf } from "./topics.ts";
import { WindowMerger } from "./window-merger.ts";

/** While so many writes wait for the store no more windows are taken: here, unlike in a live line, they can wait in the log. */
const WAITING_WRITES_MAX = 200;

/**
 * Last leg: the topic of windows to incidents. Twin, model and decision are what they are because of the windows before, so
 * whoever takes the partition reads the topic from its beginning, and comes to the same incidents under the same ids.
 */
export async function startDetectLeg(
  parts: LegParts & { readonly ledger: Ledger; readonly store: Store; readonly onWindow?: WindowListener },
): Promise<Leg> {
  const { settings, client, ledger, store, say, onError } = parts;
  const { scorer, view } = await loadScorer(settings);
  if (view.degradedReason !== null) say("warn", view.degradedReason);
  const names = topicsOf(settings);
  const source = new KafkaSource({
    client,
    topics: [names.windows],
    groupId: names.windowGroup,
    start: "earliest",
    maxBatchBytes: settings.maxBodyBytes,
    say,
    timing: parts.timing ?? {},
  });
  const writer = new StoreWriter({ store, onError });
  const quarantine = new Quarantine(null, (message) => say("warn", message));
  const said = new SaidOnce({ warn: (message) => say("warn", message) });
  const open = (): Promise<DetectState> => openState(parts, createLine(settings, scorer, ledger), writer);
  let state = await open();
  let records = 0;

  const take = async (record: LogRecord): Promise<void> => {
    if (record.offset <= state.lastOffset) return;
    // Another one had it in between, or the topic was made anew.
    if (state.lastOffset >= 0n && record.offset > state.lastOffset + 1n) state = await open();
    state.lastOffset = record.offset;
    records++;
    const window = windowIn(record, quarantine);
    if (window === null) return;
    for (const observation of state.merger.take(window)) state.line.takeWindow(observation);
    if (state.merger.incompleteCount > 0) {
      said.warn("incomplete", "windows are judged without a partition that lags too far behind");
    }
    if (writer.waitingCount > WAITING_WRITES_MAX) await writer.settled();
  };

  const stopping = new AbortController();
  const reading = source.read(take, stopping.signal).catch((error: unknown) => onError(error, "judging windows"));
  return {
    status: () => ({ ...source.status(), records }),
    async end() {
      stopping.abort();
      await reading;
      await source.close();
      await writer.close();
    },
  };
}

interface DetectState {
  readonly merger: WindowMerger;
  readonly line: Line;
  lastOffset: bigint;
}

/** A line that has seen nothing yet, and obeys what people said. */
async function openState(
  { settings, store, onWindow }: { settings: LegParts["settings"]; store: Store; onWindow?: WindowListener },
  line: Line,
  writer: StoreWriter,
): Promise<DetectState> {
  new Keeper({ line, writer, retentionHours: settings.retentionHours });
  const results = new KeptResults(store, writer);
  await FeedbackDesk.open({ line, store, results, writer, settings, tell: () => undefined });
  if (onWindow !== undefined) line.onWindow(onWindow);
  return { merger: new WindowMerger(), line, lastOffset: -1n };
}

function windowIn(record: LogRecord, quarantine: Quarantine): WindowRecord | null {
  try {
    return decodeWindow(record.bytes);
  } catch (error) {
    const reason = record.unreadableReason ?? (error as Error).message;
    quarantine.add({ ...record, reason, byteCount: record.bytes.length });
    return null;
  }
}
