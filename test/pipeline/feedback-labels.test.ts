// Goal: what people confirmed becomes labels that a recording's reader takes and training learns from.
// Method: feedback and incidents as the store has them; the labels through the reader, and on a recording's windows.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLabels } from "../../datasets/labels.ts";
import type { Feedback } from "../../src/contracts/feedback.ts";
import type { TelemetrySource } from "../../src/contracts/telemetry.ts";
import { feedbackLabels } from "../../src/pipeline/feedback-labels.ts";
import { labelledWindows } from "../../src/pipeline/labelled-windows.ts";
import { exampleOf } from "../../src/pipeline/training-data.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { aFeedback, anIncident } from "../store/samples.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

const RECEIVED = { fromSeconds: 1000, toSeconds: 2000 };
const CONFIRMED = anIncident({
  id: "a",
  state: "resolved",
  onsetSeconds: 1100,
  resolvedSeconds: 1150,
  guiltyNode: "back",
  kind: "cpu",
  feedback: "confirmed",
});

function said(changes: Partial<Feedback>): Feedback {
  return { id: 1, ...aFeedback({ type: "fault", incidentId: "a", note: "" }), ...changes };
}

describe("labels from feedback", () => {
  test("have each confirmed incident with its node, kind, range and note", () => {
    const feedback = [said({ id: 2, note: "it was the disk" }), said({ id: 1, note: "CPU?" })];
    const labels = feedbackLabels({ feedback, incidents: [CONFIRMED], received: RECEIVED });
    expect(labels).toEqual({
      unit: "unix seconds, UTC",
      settleSeconds: 60,
      covered: [[1000, 2000]],
      faults: [
        {
          start: 1100,
          end: 1150,
          service: "back",
          fault: "cpu",
          performance: true,
          detail: { source: "feedback", incidentId: "a", note: "it was the disk" },
        },
      ],
    });
    expect(parseLabels(JSON.stringify(labels), "labels.json")).toEqual(labels);
  });

  test("have one that is still open until now", () => {
    const open = { ...CONFIRMED, state: "open", resolvedSeconds: null } as const;
    expect(feedbackLabels({ feedback: [said({})], incidents: [open], received: RECEIVED }).faults[0]!.end).toBe(2000);
  });

  test("do not have one that was dismissed after it had been confirmed, nor one nobody confirmed", () => {
    const incidents = [{ ...CONFIRMED, feedback: "dismissed" } as const, anIncident()];
    expect(feedbackLabels({ feedback: [said({})], incidents, received: RECEIVED }).faults).toEqual([]);
  });

  test("do not cover ranges that were ignored everywhere; those of one service stay covered", () => {
    const range = (fromSeconds: number, toSeconds: number, node: string | null) =>
      said({ type: "ignore", incidentId: null, kind: null, node, fromSeconds, toSeconds });
    const feedback = [
      range(1500, 1600, null),
      range(900, 1050, null),
      range(1550, 1650, null),
      range(1700, 1800, "back"),
    ];
    const { covered } = feedbackLabels({ feedback, incidents: [], received: RECEIVED });
    expect(covered).toEqual([
      [1050, 1500],
      [1650, 2000],
    ]);
  });

  test("are such as the reader takes, whatever was ignored", () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
        const feedback = ranges.map(([from, length]) =>
          said({
            type: "ignore",
            incidentId: null,
            kind: null,
            node: null,
            fromSeconds: from,
            toSeconds: from + length,
          }),
        );
        const labels = feedbackLabels({ feedback, incidents: [CONFIRMED], received: RECEIVED });
        expect(parseLabels(JSON.stringify(labels), "labels.json")).toEqual(labels);
        for (const [from, to] of labels.covered) {
          const isFree = ranges.every(([start, length]) => to <= start || from >= start + length);
          expect(isFree && from >= 1000 && to <= 2000).toBe(true);
        }
      }),
    );
  });

  test("teach: the windows of the range become examples of that kind at that node, the others of none", async () => {
    const labels = feedbackLabels({ feedback: [said({})], incidents: [CONFIRMED], received: RECEIVED });
    const source: TelemetrySource = { name: "by hand", read: async (take) => take(requests(0, 300)) };
    const windows = await labelledWindows({
      source,
      labels,
      settings: settings(),
      twin: new NotingTwin(4),
      ledger: new CountingLedger(),
      signal: new AbortController().signal,
    });
    const starts = windows
      .filter(({ fault }) => fault !== null)
      .map(({ forecast }) => forecast.observation.startSeconds);
    expect(starts).toEqual([1105, 1110, 1115, 1120, 1125, 1130, 1135, 1140, 1145]);
    const guilty = windows.filter(({ fault }) => fault !== null).map((window) => exampleOf(window)!);
    expect(new Set(guilty.map(({ kind }) => kind))).toEqual(new Set([1]));
    expect(guilty.every(({ guiltyRow }) => guiltyRow >= 0)).toBe(true);
    expect(windows.some(({ fault }) => fault === null)).toBe(true);
  });
});
