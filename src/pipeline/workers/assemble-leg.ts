import { MalformedError, SourceError } from "../../contracts/errors.ts";
import type { Ledger } from "../../contracts/telemetry.ts";
import { SaidOnce } from "../../self/said-once.ts";
import { KafkaSource } from "../../telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../../telemetry/kafka/quarantine.ts";
import type { LogRecord } from "../../telemetry/log-source.ts";
import type { Leg, LegParts } from "./leg.ts";
import { encodeWindow } from "./partial-window.ts";
import { PartitionAssembler } from "./partition-assembler.ts";
import { topicsOf } from "./topics.ts";

/** All windows of an application stand in one partition: one twin reads them in one order. */
const WINDOW_PARTITION = 0;

/** Second leg: the topic keyed by trace to the topic of windows. */
export function startAssembleLeg(parts: LegParts & { readonly ledger: Ledger }): Leg {
  const { settings, client, writer, partitionCount, ledger, say, onError } = parts;
  const names = topicsOf(settings);
  const source = new KafkaSource({
    client,
    topics: [names.keyed],
    groupId: names.keyedGroup,
    start: "earliest",
    maxBatchBytes: settings.maxBodyBytes,
    say,
    timing: parts.timing ?? {},
  });
  const quarantine = new Quarantine(null, (message) => say("warn", message));
  const said = new SaidOnce({ warn: (message) => say("warn", message) });
  const assemblers = new Map<number, PartitionAssembler>();
  let records = 0;

  /** State of another owner's time lies between ours and this record: ours is of no use any more. */
  const assemblerOf = ({ partition, offset }: LogRecord): PartitionAssembler => {
    const known = assemblers.get(partition);
    const isNext = known !== undefined && known.lastOffset !== null && offset <= known.lastOffset + 1n;
    if (known !== undefined && isNext) return known;
    const assembler = new PartitionAssembler({ partition, partitionCount, settings, ledger });
    assemblers.set(partition, assembler);
    return assembler;
  };

  const take = async (record: LogRecord): Promise<void> => {
    const assembler = assemblerOf(record);
    // Given again after a rebalance: its state is here already.
    if (assembler.lastOffset !== null && record.offset <= assembler.lastOffset) return;
    try {
      const told = assembler.take(record);
      const values = told.map((window) => ({ partition: WINDOW_PARTITION, value: encodeWindow(window) }));
      await writer.append(names.windows, values);
    } catch (error) {
      if (error instanceof SourceError) {
        // We are stopping, and what this record led to is not written: a later life begins before it.
        assemblers.delete(record.partition);
        return;
      }
      if (!(error instanceof MalformedError)) throw error;
      quarantine.add({ ...record, reason: record.unreadableReason ?? error.message, byteCount: record.bytes.length });
    }
    records++;
    const { lateCount, forcedCount } = assembler;
    if (lateCount > 0) said.warn("late", `spans later than ${settings.latenessSeconds} s: their traces may be torn`);
    if (forcedCount > 0) said.warn("forced", "a raw partition lags so far that spans go on without waiting for it");
    const safe = assembler.takeSafeOffset();
    if (safe !== null) source.acknowledge({ topic: record.topic, partition: record.partition, offset: safe });
  };

  const stopping = new AbortController();
  const reading = source.read(take, stopping.signal).catch((error: unknown) => onError(error, "assembling windows"));
  return {
    status: () => ({ ...source.status(), records }),
    async end() {
      stopping.abort();
      await reading;
      await source.close();
    },
  };
}
