import type { InFlightVisits } from "../../../twin/kernel/spec.ts";

export interface Visit {
  readonly operation?: number;
  readonly replica?: number;
  readonly program?: number;
  readonly parent?: number;
  readonly arrival: number;
  readonly segment: number;
  readonly isWaiting?: boolean;
  readonly elapsed?: number;
}

export function inFlight(...visits: Visit[]): InFlightVisits {
  return {
    operation: Uint32Array.from(visits, (visit) => visit.operation ?? 0),
    replica: Uint16Array.from(visits, (visit) => visit.replica ?? 0),
    program: Uint16Array.from(visits, (visit) => visit.program ?? 0),
    parent: Int32Array.from(visits, (visit) => visit.parent ?? -1),
    arrivalSeconds: Float64Array.from(visits, (visit) => visit.arrival),
    segment: Int16Array.from(visits, (visit) => visit.segment),
    isWaiting: Uint8Array.from(visits, (visit) => (visit.isWaiting ? 1 : 0)),
    elapsedSeconds: Float64Array.from(visits, (visit) => visit.elapsed ?? 0),
  };
}
