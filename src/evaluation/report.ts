import type { FaultCase } from "./cases.ts";
import { compareScorers } from "./comparison.ts";
import type { JudgedRecording } from "./judge-recording.ts";
import { poolCases } from "./pool.ts";
import type { Ablation, CaseRow, EvaluationReport, Provenance, RecordingRow } from "./report-type.ts";
import { randomRankingExpectation } from "./root-cause.ts";
import { scoreScorer } from "./score-scorer.ts";
import { meanOf } from "./statistics.ts";

/**
 * The report on one recording or several, every scorer on identical cases. Pure: the same input gives the same report.
 *
 * @throws {RangeError} without a recording, or when a scorer or the subject is missing on one of them.
 */
export function reportOf(parts: {
  readonly judged: readonly JudgedRecording[];
  /** The scorer whose claim is judged; all others are baselines. */
  readonly subject: string;
  readonly provenance: Provenance;
  readonly ablations?: readonly Ablation[];
}): EvaluationReport {
  const { judged, subject, provenance } = parts;
  const first = judged[0];
  if (first === undefined) throw new RangeError("there is no recording to report on");
  const names = first.scorers.map((row) => row.scorer);
  if (!names.includes(subject)) throw new RangeError(`no run of the scorer "${subject}" to judge`);
  const { settleSeconds: _, ...rules } = first.rules;
  const cases = poolCases(judged.map((recording) => recording.cases));
  const scorers = names.map((name) =>
    scoreScorer(name, judged, { isSubject: name === subject, seed: provenance.seed }),
  );
  return {
    title: judged.length === 1 ? first.recording : `${judged.length} recordings`,
    subject,
    provenance,
    rules,
    recordings: judged.map(recordingRow),
    coveredHours: cases.coveredHours,
    faultFreeHours: cases.faultFreeHours,
    cases: rowsOf(judged, (recording) => recording.cases.performance),
    codeDefects: rowsOf(judged, (recording) => recording.cases.codeDefects),
    leftOut: rowsOf(judged, (recording) => recording.cases.leftOut),
    onsetWithoutData: namesIn(judged, (recording) => recording.onset.withoutData),
    onsetOverTooSoon: namesIn(judged, (recording) => recording.onset.overTooSoon),
    randomRanking: randomRankingOver(judged),
    scorers: scorers.toSorted((a, b) => Number(b.isSubject) - Number(a.isSubject)),
    ablations: parts.ablations ?? [],
    comparisons: compareScorers(scorers),
  };
}

/** With the recording before them when there are several. */
function namesIn(judged: readonly JudgedRecording[], of: (recording: JudgedRecording) => readonly string[]): string[] {
  return judged.flatMap((recording) =>
    of(recording).map((name) => (judged.length === 1 ? name : `${recording.recording}: ${name}`)),
  );
}

function rowsOf(
  judged: readonly JudgedRecording[],
  of: (recording: JudgedRecording) => readonly FaultCase[],
): CaseRow[] {
  return judged.flatMap((recording) =>
    of(recording).map((row): CaseRow => {
      const { name, fault, coverage, load } = row;
      const { start, end, service, fault: kind } = fault;
      const visitsPerWindow = recording.visitsPerWindow.get(row) ?? null;
      return {
        recording: recording.recording,
        name,
        start,
        end,
        service,
        fault: kind,
        coverage,
        load,
        visitsPerWindow,
      };
    }),
  );
}

function recordingRow(recording: JudgedRecording): RecordingRow {
  const { application, dataHash, isTrainedOn, rules, cases, nodeCount, firstVerdictSeconds } = recording;
  return {
    recording: recording.recording,
    application,
    dataHash,
    isTrainedOn,
    settleSeconds: rules.settleSeconds,
    coveredHours: cases.coveredHours,
    faultFreeHours: cases.faultFreeHours,
    nodeCount,
    firstVerdictSeconds,
    loads: (recording.scorers[0]?.loads ?? []).map(({ name, start, end, faults, saturates, bottleneck }) => ({
      name,
      start,
      end,
      faults,
      saturates,
      bottleneck,
    })),
  };
}

/** Mean over the cases; over the recordings when there is no case. */
function randomRankingOver(judged: readonly JudgedRecording[]): EvaluationReport["randomRanking"] {
  const weighed = judged.flatMap((recording) => recording.cases.performance.map(() => recording.nodeCount));
  const nodeCounts = weighed.length > 0 ? weighed : judged.map((recording) => recording.nodeCount);
  const expected = nodeCounts.flatMap((count) => randomRankingExpectation(count) ?? []);
  if (expected.length === 0) return null;
  return {
    ac1: meanOf(expected.map((row) => row.ac1)),
    ac3: meanOf(expected.map((row) => row.ac3)),
    avg5: meanOf(expected.map((row) => row.avg5)),
  };
}
