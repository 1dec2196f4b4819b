import type { LoadRow } from "./load-question.ts";
import { ABSENT, formatEstimate, formatNumber, markdownTable } from "./markdown-table.ts";
import type { EvaluationReport, ScorerReport } from "./report-type.ts";
import { labelOf } from "./scorer-label.ts";

/** Load is not a fault, and no excuse to miss one: the load grid. Nothing when no load is labelled. */
export function renderLoad(report: EvaluationReport, withCases: boolean): string {
  if (report.recordings.every((row) => row.loads.length === 0)) return "";
  const hasFaults = report.cases.length > 0;
  const sections = [
    "## Load is not a fault",
    renderRuns(report),
    ...(withCases ? [byLoadText(report), renderByLoad(report)] : []),
    ...(hasFaults ? ["Recall by the load at which the fault came:", renderRecall(report)] : []),
    ...(hasFaults && withCases ? [gridText(report), renderGrid(report)] : []),
  ];
  return sections.join("\n\n");
}

function byLoadText(report: EvaluationReport): string {
  return (
    "The same by load, of all loads without a fault: false incidents in runs; verdicts of traffic and the stations named " +
    `by ${report.subject}.`
  );
}

function gridText(report: EvaluationReport): string {
  return `Faults by load, ${report.subject}: found, guilty node first, kind right of the found, median delay.`;
}

function renderRuns(report: EvaluationReport): string {
  const rows = report.scorers.map((row) => {
    const { belowSaturation, aboveSaturation, saturationUnknown, rightVerdict } = row.load;
    return [
      labelOf(row),
      `${belowSaturation.falseAlarms} in ${belowSaturation.runs}`,
      formatEstimate(belowSaturation.silent, 2),
      `${aboveSaturation.falseAlarms} in ${aboveSaturation.runs}`,
      formatEstimate(rightVerdict, 2),
      `${saturationUnknown.falseAlarms} in ${saturationUnknown.runs}`,
    ];
  });
  const header = [
    "scorer",
    "false, below saturation",
    "silent runs",
    "false, above",
    "traffic, right station",
    "false, not known",
  ];
  const seconds = report.rules.minimumRunSeconds;
  return [
    `A run is a labelled load without a fault that was judged for at least ${seconds} s; false incidents count until it has settled. ` +
      'Above saturation a verdict is right when it says "traffic", names the labelled bottleneck, and no fault is claimed.',
    "",
    markdownTable(header, rows),
  ].join("\n");
}

function renderByLoad(report: EvaluationReport): string {
  const subject = report.scorers.find((row) => row.isSubject);
  const rows = levelsOf(subject?.load.rows ?? []).map(([level, loads]) => {
    const said = loads.filter((row) => row.hasTrafficVerdict);
    const stations = [...new Set(said.map((row) => row.namedBottleneck ?? "no station"))].toSorted();
    return [
      level,
      `${loads.length}`,
      ...report.scorers.map((row) => `${falseAlarmsAt(row, level)}`),
      said.length === 0 ? "0" : `${said.length} (${stations.join(", ")})`,
    ];
  });
  return markdownTable(["load", "runs", ...report.scorers.map((row) => row.scorer), "traffic"], rows);
}

function levelsOf(loads: readonly LoadRow[]): [string, LoadRow[]][] {
  const faultless = loads.filter((row) => row.faults === 0);
  return [...Map.groupBy(faultless, (row) => row.name)].toSorted(([a], [b]) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
}

function falseAlarmsAt(scorer: ScorerReport, level: string): number {
  const rows = scorer.load.rows.filter((row) => row.name === level && row.faults === 0);
  return rows.reduce((sum, row) => sum + row.falseAlarms, 0);
}

function renderRecall(report: EvaluationReport): string {
  const loads = [...new Set(report.scorers.flatMap((row) => row.recallByLoad.map((entry) => entry.load)))];
  const rows = report.scorers.map((row) => [
    labelOf(row),
    ...loads.map((load) => {
      const entry = row.recallByLoad.find((candidate) => candidate.load === load);
      return entry === undefined ? ABSENT : `${formatEstimate(entry.recall, 2)} of ${entry.faults}`;
    }),
  ]);
  return markdownTable(["scorer", ...loads], rows);
}

function renderGrid(report: EvaluationReport): string {
  const cells = report.scorers.find((row) => row.isSubject)?.gridCells ?? [];
  const loads = [...new Set(cells.map((cell) => cell.load))].toSorted((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const faults = [...new Set(cells.map((cell) => cell.fault))];
  const rows = faults.map((fault) => [
    fault,
    ...loads.map((load) => {
      const cell = cells.find((row) => row.fault === fault && row.load === load);
      if (cell === undefined) return ABSENT;
      const shares = [cell.found, cell.rightNode, cell.rightKind].map(({ value }) => formatNumber(value, 2));
      return `${shares.join(" · ")} · ${formatNumber(cell.delayMedianSeconds.value, 0)} s of ${cell.cases}`;
    }),
  ]);
  return markdownTable(["fault", ...loads], rows);
}
