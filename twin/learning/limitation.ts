import type { Completeness } from "./completeness.ts";
import type { NodeKnowledge } from "./knowledge.ts";

/** Why a node is known less well than complete traces would let it be, for people; empty when it is not. */
export function limitationOf(completeness: Completeness, index: number, known: NodeKnowledge | undefined): string {
  const basis = completeness.basis(index);
  if (basis === "inversion") return "";
  const arrived = percent(completeness.completeness(index));
  if (basis === "none") return `not yet identifiable: only ${arrived} of its spans arrive, too few to model it`;
  const seen = percent(completeness.seenShare(index));
  const cause = `${seen} of its visits are seen (sampled, or lost on the way)`;
  if (known?.basis !== "matching" || known.isIdentified) return `${cause}: its structure is matched by simulation`;
  return `not yet identifiable: ${cause}, and they do not show how it queues; it takes several levels of load`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}
