import type { EvaluationReport } from "../../src/evaluation/report-type.ts";
import { type EvaluationSummary, summaryOf } from "../../src/evaluation/summary.ts";

/**
 * The figures that are asked for first. `grid…` and the delays are of the testbed recordings, `boutique…` of the public
 * campaign; null where there was nothing to count, and `skipped` says what was not there.
 */
export interface Headline {
  readonly gridFalseIncidents: number | null;
  /** Runs of at least a minute without a fault, below saturation. */
  readonly gridRuns: number | null;
  readonly gridSaturatedRuns: number | null;
  readonly gridTrafficRight: number | null;
  readonly gridFaults: number | null;
  readonly gridF1: number | null;
  readonly gridPrecision: number | null;
  readonly gridRecall: number | null;
  readonly gridAC1: number | null;
  readonly gridAC1AtOpening: number | null;
  readonly gridAC3: number | null;
  readonly gridKind: number | null;
  readonly gridFaultFreeHours: number | null;
  readonly gridFalseAlarmsPerHour: number | null;
  /** From the first span to the first verdict that could be given, the slowest recording. */
  readonly gridFirstVerdictSeconds: number | null;
  readonly delayMedianSeconds: number | null;
  readonly delayP90Seconds: number | null;
  /** Of the faults on nodes with at least 50 visits a window. */
  readonly busyDelayMedianSeconds: number | null;
  readonly busyDelayP90Seconds: number | null;
  readonly boutiqueFaults: number | null;
  readonly boutiqueF1: number | null;
  readonly boutiquePrecision: number | null;
  readonly boutiqueRecall: number | null;
  readonly boutiqueAC1: number | null;
  readonly boutiqueAC1AtOpening: number | null;
  readonly boutiqueAC3: number | null;
  /** Ranked by scores alone: from the true onset, and, of faults that still last then, from 60 s later and from the true one. */
  readonly boutiqueAC1AtOnset: number | null;
  readonly boutiqueAC1Shifted: number | null;
  readonly boutiqueAC1Unshifted: number | null;
  readonly boutiqueFirstVerdictSeconds: number | null;
  readonly crudeRuleAC1: number | null;
  readonly crudeRuleAC1AtOpening: number | null;
  readonly crudeRuleAC1AtOnset: number | null;
  readonly crudeRuleF1: number | null;
  readonly gridBaselines: EvaluationSummary["baselines"] | null;
  readonly boutiqueBaselines: EvaluationSummary["baselines"] | null;
  readonly skipped: readonly string[];
}

/** @param reports null where there was no data to make one of */
export function headlineOf(
  reports: { readonly grid: EvaluationReport | null; readonly boutique: EvaluationReport | null },
  skipped: readonly string[],
): Headline {
  const grid = reports.grid === null ? null : summaryOf(reports.grid);
  const boutique = reports.boutique === null ? null : summaryOf(reports.boutique);
  const crude = boutique?.baselines["crude"];
  return {
    // No false incident in no run would read like a proof.
    gridFalseIncidents: grid === null || grid.runs === 0 ? null : grid.runFalseAlarms,
    gridRuns: grid?.runs ?? null,
    gridSaturatedRuns: grid?.saturatedRuns ?? null,
    gridTrafficRight: grid?.saturatedRight ?? null,
    gridFaults: grid?.faults ?? null,
    gridF1: grid?.f1 ?? null,
    gridPrecision: grid?.precision ?? null,
    gridRecall: grid?.recall ?? null,
    gridAC1: grid?.ac1 ?? null,
    gridAC1AtOpening: grid?.ac1AtOpening ?? null,
    gridAC3: grid?.ac3 ?? null,
    gridKind: grid?.kind ?? null,
    gridFaultFreeHours: grid?.faultFreeHours ?? null,
    gridFalseAlarmsPerHour: grid?.falseAlarmsPerHour ?? null,
    gridFirstVerdictSeconds: grid?.firstVerdictSeconds ?? null,
    delayMedianSeconds: grid?.delayMedianSeconds ?? null,
    delayP90Seconds: grid?.delayP90Seconds ?? null,
    busyDelayMedianSeconds: grid?.busyDelayMedianSeconds ?? null,
    busyDelayP90Seconds: grid?.busyDelayP90Seconds ?? null,
    boutiqueFaults: boutique?.faults ?? null,
    boutiqueF1: boutique?.f1 ?? null,
    boutiquePrecision: boutique?.precision ?? null,
    boutiqueRecall: boutique?.recall ?? null,
    boutiqueAC1: boutique?.ac1 ?? null,
    boutiqueAC1AtOpening: boutique?.ac1AtOpening ?? null,
    boutiqueAC3: boutique?.ac3 ?? null,
    boutiqueAC1AtOnset: boutique?.ac1AtOnset ?? null,
    boutiqueAC1Shifted: boutique?.ac1Shifted ?? null,
    boutiqueAC1Unshifted: boutique?.ac1Unshifted ?? null,
    boutiqueFirstVerdictSeconds: boutique?.firstVerdictSeconds ?? null,
    crudeRuleAC1: crude?.ac1 ?? null,
    crudeRuleAC1AtOpening: crude?.ac1AtOpening ?? null,
    crudeRuleAC1AtOnset: crude?.ac1AtOnset ?? null,
    crudeRuleF1: crude?.f1 ?? null,
    gridBaselines: grid?.baselines ?? null,
    boutiqueBaselines: boutique?.baselines ?? null,
    skipped,
  };
}
