import { doubtText } from "../../twin/what-if/verdict.ts";
import { bottleneckName, digits, duration, percent, structureText } from "../../twin/what-if/wording.ts";
import type { Band, Compared, OperationAnswer, Saturation, StationAnswer, WhatIfAnswer } from "../contracts/what-if.ts";

const ABSENT = "–";

/** The answer for a terminal: the verdict, then the figures it rests on, in aligned columns. */
export function answerAsText(answer: WhatIfAnswer): string {
  const { requestsPerSecond, saturation } = answer;
  const paragraphs = [
    answer.verdict,
    answer.changes.map((change) => `- ${change}`).join("\n"),
    table(["latency", "", "measured", "before", "after", "difference"], answer.operations.flatMap(latencyRows)),
    table(
      ["requests/s", "before", "after"],
      [
        ["come in", digits(requestsPerSecond.before), digits(requestsPerSecond.after)],
        ["saturates at", saturationText(saturation.before), saturationText(saturation.after)],
      ],
    ),
    table(["station", "busy before", "busy after", "structure"], answer.stations.flatMap(stationRow)),
    [...answer.unidentified.map((each) => `${doubtText(each)}.`), ...answer.notes].join("\n"),
    `In brackets 90 % intervals: ${answer.replications} replications of ${digits(answer.secondsPerReplication)} s, seed ${answer.seed}; ` +
      `base load from ${digits(answer.baseSeconds)} s of normal traffic.`,
  ];
  return `${paragraphs.filter((each) => each !== "").join("\n\n")}\n`;
}

function latencyRows(operation: OperationAnswer): string[][] {
  const { measured, throughputPerSecond, failureShare } = operation;
  const name = operation.isEntry ? operation.operation : `${operation.service} ${operation.operation}`;
  const row = (first: string, what: string, seen: number | undefined, compared: Compared): string[] => [
    first,
    what,
    seen === undefined ? ABSENT : duration(seen),
    ...threeCells(compared, duration),
  ];
  const rows = [
    row(name, "p50", measured?.p50Seconds, operation.p50Seconds),
    row("", "p95", measured?.p95Seconds, operation.p95Seconds),
    row("", "p99", measured?.p99Seconds, operation.p99Seconds),
    ["", "per second", ABSENT, ...threeCells(throughputPerSecond, digits)],
  ];
  const fails = [failureShare.before, failureShare.after].some((band) => band !== null && band[2] > 0);
  return fails ? [...rows, ["", "failed", ABSENT, ...threeCells(failureShare, percent)]] : rows;
}

function threeCells({ before, after, difference }: Compared, write: (value: number) => string): string[] {
  return [bandText(before, write), bandText(after, write), bandText(difference, (value) => signed(value, write))];
}

function bandText(band: Band | null, write: (value: number) => string): string {
  return band === null ? ABSENT : `${write(band[1])} [${write(band[0])}, ${write(band[2])}]`;
}

function signed(value: number, write: (value: number) => string): string {
  return value > 0 ? `+${write(value)}` : write(value).replace("-", "−");
}

function stationRow({ service, utilization, structures, isIdentified }: StationAnswer): string[][] {
  if (utilization.before === null && utilization.after === null) {
    return [];
  }
  const names = structures.map(structureText);
  const structure = isIdentified ? names.join(" or ") : `${names.join(" or ")}, not identified`;
  return [[service, bandText(utilization.before, percent), bandText(utilization.after, percent), structure]];
}

function saturationText({ ratePerSecond, bottleneck }: Saturation): string {
  const [low, middle, high] = ratePerSecond;
  if (middle === null || bottleneck === null) {
    return low === null || bottleneck === null ? "none seen" : `none seen (${bottleneckName(bottleneck)}?)`;
  }
  const ends = [low, high].map((rate) => (rate === null ? "∞" : digits(rate)));
  return `${digits(middle)} [${ends.join(", ")}] at ${bottleneckName(bottleneck)}`;
}

/** Columns as wide as their widest cell. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return "";
  }
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
