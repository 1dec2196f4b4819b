import type { Feedback, FeedbackRequest } from "../../src/contracts/feedback.ts";
import type { Forecast } from "../../src/contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../../src/contracts/incident.ts";
import { FAULT_KINDS, type FaultKind, type Scorer } from "../../src/contracts/score.ts";
import type { Store } from "../../src/contracts/store.ts";
import { FeedbackDesk } from "../../src/pipeline/feedback-desk.ts";
import { Keeper } from "../../src/pipeline/keeper.ts";
import { KeptResults } from "../../src/pipeline/kept-results.ts";
import { Line } from "../../src/pipeline/line.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { residual } from "../models/baselines/fixtures.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

export const DELAY_SECONDS = 20;

/** What is wrong, and from when to when. */
export interface Trouble {
  readonly from: number;
  readonly to: number;
  readonly node?: "back" | "front";
  readonly kind?: FaultKind;
  /** Service time over the expected one; 2 unless told otherwise. */
  readonly factor?: number;
}

/** Shows a slowdown at every node while there is trouble; only the scorer tells where it comes from. */
class TroubledTwin extends NotingTwin {
  readonly #troubles: readonly Trouble[];

  constructor(troubles: readonly Trouble[]) {
    super(4);
    this.#troubles = troubles;
  }

  override forecast(observation: Forecast["observation"]): Forecast {
    const forecast = super.forecast(observation);
    const trouble = troubleAt(this.#troubles, observation.startSeconds);
    const service = { ...residual(9), expectedMeanSeconds: 0.01, observedMeanSeconds: 0.01 * (trouble?.factor ?? 2) };
    const felt = { service, impactShare: 0.3 };
    return {
      ...forecast,
      nodes: forecast.nodes.map((node) => (trouble === undefined ? node : { ...node, ...felt })),
    };
  }
}

function troubleAt(troubles: readonly Trouble[], seconds: number): Trouble | undefined {
  return troubles.find(({ from, to }) => seconds >= from && seconds < to);
}

/** Accuses the node in trouble. */
function accuserOf(troubles: readonly Trouble[]): Scorer {
  return {
    name: "by hand",
    score(forecast) {
      const trouble = troubleAt(troubles, forecast.observation.startSeconds);
      const guilty = FAULT_KINDS.indexOf(trouble?.kind ?? "slow-code");
      const nodes = forecast.nodes.map(({ node }) => {
        const { name } = forecast.observation.topology.nodes[node]!;
        return {
          node,
          probability: trouble !== undefined && name === (trouble.node ?? "back") ? 0.99 : 0.01,
          kindProbabilities: FAULT_KINDS.map((_, k) => (k === guilty ? 1 : 0)),
          pValue: null,
          residualZ: 0,
        };
      });
      return { forecast, scorer: "by hand", nodes };
    },
  };
}

/** A line in trouble that has come to `until`; `store` is that of an earlier process, when there was one. */
export async function running(
  troubles: readonly Trouble[],
  store: Store = openSqliteStore({ dataDirectory: ":memory:" }),
) {
  const twin = new TroubledTwin(troubles);
  const all = settings({ learningDelaySeconds: DELAY_SECONDS });
  const line = new Line({ settings: all, twin, scorer: accuserOf(troubles), ledger: new CountingLedger() });
  const events: IncidentEvent[] = [];
  const told: Incident[] = [];
  line.onWindow((result) => events.push(...result.events));
  const errors: unknown[] = [];
  const writer = new StoreWriter({ store, onError: (error) => errors.push(error) });
  const kept = new KeptResults(store, writer);
  new Keeper({ line, writer, retentionHours: 24 });
  const tell = (incident: Incident): void => {
    told.push(incident);
  };
  const desk = await FeedbackDesk.open({ line, store, results: kept, writer, settings: all, tell });
  let at = 1000;
  return {
    twin,
    line,
    store,
    writer,
    /** The store, with all that was found until it is asked. */
    kept,
    errors,
    events,
    told,
    desk,
    /** Spans until before this event time. */
    runTo(seconds: number): void {
      line.take(requests(at - 1000, seconds - at));
      at = seconds;
    },
    /** A hole in the data. */
    skipTo(seconds: number): void {
      at = seconds;
    },
    give: (request: FeedbackRequest): Promise<Feedback> => desk.give(request),
    types: (): string[] => events.map(({ type }) => type),
    /** Starts of the windows learned in a range. */
    learned: (from: number, to: number): number[] => twin.learned.filter((start) => start >= from && start < to),
  };
}
