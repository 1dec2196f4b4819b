import type { Incident } from "../contracts/incident.ts";

/** With the keys that incidents of earlier versions, and some of this one, do not have: a reader need not ask for them. */
export function wholeIncident(incident: Incident): Incident {
  return { deployments: [], feedback: null, withoutIt: null, ...incident };
}
