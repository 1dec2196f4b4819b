import type { DeploymentMarker, SeriesPoint, TraceView } from "../contracts/api.ts";
import { SourceError } from "../contracts/errors.ts";
import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { StoreReader } from "../contracts/store.ts";
import type { StoreWriter } from "./store-writer.ts";

/** How long a reader waits for what was found before it asked. Seconds. */
const PATIENCE_SECONDS = 2;

/**
 * The store as people see it: all that was found before they ask is in the answer, so that an incident told on the
 * event stream can be fetched. An incident that waits for the store is answered from the queue, during an outage too.
 */
export class KeptResults implements StoreReader {
  readonly #store: StoreReader;
  readonly #writer: Pick<StoreWriter, "settled" | "waitingIncident">;
  readonly #patienceSeconds: number;

  constructor(
    store: StoreReader,
    writer: Pick<StoreWriter, "settled" | "waitingIncident">,
    patienceSeconds = PATIENCE_SECONDS,
  ) {
    this.#store = store;
    this.#writer = writer;
    this.#patienceSeconds = patienceSeconds;
  }

  async incident(id: string): Promise<Incident | null> {
    return this.#writer.waitingIncident(id) ?? (await this.#store.incident(id));
  }

  async incidents(query: Parameters<StoreReader["incidents"]>[0]): Promise<readonly Incident[]> {
    await this.#settled();
    return this.#store.incidents(query);
  }

  async incidentCount(): Promise<number> {
    await this.#settled();
    return this.#store.incidentCount();
  }

  async series(query: Parameters<StoreReader["series"]>[0]): Promise<readonly SeriesPoint[]> {
    await this.#settled();
    return this.#store.series(query);
  }

  async trace(traceId: string): Promise<TraceView | null> {
    await this.#settled();
    return this.#store.trace(traceId);
  }

  async feedback(query: { limit: number }): Promise<readonly Feedback[]> {
    return this.#store.feedback(query);
  }

  async deployments(query: Parameters<StoreReader["deployments"]>[0]): Promise<readonly DeploymentMarker[]> {
    await this.#settled();
    return this.#store.deployments(query);
  }

  /** @throws {SourceError} retriable, when the store is too far behind */
  async #settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), this.#patienceSeconds * 1000);
    });
    const isLate = await Promise.race([late, this.#writer.settled().then(() => false)]);
    clearTimeout(timer);
    if (isLate) throw new SourceError("the store is behind: results still wait for it", { retriable: true });
  }
}
