// Goal: the report judges every scorer on identical cases and says plainly when a baseline wins.
import { describe, expect, test } from "vitest";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import { judgeRecording, type RecordingInput, type ScorerRun } from "../../src/evaluation/judge-recording.ts";
import { renderJson } from "../../src/evaluation/render-json.ts";
import { renderMarkdown } from "../../src/evaluation/render-markdown.ts";
import { reportOf } from "../../src/evaluation/report.ts";
import type { EvaluationReport } from "../../src/evaluation/report-type.ts";
import { fault, history, labels, load } from "./fixtures.ts";

const NODES = ["cart", "ads", "mail"];

function run(scorer: string, incidents: readonly IncidentEvent[], guess: string): ScorerRun {
  const windowEndSeconds = Array.from({ length: 180 }, (_, i) => 20 * (i + 1));
  const row = Float64Array.from(NODES, (node) => (node === guess ? 0.9 : 0.1));
  return {
    scorer,
    incidents,
    timeline: { windowEndSeconds, nodes: NODES, probability: windowEndSeconds.map(() => row) },
  };
}

const INPUT: RecordingInput = {
  recording: "three faults",
  dataHash: "sha256:abc",
  labels: labels(
    [
      fault(500, 600),
      fault(1200, 1300, { fault: "cpu", service: "ads" }),
      fault(2000, 2100, { performance: false, fault: "return", service: "mail" }),
      fault(4000, 4100, { fault: "pause" }),
    ],
    { loads: [load(2700, 2800)] },
  ),
  runs: [
    run("crude", [...history("a", 520), ...history("b", 1220, { atOpening: ["ads"] })], "ads"),
    run("model", [...history("a", 540), ...history("c", 2720), ...history("d", 2010)], "cart"),
    run("silent", [], "mail"),
  ],
};

function evaluate(input: RecordingInput, subject = "model"): EvaluationReport {
  const provenance = { command: "evaluate --seed 5 x", versions: { spantwin: "0.1.0" }, seed: 5 };
  return reportOf({ judged: [judgeRecording(input)], subject, provenance });
}

const report = evaluate(INPUT);

describe("report", () => {
  test("puts the subject first and gives every scorer the same cases", () => {
    expect(report.scorers.map((row) => row.scorer)).toEqual(["model", "crude", "silent"]);
    expect(report.scorers.map((row) => row.detection.faults)).toEqual([2, 2, 2]);
    expect(report.scorers.map((row) => row.rootCauseAtEnd.overAll.cases)).toEqual([2, 2, 2]);
    expect(report.scorers.map((row) => row.onsetRanking.shifted.cases)).toEqual([2, 2, 2]);
  });

  test("keeps code defects and faults without data out of the totals, by name", () => {
    expect(report.cases.map((row) => row.name)).toEqual(["slow-code@cart", "cpu@ads"]);
    expect(report.codeDefects.map((row) => row.name)).toEqual(["return@mail"]);
    expect(report.leftOut.map((row) => row.name)).toEqual(["pause@cart"]);
    expect(report.scorers.map((row) => row.codeDefectAlarms)).toEqual([[true], [false], [false]]);
    expect(report.scorers[0]?.ignored).toEqual([
      { recording: "three faults", openedSeconds: 2010, reason: "code-defect" },
    ]);
  });

  test("counts a fault that was not found as a root cause missed, and apart from the faults found", () => {
    const [model] = report.scorers;
    expect(model?.rootCauseAtOpening.overAll.ac1.value).toBe(0.5);
    expect(model?.rootCauseAtOpening.overDetected.ac1.value).toBe(1);
    expect(model?.outcomes.map((row) => row.delaySeconds)).toEqual([40, null]);
  });

  test("says where a baseline is better, and only there", () => {
    const lost = new Map(report.comparisons.map((row) => [row.measure, row.isBaselineBetter]));
    expect(lost.get("F1")).toBe(true);
    expect(lost.get("false alarms per hour")).toBe(true);
    expect(lost.get("median delay over all faults")).toBe(true);
    // Both rank one of two faults right given the onset: a draw is no win.
    expect(lost.get("AC@1 given the onset")).toBe(false);
    expect(report.comparisons.find((row) => row.measure === "recall")).toMatchObject({
      subjectValue: 0.5,
      bestBaseline: "crude",
      bestBaselineValue: 1,
    });
  });

  test("does not depend on the order of incidents, and is the same when made again", () => {
    const runs = INPUT.runs.map((entry) => ({ ...entry, incidents: entry.incidents.toReversed() }));
    expect(renderJson(evaluate({ ...INPUT, runs }))).toBe(renderJson(report));
  });

  test("refuses a subject that did not run and a scorer that ran twice", () => {
    expect(() => evaluate(INPUT, "other")).toThrow(RangeError);
    expect(() => evaluate({ ...INPUT, runs: [...INPUT.runs, INPUT.runs[0]!] })).toThrow(RangeError);
  });

  test("leaves a case without windows after its onset out of the ranking of every scorer, and says so", () => {
    const runs = INPUT.runs.map((entry) => {
      const { windowEndSeconds, nodes, probability } = entry.timeline;
      const kept = windowEndSeconds.map((end, i) => ({ end, i })).filter(({ end }) => end <= 500 || end > 580);
      return {
        ...entry,
        timeline: {
          nodes,
          windowEndSeconds: kept.map(({ end }) => end),
          probability: kept.map(({ i }) => probability[i]!),
        },
      };
    });
    const holed = evaluate({ ...INPUT, runs });
    expect(holed.onsetWithoutData).toEqual(["slow-code@cart"]);
    expect(holed.scorers.map((row) => row.onsetRanking.atOnset.cases)).toEqual([1, 1, 1]);
    expect(holed.scorers.map((row) => row.detection.faults)).toEqual([2, 2, 2]);
  });

  test("takes when there was data from the replay when it is told", () => {
    expect(evaluate({ ...INPUT, covered: [[0, 900]] }).cases.map((row) => row.name)).toEqual(["slow-code@cart"]);
  });
});

describe("as JSON", () => {
  test("it comes back as it was, without NaN or infinity turned into something else", () => {
    expect(JSON.parse(renderJson(report))).toEqual(report);
  });

  test("nothing at all to judge is still valid", () => {
    const empty = evaluate({ ...INPUT, labels: labels([], { covered: [] }), runs: [run("model", [], "cart")] });
    expect(JSON.parse(renderJson(empty))).toEqual(empty);
    expect(renderMarkdown(empty)).toContain("No baseline is better on any measure.");
  });
});

describe("as Markdown", () => {
  const markdown = renderMarkdown(report);

  test("it names the winner plainly when a baseline wins", () => {
    expect(markdown).toContain("**crude wins on recall**: 1.000 against 0.500.");
    expect(markdown).not.toContain("silent wins on recall");
  });

  test("it holds what made it", () => {
    for (const part of ["evaluate --seed 5 x", "spantwin 0.1.0", "seed: 5", "sha256:abc"])
      expect(markdown).toContain(part);
  });

  test("every scorer is in every table of scorers, beside the expectation of ranking at random", () => {
    const tables = markdown.split("\n\n").filter((block) => block.startsWith("| scorer"));
    expect(tables.length).toBeGreaterThanOrEqual(6);
    for (const table of tables) for (const name of ["**model**", "crude", "silent"]) expect(table).toContain(name);
    expect(markdown).toContain("random ranking of 3, expected");
  });

  test("every row of a table has as many cells as its header", () => {
    for (const block of markdown.split("\n\n").filter((part) => part.startsWith("|"))) {
      const cells = block.split("\n").map((line) => line.split(" | ").length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  test("it says what was left out and shows code defects in their own table", () => {
    expect(markdown).toContain("pause@cart: 0 % of its interval has data");
    expect(markdown).toMatch(/\| return@mail\s+\| alarm/);
  });
});
