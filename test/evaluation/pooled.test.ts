// Goal: several recordings together give the figures that counting by hand gives, and what cannot be told is null.
// Method: two made-up recordings with their arithmetic in comments, judged as the command judges them.
import { describe, expect, test } from "vitest";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import type { Labels } from "../../src/contracts/labels.ts";
import { type JudgedRecording, judgeRecording, type ScorerRun } from "../../src/evaluation/judge-recording.ts";
import { renderSummaryLine } from "../../src/evaluation/render-json.ts";
import { renderMarkdown } from "../../src/evaluation/render-markdown.ts";
import { reportOf } from "../../src/evaluation/report.ts";
import type { EvaluationReport } from "../../src/evaluation/report-type.ts";
import { summaryOf } from "../../src/evaluation/summary.ts";
import { parseRoute } from "../../ui/state/route.ts";
import { fault, history, labels, load } from "./fixtures.ts";

const NODES = ["cart", "ads", "mail", "stock"];

/** Visits of cart are 80 a window, of all others 20. */
function run(scorer: string, incidents: readonly IncidentEvent[], countsVisits = false): ScorerRun {
  const windowEndSeconds = Array.from({ length: 360 }, (_, i) => 10 * (i + 1));
  const probability = windowEndSeconds.map(() => new Float64Array(NODES.length).fill(0.5));
  const visits = windowEndSeconds.map(() => Float64Array.of(80, 20, 20, 20));
  const timeline = { windowEndSeconds, nodes: NODES, probability, ...(countsVisits ? { visits } : {}) };
  return { scorer, incidents, timeline };
}

function judged(recording: string, own: Labels, subject: IncidentEvent[], crude: IncidentEvent[]): JudgedRecording {
  const runs = [run("model", subject, true), run("crude", crude), run("bare", [])];
  return judgeRecording({ recording, dataHash: `hash of ${recording}`, labels: own, runs });
}

const MONDAY = judged(
  "monday",
  labels([fault(500, 600), fault(1000, 1100, { service: "ads", fault: "cpu" })], {
    application: "shop",
    loads: [load(2000, 2100, { saturates: false }), load(2500, 2600, { saturates: true, bottleneck: "stock" })],
  }),
  // Finds both after 10 and 30 s, the second on the wrong node first (rank 2); one false alarm in a run below saturation.
  [
    ...history("a", 510),
    ...history("b", 1030, { atOpening: ["mail", "ads"], kind: "cpu" }),
    ...history("c", 1040),
    ...history("d", 2050),
    ...history("t", 2520, { verdict: "traffic", bottleneck: "stock" }),
  ],
  history("a", 520),
);
const TUESDAY = judged(
  "tuesday",
  labels([fault(700, 800), fault(1500, 1600, { service: "mail", fault: "pause" })], { settleSeconds: 60 }),
  // Finds the first after 50 s with the wrong kind, misses the second.
  history("a", 750, { kindAtEnd: "pause" }),
  [...history("x", 1510, { atOpening: ["mail"] }), ...history("y", 3000), ...history("z", 3300)],
);

function report(recordings: readonly JudgedRecording[]): EvaluationReport {
  const provenance = { command: "spantwin evaluate recordings", versions: { spantwin: "0.1.0" }, seed: 5 };
  const ablations = [{ scorer: "bare", what: "without anything" }];
  return reportOf({ judged: recordings, subject: "model", provenance, ablations });
}

const both = report([MONDAY, TUESDAY]);
const summary = summaryOf(both);

describe("two recordings pooled", () => {
  test("the figures are those of all cases, not the mean of the two", () => {
    // Found 3 of 4, 1 false alarm: precision 3/4, recall 3/4, F1 3/4. The alarm at 1040 is a duplicate.
    expect(summary).toMatchObject({ faults: 4, found: 3, falseAlarms: 1, duplicates: 1 });
    expect(summary.precision).toBeCloseTo(3 / 4);
    expect(summary.recall).toBeCloseTo(3 / 4);
    expect(summary.f1).toBeCloseTo(3 / 4);
    // Ranks 1, 2, 1 and a miss.
    expect(summary.ac1).toBeCloseTo(2 / 4);
    expect(summary.ac3).toBeCloseTo(3 / 4);
    expect(summary.avg5).toBeCloseTo((1 + 4 / 5 + 1 + 0) / 4);
    // slow-code right, cpu right, slow-code called a pause.
    expect(summary.kind).toBeCloseTo(2 / 3);
    // Delays 10, 30 and 50 s; the 90th percentile lies 80 % of the way from 30 to 50.
    expect(summary.delayMedianSeconds).toBe(30);
    expect(summary.delayP90Seconds).toBeCloseTo(46);
    // Of the found only those on cart, with 80 visits a window: 10 and 50 s.
    expect(summary.busyDelayMedianSeconds).toBe(30);
    expect(summary.busyDelayP90Seconds).toBeCloseTo(46);
    // Two hours, less [start, end + 180] of Monday's faults and [start, end + 120] of Tuesday's, which settle earlier.
    expect(summary.faultFreeHours).toBeCloseTo((7200 - 2 * 280 - 2 * 220) / 3600);
    expect(summary.falseAlarmsPerHour).toBeCloseTo(3600 / 6200);
  });

  test("runs of the load grid are counted over both", () => {
    expect(summary).toMatchObject({ runs: 1, runFalseAlarms: 1, saturatedRuns: 1, saturatedRight: 1 });
  });

  test("a baseline has its own figures on the same cases", () => {
    // crude: found 2 of 4 with 2 false alarms.
    expect(summary.baselines["crude"]).toMatchObject({ precision: 0.5, recall: 0.5, ac1: 0.5, ac3: 0.5 });
    expect(summary.baselines["crude"]?.f1).toBeCloseTo(0.5);
    expect(summary.baselines["crude"]?.falseAlarmsPerHour).toBeCloseTo((2 * 3600) / 6200);
  });

  test("the rates of a scorer are those of each recording when that is all there is", () => {
    for (const [i, single] of [report([MONDAY]), report([TUESDAY])].entries()) {
      for (const [k, scorer] of single.scorers.entries()) {
        const { detection, rootCause } = both.scorers[k]!.byRecording[i]!;
        expect(detection).toEqual(scorer.detection);
        expect(rootCause).toEqual(scorer.rootCauseAtEnd.overAll);
      }
    }
  });

  test("incidents of the same id in two recordings stay two", () => {
    expect(both.scorers[0]?.outcomes.map((row) => row.delaySeconds)).toEqual([10, 30, 50, null]);
  });

  test("random ranking is expected among the nodes of each case's own recording", () => {
    expect(both.randomRanking?.ac1).toBeCloseTo(1 / 4);
  });
});

test("a recording that the subject was trained on is named first of all, and others are not", () => {
  const { title } = both;
  expect(summary.trainedOn).toEqual([]);
  expect(renderMarkdown(both)).not.toContain("prove nothing");
  const leaked = report([MONDAY, { ...TUESDAY, isTrainedOn: true }]);
  expect(summaryOf(leaked).trainedOn).toEqual(["tuesday"]);
  const head = renderMarkdown(leaked).split("## ")[0]!;
  expect(head).toContain(title);
  expect(head).toContain("model was trained or calibrated on tuesday: its figures there prove nothing.");
});

describe("readiness", () => {
  const judgedFrom = (readyAtSeconds: number | null) =>
    judgeRecording({
      recording: "late",
      dataHash: "",
      labels: labels([fault(3000, 3100)], { loads: [load(200, 300, { saturates: false })] }),
      readyAtSeconds,
      runs: [run("model", []), run("crude", []), run("bare", [])],
    });

  test.each([
    { readyAtSeconds: 240, runs: 1 },
    { readyAtSeconds: 241, runs: 0 },
    { readyAtSeconds: null, runs: 0 },
  ])("silence while nothing could be said is no proof: ready at $readyAtSeconds s makes $runs runs", (row) => {
    const late = summaryOf(report([judgedFrom(row.readyAtSeconds)]));
    expect(late.runs).toBe(row.runs);
    expect(late.firstVerdictSeconds).toBe(row.readyAtSeconds);
    // A fault is missed all the same: the clock starts with the first span.
    expect(late).toMatchObject({ faults: 1, recall: 0 });
  });

  test("of several is that of the slowest, and none when one never came to a verdict", () => {
    expect(summaryOf(report([judgedFrom(50), judgedFrom(90)])).firstVerdictSeconds).toBe(90);
    expect(summaryOf(report([judgedFrom(50), judgedFrom(null)])).firstVerdictSeconds).toBeNull();
    expect(renderMarkdown(report([judgedFrom(50), judgedFrom(null)]))).toContain("never on 1");
  });
});

describe("the line of JSON", () => {
  const line = renderSummaryLine(both);

  test("is one line and comes back as the summary, with every key that was promised", () => {
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual(summary);
    for (const key of [
      ..."f1 precision recall ac1 ac3 avg5 kind falseAlarmsPerHour duplicates".split(" "),
      ..."delayMedianSeconds delayP90Seconds baselines recordings seed".split(" "),
    ])
      expect(Object.keys(summary)).toContain(key);
    for (const baseline of Object.values(summary.baselines))
      for (const key of ["f1", "ac1", "ac3", "falseAlarmsPerHour"]) expect(Object.keys(baseline)).toContain(key);
  });

  test("what cannot be told is null and what was counted as none is 0", () => {
    const none = judged("none", labels([], { covered: [] }), [], []);
    expect(summaryOf(report([none]))).toMatchObject({
      f1: null,
      precision: null,
      recall: null,
      ac1: null,
      avg5: null,
      kind: null,
      falseAlarmsPerHour: null,
      delayMedianSeconds: null,
      delayP90Seconds: null,
      saturatedRight: null,
      duplicates: 0,
      runs: 0,
    });
    // "bare" never speaks: its recall is 0, its precision unknown.
    expect(summary.baselines["bare"]).toMatchObject({ recall: 0, f1: 0, ac1: 0, precision: null, kind: null });
    expect(JSON.parse(renderSummaryLine(report([none]))).f1).toBeNull();
  });
});

describe("the tables", () => {
  const markdown = renderMarkdown(both);

  test("have a row a recording, with its application and hash", () => {
    expect(markdown).toMatch(/\| monday +\| +shop \|/);
    expect(markdown).toMatch(/\| tuesday +\| +– \|/);
    expect(markdown).toContain("monday hash of monday, tuesday hash of tuesday");
  });

  test("list each case with an address that the page reads as its incident", () => {
    const paths = [...markdown.matchAll(/`(#\/incidents\/[^`]+)`/g)].map((match) => match[1]!);
    // Three found and one false alarm.
    expect(paths.map((path) => parseRoute(path))).toMatchObject(
      ["a", "b", "a", "d"].map((id) => ({ page: "incident", id })),
    );
  });

  test("show what each part is worth beside the subject", () => {
    const section = markdown.split("## What each part is worth")[1]!.split("##")[0]!;
    expect(section).toMatch(/\*\*model\*\* +\| +as shipped/);
    expect(section).toMatch(/bare +\| +without anything/);
    expect(section).not.toContain("crude");
  });

  test("without cases tell of no single fault, node or recording, but keep the totals", () => {
    const short = renderMarkdown(both, { withCases: false });
    expect(short).toContain("3/4");
    for (const single of ["ads", "mail", "cpu", "pause", "incidents/", "shop"])
      expect(short).not.toMatch(new RegExp(`\\b${single}\\b`));
  });

  test("without a fault there is no table of faults, but the loads are there", () => {
    const quiet = judged("quiet", labels([], { loads: [load(200, 300, { saturates: false })] }), [], []);
    const text = renderMarkdown(report([quiet]));
    expect(text).toMatch(/\| \*\*model\*\* \| +0 in 1 \|/);
    for (const absent of ["Recall by the load", "Faults by load", "Case by case", "Confusion"])
      expect(text).not.toContain(absent);
    for (const table of text.split("\n\n").filter((part) => part.startsWith("|")))
      expect(table.split("\n").length).toBeGreaterThan(2);
  });

  test("every row of a table has as many cells as its header", () => {
    for (const block of markdown.split("\n\n").filter((part) => part.startsWith("|"))) {
      expect(new Set(block.split("\n").map((line) => line.split(" | ").length)).size).toBe(1);
    }
  });
});

describe("a mistake of the caller", () => {
  test("no recording, a subject that did not run, and a scorer missing on one of them are refused", () => {
    const provenance = both.provenance;
    expect(() => report([])).toThrow(RangeError);
    expect(() => reportOf({ judged: [MONDAY], subject: "other", provenance })).toThrow(/other/);
    const { scorers, ...rest } = TUESDAY;
    expect(() => report([MONDAY, { ...rest, scorers: scorers.slice(0, 2) }])).toThrow(/bare.*tuesday/);
  });
});
