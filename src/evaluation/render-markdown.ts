import { ABSENT, formatEstimate, formatNumber, markdownTable } from "./markdown-table.ts";
import { renderCases } from "./render-cases.ts";
import type { Comparison, EvaluationReport, RootCauseReport, ScorerReport } from "./report-type.ts";

/** The report for people: what was measured, the verdict, then a table per question with every baseline in it. */
export function renderMarkdown(report: EvaluationReport): string {
  const sections = [
    renderHead(report),
    renderVerdict(report.comparisons),
    renderDetection(report),
    renderRootCause(report, "Root cause when the incident opens", (row) => row.rootCauseAtOpening),
    renderRootCause(report, "Root cause when the incident ends", (row) => row.rootCauseAtEnd),
    renderByKind(report),
    renderOnset(report),
    renderKinds(report),
    renderLoad(report),
    renderCases(report),
    renderProvenance(report),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function renderHead(report: EvaluationReport): string {
  const { rules } = report;
  return [
    `# Evaluation on ${report.recording}`,
    "",
    `${report.cases.length} performance faults, ${report.codeDefects.length} code defects (in no total), ` +
      `${report.leftOut.length} left out for want of data; ${report.coveredHours.toFixed(2)} h of data, ` +
      `${report.faultFreeHours.toFixed(2)} h without a fault; ${report.nodeCount} nodes.`,
    `An alarm is true from a fault's start to ${rules.detectionSlackSeconds} s after its end, neither true nor false ` +
      `until ${rules.settleSeconds} s after it. Numbers in brackets are 95 % intervals: Wilson for proportions, ` +
      "bootstrap for delays and Avg@5, Byar for rates.",
  ].join("\n");
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

function labelOf(row: ScorerReport): string {
  return row.isSubject ? `**${row.scorer}**` : row.scorer;
}

function renderDetection(report: EvaluationReport): string {
  const rows = report.scorers.map((row) => {
    const { detection, delay } = row;
    return [
      labelOf(row),
      `${detection.detected}/${detection.faults}`,
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
  const { randomRanking: random, nodeCount } = report;
  const name = `random ranking of ${nodeCount}, expected`;
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

function renderOnset(report: EvaluationReport): string {
  const shift = report.rules.onsetShiftSeconds;
  const rows = report.scorers.map((row) => {
    const { atOnset, shifted } = row.onsetRanking;
    return [
      labelOf(row),
      formatEstimate(atOnset.ac1, 2),
      formatEstimate(atOnset.avg5, 2),
      formatEstimate(shifted.ac1, 2),
      formatEstimate(shifted.avg5, 2),
    ];
  });
  const random = randomRow(report);
  const without = report.onsetWithoutData;
  const header = ["scorer", "AC@1", "Avg@5", `AC@1, +${shift} s`, `Avg@5, +${shift} s`];
  const expected = [random[0]!, random[1]!, random[3]!, random[1]!, random[3]!];
  return [
    "## Ranking when the onset is given, and when it is given late",
    "",
    `Mean node score over ${report.rules.rankingSeconds} s after the onset; no incident needed. Ties count by chance. ` +
      `${report.scorers[0]?.onsetRanking.atOnset.cases ?? 0} cases.` +
      (without.length > 0 ? ` No data right after the onset: ${without.join(", ")}.` : ""),
    "",
    markdownTable(header, [...rows, expected]),
  ].join("\n");
}

function renderKinds(report: EvaluationReport): string {
  const accuracies = report.scorers.map((row) => [
    labelOf(row),
    formatEstimate(row.kinds.accuracyAtOpening, 2),
    formatEstimate(row.kinds.accuracyAtEnd, 2),
    formatEstimate(row.kinds.accuracyAtRightNode, 2),
  ]);
  const subject = report.scorers.find((row) => row.isSubject);
  const confusion = subject?.kinds.rows ?? [];
  const said = [...new Set(confusion.flatMap((row) => Object.keys(row.said)))].toSorted();
  const rows = confusion.map((row) => [
    row.expected === null || row.expected === row.labelled ? row.labelled : `${row.labelled} (= ${row.expected})`,
    ...said.map((kind) => `${row.said[kind] ?? 0}`),
    `${row.missed}`,
  ]);
  return [
    "## Kind of fault, of the faults found",
    "",
    "A verdict that prefers no kind counts as a guess.",
    "",
    markdownTable(["scorer", "at opening", "at the end", "if the node is right"], accuracies),
    "",
    `Confusion of ${report.subject}: rows as labelled, columns as said at the end.`,
    "",
    markdownTable(["labelled", ...said, "missed"], rows),
  ].join("\n");
}

function renderLoad(report: EvaluationReport): string {
  const names = report.scorers[0]?.load.rows ?? [];
  if (names.length === 0) return "";
  const silence = report.scorers.map((row) => [
    labelOf(row),
    formatEstimate(row.load.silent, 2),
    ...row.load.rows.map((load) => {
      const traffic = load.hasTrafficVerdict ? `traffic (${load.bottleneckNode ?? "no station named"})` : "no verdict";
      return load.isSilent ? traffic : `${load.falseAlarms} false; ${traffic}`;
    }),
  ]);
  const loads = [...new Set(report.scorers.flatMap((row) => row.load.recallByLoad.map((entry) => entry.load)))];
  const recall = report.scorers.map((row) => [
    labelOf(row),
    ...loads.map((load) => {
      const entry = row.load.recallByLoad.find((candidate) => candidate.load === load);
      return entry === undefined ? ABSENT : `${formatEstimate(entry.recall, 2)} of ${entry.faults}`;
    }),
  ]);
  const header = [
    "scorer",
    "silent",
    ...names.map((load) => (load.faults > 0 ? `${load.name} with a fault` : load.name)),
  ];
  return [
    "## Load is not a fault",
    "",
    "Silent: share of the loads without a fault in which no false alarm opened.",
    "",
    markdownTable(header, silence),
    "",
    "Recall by the load at which the fault came:",
    "",
    markdownTable(["scorer", ...loads], recall),
  ].join("\n");
}

function renderProvenance(report: EvaluationReport): string {
  const { command, seed, dataHash, versions } = report.provenance;
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    "## Made by",
    "",
    `* command: \`${command}\``,
    `* versions: ${listed.join(", ")}`,
    `* seed: ${seed}`,
    `* data: ${dataHash}`,
  ].join("\n");
}
