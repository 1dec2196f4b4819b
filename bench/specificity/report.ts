import type { SurgeResult, SurgeWindow } from "./run-surge.ts";

const THRESHOLDS = [3, 4, 5, 6, 8];
/** The threshold of the `twin-residual` scorer, at which its probability is ½; the rivals' usual one is 3. */
const THRESHOLD = 4;

/** How each way of calling a node faulty reads a window. */
const MEASURES: readonly { readonly name: string; readonly of: (window: SurgeWindow) => number }[] = [
  { name: "forecast residuals, above the floors", of: (window) => window.materialZ },
  { name: "forecast residuals, any size", of: (window) => window.residualZ },
  { name: "p95 against the past", of: (window) => window.staticP95Z },
  { name: "mean self time and gap against the past", of: (window) => window.nSigmaZ },
];

/** A table of recordings, one of thresholds, the worst windows, and one line of JSON. */
export function printReport(results: readonly SurgeResult[], seconds: number): void {
  printRecordings(results);
  const windows = results.flatMap((result) => result.windows);
  console.log(`\n${windows.length} surge windows; share in which no node is called faulty, by threshold:\n`);
  console.log(`| | ${THRESHOLDS.map((threshold) => `z < ${threshold}`).join(" | ")} |`);
  console.log(`|---|${THRESHOLDS.map(() => "---").join("|")}|`);
  for (const { name, of } of MEASURES) {
    const cells = THRESHOLDS.map((threshold) => percent(silentShare(windows, of, threshold)));
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
  printWorst(windows);
  console.log(JSON.stringify(summaryOf(results, windows, seconds)));
}

function printRecordings(results: readonly SurgeResult[]): void {
  console.log(
    "| # | application and surge | utilization | windows | silent | largest z | p95 silent | alarms | saturation |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|");
  results.forEach((result, index) => {
    const { windows } = result;
    const cells = [
      index,
      result.name,
      `${result.quietUtilization.toFixed(2)} → ${result.surgeUtilization.toFixed(2)}`,
      windows.length,
      percent(silentShare(windows, (window) => window.materialZ, THRESHOLD)),
      Math.max(0, ...windows.map((window) => window.materialZ)).toFixed(1),
      percent(silentShare(windows, (window) => window.staticP95Z, THRESHOLD)),
      result.modelAlarms,
      Number.isNaN(result.saturationError)
        ? "not named"
        : `${percent(result.saturationError)} off${result.isBottleneckNamed ? "" : ", another station"}`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  });
}

/** What was called faulty without being so, most often first. */
function printWorst(windows: readonly SurgeWindow[]): void {
  const loud = windows.filter((window) => window.materialZ >= THRESHOLD);
  const reasons = Map.groupBy(loud, (window) => window.worst.replace(/ \d+\.\d of .*/, ""));
  const sorted = [...reasons].sort((a, b) => b[1].length - a[1].length);
  for (const [reason, of] of sorted) console.log(`${of.length} windows for ${reason}, e.g. ${of[0]!.worst}`);
}

function summaryOf(
  results: readonly SurgeResult[],
  windows: readonly SurgeWindow[],
  seconds: number,
): Record<string, number> {
  const errors = results.map((result) => result.saturationError).filter((error) => !Number.isNaN(error));
  errors.sort((a, b) => a - b);
  const share = (of: (window: SurgeWindow) => number): number => rounded(silentShare(windows, of, THRESHOLD), 4);
  return {
    recordings: results.length,
    windows: windows.length,
    silentShare: share((window) => window.materialZ),
    silentShareWithoutFloors: share((window) => window.residualZ),
    staticSilentShare: share((window) => window.staticP95Z),
    nSigmaSilentShare: share((window) => window.nSigmaZ),
    recordingsWithAlarm: results.filter((result) => result.modelAlarms > 0).length,
    recordingsWithAlarmResidualsAlone: results.filter((result) => result.residualAlarms > 0).length,
    saturationNamedShare: rounded(errors.length / results.length, 3),
    saturationErrorPercentMedian: rounded(100 * (errors[errors.length >> 1] ?? Number.NaN), 1),
    saturationErrorPercentWorst: rounded(100 * (errors[errors.length - 1] ?? Number.NaN), 1),
    bottleneckRightShare: rounded(
      results.filter((result) => result.isBottleneckNamed).length / Math.max(1, errors.length),
      3,
    ),
    spans: results.reduce((sum, result) => sum + result.spanCount, 0),
    seconds: rounded(seconds, 0),
  };
}

function silentShare(windows: readonly SurgeWindow[], of: (window: SurgeWindow) => number, threshold: number): number {
  return windows.filter((window) => of(window) < threshold).length / Math.max(1, windows.length);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
