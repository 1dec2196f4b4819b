import type { Incident, Suspect } from "../contracts/incident.ts";

/** With the keys that incidents of earlier versions, and some of this one, do not have: a reader need not ask for them. */
export function wholeIncident(incident: Incident): Incident {
  const withoutIt = incident.withoutIt == null ? null : { ...NO_WORST, ...incident.withoutIt };
  return {
    deployments: [],
    feedback: null,
    ...incident,
    withoutIt,
    suspects: incident.suspects.map(wholeSuspect),
    suspectsAtOpening: incident.suspectsAtOpening.map(wholeSuspect),
  };
}

const NO_WORST = { worst: null };

/** Suspects of earlier versions know nothing of hypotheses. */
function wholeSuspect(suspect: Suspect): Suspect {
  return { ...{ evidence: 0, size: null, instead: [] }, ...suspect };
}
