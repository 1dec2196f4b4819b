import { fileURLToPath } from "node:url";

import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { Observer } from "../../src/topology/observer.ts";

const SAMPLE = fileURLToPath(new URL("../../datasets/sample", import.meta.url));
/** Bodies of the recording that one record holds: some 500 spans, as a collector's batches. */
const BODIES_PER_RECORD = 25;

export interface RawRecord {
  readonly bytes: Buffer;
}

/** The spans of the sample recording; bodies of the same shape can stand one behind the other. */
export async function collectorRecords(): Promise<{
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
    spanCount += batch.spans.spanCount;
    windowCount += observer.add(batch).length;
    if (bodies.push(protobuf) < BODIES_PER_RECORD) continue;
    records.push({ bytes: Buffer.concat(bodies) });
    bodies = [];
  }
  if (bodies.length > 0) records.push({ bytes: Buffer.concat(bodies) });
  return { records, spanCount, windowCount };
}
