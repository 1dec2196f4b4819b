import type { Incident } from "../contracts/incident.ts";

/** When the same node alarms again this soon after, it is the same incident that goes on. */
const REOPEN_SECONDS = 60;
/** Ids given lately: two nodes whose names differ in signs only may begin in the same second. */
const IDS_MAX = 200;

/** What was opened and resolved of late: by it an incident goes on under its id, and no id is given twice. */
export class IncidentArchive {
  /** The last of each guilty node. */
  #resolved = new Map<string, Incident>();
  #ids = new Set<string>();

  putAway(incident: Incident): void {
    this.#resolved.set(incident.guiltyNode, incident);
  }

  /** The incident of this node that was resolved a moment ago; it is taken out of the archive. */
  takeBack(guiltyNode: string, atSeconds: number): Incident | null {
    for (const [node, { resolvedSeconds }] of this.#resolved)
      if (atSeconds - resolvedSeconds! > REOPEN_SECONDS) this.#resolved.delete(node);
    const before = this.#resolved.get(guiltyNode) ?? null;
    this.#resolved.delete(guiltyNode);
    return before;
  }

  /** The incident with an id that no other has. */
  named(incident: Incident): Incident {
    let id = incident.id;
    for (let k = 2; this.#ids.has(id); k++) id = `${incident.id}-${k}`;
    this.#ids.add(id);
    if (this.#ids.size > IDS_MAX) this.#ids.delete(this.#ids.values().next().value!);
    return { ...incident, id };
  }

  snapshot() {
    return { resolved: new Map(this.#resolved), ids: new Set(this.#ids) };
  }

  restore({ resolved, ids }: ReturnType<IncidentArchive["snapshot"]>): void {
    this.#resolved = resolved;
    this.#ids = ids;
  }
}
