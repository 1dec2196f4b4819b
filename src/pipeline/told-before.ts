import type { IncidentEvent } from "../contracts/incident.ts";
import type { StoreReader } from "../contracts/store.ts";

/** More than were ever open or new at one time. */
const INCIDENTS_MAX = 10_000;

/** What an earlier process told of incidents: a recovery comes by all of it again, and nobody wants to hear it twice. */
export class ToldBefore {
  #states = new Map<string, "open" | "resolved">();

  /** From now on, what the store has was told. */
  async remember(store: Pick<StoreReader, "incidents">): Promise<void> {
    const incidents = await store.incidents({ limit: INCIDENTS_MAX });
    this.#states = new Map(incidents.map(({ id, state }) => [id, state]));
  }

  /** From now on, everything is news. */
  forget(): void {
    this.#states.clear();
  }

  /** Those of the events that nobody has heard of. */
  news(events: readonly IncidentEvent[]): readonly IncidentEvent[] {
    return this.#states.size === 0 ? events : events.filter((event) => !this.#has(event));
  }

  #has({ type, incident }: IncidentEvent): boolean {
    const state = this.#states.get(incident.id);
    return state === "resolved" || (state === "open" && type !== "resolved");
  }
}
