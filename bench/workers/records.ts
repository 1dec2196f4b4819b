import { fileURLToPath } from "node:url";

import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { WireReader } from "../../src/telemetry/otlp/wire.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { Observer } from "../../src/topology/observer.ts";

const SAMPLE = fileURLToPath(new URL("../../datasets/sample", import.meta.url));
/** Bodies of the recording that one record holds: some 500 spans, as a collector's batches. */
const BODIES_PER_RECORD = 25;

export interface RawRecord {
  readonly bytes: Buffer;
}

/**
 * The spans of the sample recording, so many times over at the same event times, each copy with trace ids of its own. Bodies of
 * the same shape can stand one behind the other.
 */
export async function collectorRecords(copies: number): Promise<{
  readonly records: readonly RawRecord[];
  readonly spanCount: number;
  readonly windowCount: number;
}> {
  const settings = loadSettings({ env: {}, flags: {}, directory: SAMPLE });
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ...settings, ledger });
  const observer = new Observer(settings, ledger);
  const records: RawRecord[] = [];
  let bodies: Uint8Array[] = [];
  let spanCount = 0;
  let windowCount = 0;
  for await (const { signal, protobuf } of replayBodies(SAMPLE)) {
    if (signal !== "traces") continue;
    const { batch } = decoder.decode(signal, "protobuf", protobuf);
    spanCount += copies * batch.spans.spanCount;
    windowCount += observer.add(batch).length;
    for (let copy = 0; copy < copies; copy++) bodies.push(copy === 0 ? protobuf : otherTraces(protobuf, copy));
    if (bodies.length < BODIES_PER_RECORD) continue;
    records.push({ bytes: Buffer.concat(bodies) });
    bodies = [];
  }
  if (bodies.length > 0) records.push({ bytes: Buffer.concat(bodies) });
  return { records, spanCount, windowCount };
}

const RESOURCE_SPANS = 0x0a;
const SCOPE_SPANS = 0x12;
const SPAN = 0x12;
const TRACE_ID = 0x0a;

/** The same spans under other trace ids. */
function otherTraces(body: Uint8Array, copy: number): Uint8Array {
  const bytes = Uint8Array.from(body);
  const reader = new WireReader();
  reader.reset(bytes);
  const within = (end: number, wanted: number, visit: (end: number) => void): void => {
    while (reader.position < end) {
      const tag = reader.tag(end);
      if (tag === wanted) visit(reader.bytesEnd(end));
      else reader.skip(tag, end);
    }
  };
  within(bytes.length, RESOURCE_SPANS, (resourceEnd) =>
    within(resourceEnd, SCOPE_SPANS, (scopeEnd) =>
      within(scopeEnd, SPAN, (spanEnd) =>
        within(spanEnd, TRACE_ID, (idEnd) => {
          bytes[reader.position]! ^= copy;
          reader.position = idEnd;
        }),
      ),
    ),
  );
  return bytes;
}
