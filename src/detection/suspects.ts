import type { Forecast, NodeForecast } from "../contracts/forecast.ts";
import type { RuledOut, Suspect } from "../contracts/incident.ts";
import type { Diagnosis, Explanation } from "./diagnosis.ts";
import { sizeWords, worseWords } from "./hypothesis-words.ts";
import type { SuspectEvidence } from "./suspect-record.ts";
import { duration, evidenceWords, kindWords, percent } from "./wording.ts";

export const SUSPECTS_MAX = 5;
/** Other faults of a node that are told. */
const RIVALS_MAX = 3;
/** A node that explains less than this and looks less guilty than not is ruled out. */
const EXPLAINS_MIN = 0.1;

/** What is left of a suspect without whom requests would take just as long. */
const EXPLAINS_NOTHING = 0.3;

/** Share of calls to a node that fail, beyond the usual, from which it counts as down. */
const DOWN_SHARE = 0.5;

export interface Candidate {
  readonly node: number;
  readonly evidence: SuspectEvidence;
  readonly forecast: NodeForecast;
}

/** Nodes worth simulating without their fault: those with evidence, by how guilty they look. */
export function candidates(forecast: Forecast, evidence: ReadonlyMap<number, SuspectEvidence>): Candidate[] {
  return forecast.nodes
    .map((each) => ({ node: each.node, evidence: evidence.get(each.node), forecast: each }))
    .filter((each): each is Candidate => each.evidence !== undefined && each.evidence.guiltyWindows > 0)
    .sort((a, b) => b.evidence.meanProbability - a.evidence.meanProbability || a.node - b.node)
    .slice(0, SUSPECTS_MAX);
}

/**
 * Ranked suspects: how guilty the scorer finds them, how well a fault of theirs explains what was seen, and how much of the
 * excess goes away without them.
 */
export function rankSuspects(found: readonly Candidate[], forecast: Forecast): Suspect[] {
  const { nodes, instances } = forecast.observation.topology;
  return found
    .map((candidate) => {
      const share = candidate.evidence.explainedShare;
      const probability = candidate.evidence.meanProbability;
      const worst = candidate.forecast.worstInstance;
      const { kindProbabilities, diagnosis } = candidate.evidence;
      const verdict = diagnosis.verdict({ probability, kindProbabilities });
      const { kind, kindProbability, explanation } = verdict;
      const suspect: Suspect = {
        node: nodes[candidate.node]!.name,
        nodeKind: nodes[candidate.node]!.kind,
        kind,
        kindProbability,
        probability,
        explainedShare: share,
        evidence: explanation?.evidence ?? 0,
        size: explanation === null ? null : sizeWords(explanation),
        instead: rivalsOf(diagnosis, explanation),
        reason: evidenceWords(candidate.forecast, worst < 0 ? null : instances[worst]!.name),
      };
      const explains = isDown(candidate.forecast) ? 1 : share;
      return { suspect, rank: verdict.logWeight + Math.log(EXPLAINS_NOTHING + (1 - EXPLAINS_NOTHING) * explains) };
    })
    .sort((a, b) => b.rank - a.rank || (a.suspect.node < b.suspect.node ? -1 : 1))
    .map((each) => each.suspect);
}

/** Faults that were tried at the node instead, the likeliest first. */
function rivalsOf(diagnosis: Diagnosis, chosen: Explanation | null): RuledOut[] {
  if (chosen === null) return [];
  return diagnosis.explanations
    .filter(({ kind }) => kind !== chosen.kind)
    .slice(0, RIVALS_MAX)
    .map((rival) => ({
      what: `${kindWords(rival.kind)} there`,
      reason: `at its best (${sizeWords(rival)}) it fits ${worseWords(chosen.evidence - rival.evidence)}`,
    }));
}

/** A node that is down answers at once or never: put right it makes nobody faster, and yet it explains what fails. */
export function isDown(node: NodeForecast): boolean {
  return node.missingExcess >= DOWN_SHARE || node.errorExcess >= DOWN_SHARE;
}

/** What it is not, and why: traffic, suspects that explain nothing, and the nodes whose residuals stay in their bands. */
export function ruledOut(forecast: Forecast, suspects: readonly Suspect[], predictedRise: number): RuledOut[] {
  const found: RuledOut[] = [];
  const more = predictedRise > 1.02 ? `${percent(predictedRise - 1)} more latency than` : "no more latency than";
  const predicted = `at ${forecast.entryRatePerSecond.toFixed(1)} requests/s the twin predicts ${more} at a quiet hour`;
  found.push({ what: "traffic", reason: `${predicted}, and what is observed is beyond that` });
  found.push(...(suspects[0]?.instead ?? []));
  for (const suspect of suspects.slice(1)) {
    if (suspect.explainedShare < EXPLAINS_MIN || suspect.probability < 0.5) {
      const fit = (suspects[0]?.evidence ?? 0) - suspect.evidence;
      const words = fit > 0 ? `a fault of it fits ${worseWords(fit)}; ` : "";
      found.push({
        what: suspect.node,
        reason: `explains ${percent(suspect.explainedShare)} of the excess; ${words}${suspect.reason}`,
      });
    }
  }
  const named = new Set(suspects.map((suspect) => suspect.node));
  const { nodes } = forecast.observation.topology;
  for (const node of forecast.nodes) {
    const name = nodes[node.node]!.name;
    const residual = node.service ?? node.sojourn;
    if (!named.has(name) && residual !== null) {
      const mean = `${duration(residual.observedMeanSeconds)} of work, ${duration(residual.expectedMeanSeconds)} expected`;
      found.push({ what: name, reason: `within its band: ${mean} (${residual.z.toFixed(1)}σ)` });
    }
  }
  return found;
}
