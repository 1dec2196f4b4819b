import { ABSENT, formatEstimate, formatNumber, markdownTable } from "./markdown-table.ts";
import { renderAblations } from "./render-ablations.ts";
import { renderCases } from "./render-cases.ts";
import { renderLoad } from "./render-load.ts";
import { renderProvenance } from "./render-provenance.ts";
import { renderRecordings } from "./render-recordings.ts";
import type { Comparison, EvaluationReport, RootCauseReport, ScorerReport } from "./report-type.ts";
import { labelOf } from "./scorer-label.ts";

export interface MarkdownOptions {
  /** Without cases only tables over all of them are shown: nothing tells of a single fault or recording. */
  readonly withCases: boolean;
}

/** The report for people: what was measured, the verdict, then a table per question with every baseline in it. */
export function renderMarkdown(report: EvaluationReport, options: MarkdownOptions = { withCases: true }): string {
  const { withCases } = options;
  const sections = [
    renderHead(report),
    renderVerdict(report.comparisons),
    renderDetection(report),
    renderRootCause(report, "Root cause when the incident opens", (row) => row.rootCauseAtOpening),
    renderRootCause(report, "Root cause when the incident ends", (row) => row.rootCauseAtEnd),
    withCases ? renderByKind(report) : "",
    renderOnset(report, withCases),
    renderKinds(report),
    withCases ? renderConfusion(report) : "",
    renderAblations(report),
    renderLoad(report, withCases),
    withCases ? renderRecordings(report) : "",
    withCases ? renderCases(report) : "",
    renderProvenance(report),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function renderHead(report: EvaluationReport): string {
  const { rules, recordings } = report;
  const settle = recordings.map((row) => row.settleSeconds);
  const [shortest, longest] = [Math.min(...settle), Math.max(...settle)];
  const nodes = recordings.map((row) => row.nodeCount);
  return [
    `# Evaluation on ${report.title}`,
    "",
    `${report.cases.length} performance faults, ${report.codeDefects.length} code defects (in no total), ` +
      `${report.leftOut.length} left out for want of data; ${report.coveredHours.toFixed(2)} h of data, ` +
      `${report.faultFreeHours.toFixed(2)} h without a fault; ${range(Math.min(...nodes), Math.max(...nodes))} nodes.`,
    `Each recording is judged by itself from a cold start: nothing is known before its first span. ${readinessText(report)}`,
    `An alarm is true from a fault's start to ${rules.detectionSlackSeconds} s after its end, neither true nor false ` +
      `until ${range(shortest, longest)} s after it. Numbers in brackets are 95 % intervals: Wilson for proportions, ` +
      "bootstrap for delays and Avg@5, Byar for rates.",
    ...leakText(report),
  ].join("\n");
}

function leakText({ subject, recordings }: EvaluationReport): string[] {
  const seen = recordings.filter((row) => row.isTrainedOn).map((row) => row.recording);
  if (seen.length === 0) return [];
  return ["", `**${subject} was trained or calibrated on ${seen.join(", ")}: its figures there prove nothing.**`];
}

function readinessText({ recordings }: EvaluationReport): string {
  const seconds = recordings.flatMap((row) => row.firstVerdictSeconds ?? []);
  const never = recordings.length - seconds.length;
  const some = `Verdicts come from ${range(Math.round(Math.min(...seconds)), Math.round(Math.max(...seconds)))} s on`;
  if (never === 0) return `${some}.`;
  return seconds.length === 0 ? "It never came to a verdict." : `${some}; never on ${never}.`;
}

function range(low: number, high: number): string {
  return low === high ? `${low}` : `${low} to ${high}`;
}

/** Says first, and plainly, where a baseline is better. */
function renderVerdict(comparisons: readonly Comparison[]): string {
  const lost = comparisons.filter((row) => row.isBaselineBetter);
  const lines = lost.map(
    (row) =>
      `* **${row.bestBaseline} wins on ${row.measure}**: ${formatNumber(row.bestBaselineValue, 3)} ` +
      `against ${formatNumber(row.subjectValue, 3)}.`,
  );
  if (lines.length === 0) lines.push("No baseline is better on any measure.");
  return ["## Where a baseline wins", "", ...lines].join("\n");
}

function renderDetection(report: EvaluationReport): string {
  const rows = report.scorers.map((row) => {
    const { detection, delay } = row;
    return [
      labelOf(row),
      `${detection.detected}/${detection.faults}`,
      `${detection.detectedAfterEnd}`,
      formatEstimate(detection.precision, 2),
      formatEstimate(detection.recall, 2),
      formatEstimate(detection.f1, 2),
      formatEstimate(detection.falseAlarmsPerHour, 1),
      `${detection.duplicates}`,
      formatEstimate(delay.medianSeconds, 0),
      formatEstimate(delay.p90Seconds, 0),
    ];
  });
  const header = [
    "scorer",
    "found",
    "after its end",
    "precision",
    "recall",
    "F1",
    "false/h",
    "duplicates",
    "delay p50 s",
    "delay p90 s",
  ];
  return ["## Detection", "", markdownTable(header, rows)].join("\n");
}

function renderRootCause(
  report: EvaluationReport,
  title: string,
  pick: (row: ScorerReport) => RootCauseReport,
): string {
  const rows = report.scorers.map((row) => {
    const { overAll, overDetected } = pick(row);
    return [
      labelOf(row),
      formatEstimate(overAll.ac1, 2),
      formatEstimate(overAll.ac3, 2),
      formatEstimate(overAll.avg5, 2),
      `${formatNumber(overDetected.ac1.value, 2)} of ${overDetected.cases}`,
    ];
  });
  return [
    `## ${title}`,
    "",
    "Over all performance faults; one not found is a miss. The last column is over the faults found, so other cases a row.",
    "",
    markdownTable(["scorer", "AC@1", "AC@3", "Avg@5", "AC@1 if found"], [...rows, randomRow(report)]),
  ].join("\n");
}

function randomRow(report: EvaluationReport): string[] {
  const { randomRanking: random, recordings } = report;
  const single = recordings.length === 1 ? ` of ${recordings[0]!.nodeCount}` : "";
  const name = `random ranking${single}, expected`;
  if (random === null) return [name, ABSENT, ABSENT, ABSENT, ABSENT];
  return [name, random.ac1.toFixed(2), random.ac3.toFixed(2), random.avg5.toFixed(2), ABSENT];
}

function renderByKind(report: EvaluationReport): string {
  const kinds = [...new Set(report.cases.map((row) => row.fault))].toSorted();
  if (kinds.length === 0) return "";
  const rows = report.scorers.map((row) => [
    labelOf(row),
    ...kinds.map((kind) => {
      const rates = row.rootCauseAtEnd.byKind.find((entry) => entry.fault === kind)?.rates;
      return rates === undefined
        ? ABSENT
        : `${formatNumber(rates.ac1.value, 2)} / ${formatNumber(rates.avg5.value, 2)}`;
    }),
  ]);
  const header = [
    "scorer",
    ...kinds.map((kind) => `${kind} (${report.cases.filter((row) => row.fault === kind).length})`),
  ];
  return ["## Root cause by kind of fault: AC@1 / Avg@5 at the end", "", markdownTable(header, rows)].join("\n");
}

function renderOnset(report: EvaluationReport, withCases: boolean): string {
  const shift = report.rules.onsetShiftSeconds;
  const rows = report.scorers.map((row) => {
    const { atOnset, unshifted, shifted } = row.onsetRanking;
    return [
      labelOf(row),
      ...[atOnset, unshifted, shifted].flatMap(({ ac1, avg5 }) => [
        formatEstimate(ac1, 2),
        formatNumber(avg5.value, 2),
      ]),
    ];
  });
  const [name, ac1, , avg5] = randomRow(report) as [string, string, string, string];
  const counts = report.scorers[0]?.onsetRanking;
  const header = ["AC@1", "Avg@5", "AC@1, lasting", "Avg@5, lasting", `AC@1, +${shift} s`, `Avg@5, +${shift} s`];
  const listed = (names: readonly string[]) => (withCases && names.length <= 10 ? names.join(", ") : `${names.length}`);
  const { onsetWithoutData: without, onsetOverTooSoon: over } = report;
  return [
    "## Ranking when the onset is given, and when it is given late",
    "",
    `Mean node score over ${report.rules.rankingSeconds} s after the onset; no incident needed. Ties count by chance. ` +
      `${counts?.atOnset.cases ?? 0} cases; ${counts?.shifted.cases ?? 0} of them still last ${shift} s later: ` +
      "these are ranked from both onsets." +
      (without.length > 0 ? ` No data right after the onset: ${listed(without)}.` : "") +
      (over.length > 0 ? ` Over, or without data, ${shift} s later: ${listed(over)}.` : ""),
    "",
    markdownTable(["scorer", ...header], [...rows, [name, ac1, avg5, ac1, avg5, ac1, avg5]]),
  ].join("\n");
}

function renderKinds(report: EvaluationReport): string {
  const accuracies = report.scorers.map((row) => [
    labelOf(row),
    formatEstimate(row.kinds.accuracyAtOpening, 2),
    formatEstimate(row.kinds.accuracyAtEnd, 2),
    formatEstimate(row.kinds.accuracyAtRightNode, 2),
  ]);
  return [
    "## Kind of fault, of the faults found",
    "",
    "A verdict that prefers no kind counts as a guess.",
    "",
    markdownTable(["scorer", "at opening", "at the end", "if the node is right"], accuracies),
  ].join("\n");
}

function renderConfusion(report: EvaluationReport): string {
  const subject = report.scorers.find((row) => row.isSubject);
  const confusion = subject?.kinds.rows ?? [];
  if (confusion.length === 0) return "";
  const said = [...new Set(confusion.flatMap((row) => Object.keys(row.said)))].toSorted();
  const rows = confusion.map((row) => [
    row.expected === null || row.expected === row.labelled ? row.labelled : `${row.labelled} (= ${row.expected})`,
    ...said.map((kind) => `${row.said[kind] ?? 0}`),
    `${row.missed}`,
  ]);
  return [
    `Confusion of ${report.subject}: rows as labelled, columns as said at the end.`,
    "",
    markdownTable(["labelled", ...said, "missed"], rows),
  ].join("\n");
}
