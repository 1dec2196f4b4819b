// Goal: nothing that real processes do for a living is taken for a wait, whatever is wrong with them.
// Method: the sample recording, faults and surge included, with all of it counted as learning time: the hardest case.
import { expect, test } from "vitest";
import type { Topology } from "../../src/contracts/observation.ts";
import { IntentionalWaits } from "../../src/detection/intentional-waits.ts";
import { openRecording } from "../../src/pipeline/sources.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { settings } from "../pipeline/windows.ts";

test("of the sample shop every operation works and none waits", async () => {
  const ledger = new CountingLedger();
  const source = await openRecording("datasets/sample", "otlp", settings(), ledger);
  const observer = new Observer(settings(), ledger);
  const waits = new IntentionalWaits();
  let topology: Topology | null = null;
  await source.read((batch) => {
    for (const observation of observer.add(batch)) {
      waits.take(observation, { isLearning: true, isSuspicious: false });
      topology = observation.topology;
    }
  }, new AbortController().signal);
  expect(waits.view(topology!)).toEqual({ waits: [], workingOperations: 30 });
}, 60_000);
