import { wholeIncident } from "../../src/api/whole-incident.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import type { Settings } from "../../src/contracts/settings.ts";
import { createLine } from "../../src/pipeline/replay.ts";
import { loadScorer } from "../../src/pipeline/scorers.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { recordedBodies } from "../../src/telemetry/files/recording-bodies.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { SAMPLE, settings as sampleSettings } from "../golden/recording.ts";

/** The first bodies of the sample recording. */
export async function sampleBodies(count: number): Promise<RecordedBody[]> {
  const bodies: RecordedBody[] = [];
  for await (const body of recordedBodies(SAMPLE)) {
    if (bodies.length === count) break;
    // Several may share one buffer that is read anew.
    bodies.push({ ...body, bytes: Uint8Array.from(body.bytes) });
  }
  return bodies;
}

/** What a line that nothing interrupts makes of the bodies: its incidents as they stand then, and the spans it got. */
export async function uninterrupted(bodies: readonly RecordedBody[], changes: Partial<Settings>) {
  const settings = { ...sampleSettings, ...changes };
  const ledger = new CountingLedger();
  const decoder = new BodyDecoder({ ...settings, ledger });
  const line = createLine(settings, (await loadScorer(settings)).scorer, ledger);
  const incidents = new Map<string, Incident>();
  line.onWindow(({ events }) => {
    for (const { incident } of events) incidents.set(incident.id, incident);
  });
  let spans = 0;
  for (const { signal, encoding, bytes } of bodies) {
    const { batch } = decoder.decode(encoding, signal, bytes);
    spans += batch.spans.spanCount;
    line.take(batch);
  }
  // As the API tells them.
  const told = [...incidents.values()].map(wholeIncident);
  return { spans, incidents: told.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}
