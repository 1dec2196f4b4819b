import { expect } from "vitest";
import type { Disturbances } from "../../../datasets/synthetic/disturbances.ts";
import { drawApplication } from "../../../datasets/synthetic/draw-application.ts";
import type { SyntheticFault } from "../../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../../datasets/synthetic/load.ts";
import { recordApplication } from "../../../datasets/synthetic/record.ts";
import { randomStream } from "../../../datasets/testbed/random.ts";
import type { FeedbackType } from "../../../src/contracts/feedback.ts";
import type { SpanBatch } from "../../../src/contracts/telemetry.ts";
import type { Course, Step } from "./worlds.ts";

/** So many places among the steps, the same each time, and one of them while everything is still learned. */
export function places(seed: number, count: number, steps: number, learningStep: number): Set<number> {
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
export function simulated(
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
export function says(type: FeedbackType, id: number): Step {
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

export function expectSame(cut: Course, whole: Course): void {
  expect(cut.cuts.some(({ isReady, windowsSeen }) => !isReady && windowsSeen > 4)).toBe(true);
  expect(cut.cuts.some(({ openTraces }) => openTraces > 0)).toBe(true);
  expect(cut.windows).toEqual(whole.windows);
  expect(cut.end).toBe(whole.end);
  expect(whole.held).toBe(1);
  expect(whole.heldChanged).toBe(0);
}
