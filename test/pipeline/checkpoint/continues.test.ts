// Goal: a line that was taken down into a checkpoint and made anew from it goes on as if nothing had happened, wherever that
// is: while it learns, while an incident is open, in the middle of a window with traces open.
// Method: the sample recording and simulated applications with faults, cut at seeded random places; everything that every
// window led to, and the whole state at the end, is held against an uninterrupted run, to the bit.
import { beforeAll, describe, expect, test } from "vitest";
import type { Disturbances } from "../../../datasets/synthetic/disturbances.ts";
import { drawApplication } from "../../../datasets/synthetic/draw-application.ts";
import type { SyntheticFault } from "../../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../../datasets/synthetic/load.ts";
import { recordApplication } from "../../../datasets/synthetic/record.ts";
import { randomStream } from "../../../datasets/testbed/random.ts";
import { BASELINE_NAMES, createBaseline } from "../../../models/baselines/all-baselines.ts";
import type { FeedbackType } from "../../../src/contracts/feedback.ts";
import type { Scorer } from "../../../src/contracts/score.ts";
import type { SpanBatch } from "../../../src/contracts/telemetry.ts";
import { createLine } from "../../../src/pipeline/replay.ts";
import { loadScorer } from "../../../src/pipeline/scorers.ts";
import { recordedBodies } from "../../../src/telemetry/files/recording-bodies.ts";
import { SAMPLE, settings as sampleSettings } from "../../golden/recording.ts";
import { settings as defaults } from "../windows.ts";
import { type Course, play, type Step, type World } from "./worlds.ts";

/** So many places among the steps, the same each time, and one of them while everything is still learned. */
function places(seed: number, count: number, steps: number, learningStep: number): Set<number> {
  const random = randomStream(seed, "cuts");
  const drawn = Array.from({ length: count - 1 }, () => 1 + Math.floor(random() * (steps - 1)));
  return new Set([learningStep, ...drawn]);
}

/** Rows `from` until before `until`, of a batch without links. */
function part(spans: SpanBatch, from: number, until: number): SpanBatch {
  const cut = Object.fromEntries(
    Object.entries(spans)
      .filter(([, column]) => ArrayBuffer.isView(column))
      .map(([name, column]) => {
        const width = column.length / spans.spanCount;
        return [name, Number.isInteger(width) ? column.slice(from * width, until * width) : column];
      }),
  );
  return { ...spans, ...cut, linkStart: new Uint32Array(until - from + 1), spanCount: until - from };
}

const SPANS_A_STEP = 150;

/** A simulated while of a small application, a few spans a step. */
function simulated(
  seed: number,
  serviceCount: number,
  seconds: number,
  faults: readonly SyntheticFault[],
  disturbances: Disturbances,
): { readonly steps: Step[]; readonly strings: object } {
  const application = drawApplication(seed, { serviceCount, saturationPerSecond: 40 });
  const requests = drawRequests(application, [steady(10, 40), steady(22, 40), steady(15, seconds - 80)], seed);
  const steps: Step[] = [];
  let strings: object = {};
  const take = ({ spans }: { readonly spans: SpanBatch }): void => {
    strings = spans.strings;
    for (let from = 0; from < spans.spanCount; from += SPANS_A_STEP) {
      const few = part(spans, from, Math.min(spans.spanCount, from + SPANS_A_STEP));
      steps.push(({ line }) => line.take({ spans: { ...few }, metrics: [] }));
    }
  };
  recordApplication(application, requests, { seed, take, faults, disturbances });
  return { steps, strings };
}

/** A person says this of the first incident that is open by then. */
function says(type: FeedbackType, id: number): Step {
  return ({ line }) => {
    const [incident] = line.openIncidents;
    const atSeconds = line.observer.eventTimeSeconds ?? 0;
    const range = { fromSeconds: incident?.onsetSeconds ?? atSeconds - 20, toSeconds: atSeconds };
    line.takeFeedback(
      {
        ...range,
        id,
        type,
        givenSeconds: atSeconds,
        incidentId: incident?.id ?? null,
        node: incident?.guiltyNode ?? null,
        kind: incident?.kind ?? null,
        strength: incident === undefined ? null : line.strengthOf(incident),
        silentUntilSeconds: atSeconds + 40,
        note: "",
      },
      incident ?? null,
    );
  };
}

function expectSame(cut: Course, whole: Course): void {
  expect(cut.cuts.some(({ isReady, windowsSeen }) => !isReady && windowsSeen > 4)).toBe(true);
  expect(cut.cuts.some(({ openTraces }) => openTraces > 0)).toBe(true);
  expect(cut.windows).toEqual(whole.windows);
  expect(cut.end).toBe(whole.end);
}

let model: Scorer;

beforeAll(async () => {
  ({ scorer: model } = await loadScorer(sampleSettings));
});

describe("the sample recording", () => {
  test("gives the same with 24 restarts as without any", async () => {
    const settings = { ...sampleSettings, replicates: 4 };
    const steps: Step[] = [];
    for await (const { signal, bytes } of recordedBodies(SAMPLE, { onBroken: () => undefined })) {
      const body = bytes.slice();
      steps.push(({ line, decoder }: World) => line.take(decoder.decode(signal, "protobuf", body).batch));
    }
    const line: Parameters<typeof play>[0]["line"] = (ledger) => createLine(settings, model, ledger);
    const whole = await play({ settings, line, steps });
    const cut = await play({ settings, line, steps, cuts: places(1, 24, steps.length, 700) });
    expect(cut.cuts.some(({ openIncidents }) => openIncidents > 0)).toBe(true);
    expect(whole.events).toBeGreaterThan(4);
    expectSame(cut, whole);
  }, 300_000);
});

describe("a simulated application", () => {
  test("gives the same with restarts, with every baseline at work and people who have their say", async () => {
    const settings = defaults({ replicates: 4, learningDelaySeconds: 20 });
    const faults: SyntheticFault[] = [
      { kind: "slow-code", service: 0, size: 3, fromSeconds: 110, untilSeconds: 180 },
      { kind: "network-delay", service: 1, size: 0.08, fromSeconds: 220, untilSeconds: 270 },
    ];
    const { steps, strings } = simulated(3, 5, 300, faults, {});
    const at = (seconds: number): number => Math.floor((seconds / 300) * steps.length);
    steps.splice(at(285), 0, says("ignore", 4));
    steps.splice(at(260), 0, says("new-normal", 3));
    steps.splice(at(170), 0, says("fault", 2));
    steps.splice(at(150), 0, says("not-a-fault", 1));
    const scorers = (): Scorer[] => BASELINE_NAMES.map((name) => createBaseline(name, { seed: 5 }));
    const line: Parameters<typeof play>[0]["line"] = (ledger) =>
      createLine(settings, model, ledger, { watchers: scorers() });
    const whole = await play({ settings, line, steps });
    const cut = await play({
      settings,
      line,
      steps,
      cuts: places(2, 24, steps.length, at(38)),
      anchors: { synthetic: strings },
    });
    expect(cut.cuts.some(({ openIncidents }) => openIncidents > 0)).toBe(true);
    expect(whole.events).toBeGreaterThan(2);
    expectSame(cut, whole);
  }, 300_000);

  test("gives the same with restarts where traces are sampled and structures are matched", async () => {
    const settings = defaults({ replicates: 4, learningDelaySeconds: 20 });
    const { steps, strings } = simulated(4, 2, 150, [], { samplingProbability: 0.5 });
    const line: Parameters<typeof play>[0]["line"] = (ledger) => createLine(settings, model, ledger);
    const whole = await play({ settings, line, steps });
    const cut = await play({
      settings,
      line,
      steps,
      cuts: places(3, 8, steps.length, steps.length >> 2),
      anchors: { synthetic: strings },
    });
    expectSame(cut, whole);
  }, 300_000);
});
