import { type CompiledNetwork, STATION_SHIFT } from "./compiled-network.ts";
import { ARRIVAL, DEPTH, OPERATION, type OpenVisits, PROGRAM, REPLICA, ROOT, TRAITS, WAITING } from "./open-visits.ts";
import type { VisitLog } from "./visit-log.ts";

/** What a report needs of a run. */
export interface ReportingRun {
  readonly network: CompiledNetwork;
  readonly visits: OpenVisits;
  readonly agenda: { readonly nowSeconds: number };
}

/** Writes the row of a visit that departs now; programs and replicas are numbered within their owner there. */
export function reportVisit(
  log: VisitLog,
  { network, visits, agenda }: ReportingRun,
  slot: number,
  isFailed: number,
): void {
  const operation = visits.word(slot, OPERATION);
  log.add(
    operation,
    visits.word(slot, PROGRAM) - network.programFirst[operation]!,
    visits.word(slot, REPLICA) - network.replicaFirst[visits.word(slot, TRAITS) >> STATION_SHIFT]!,
    visits.word(slot, ROOT),
    visits.word(slot, DEPTH) === 0 ? 1 : 0,
    isFailed,
    visits.seconds(slot, ARRIVAL),
    visits.seconds(slot, WAITING),
    agenda.nowSeconds,
  );
}
