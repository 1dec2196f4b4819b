import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Change } from "../../src/contracts/what-if.ts";
import type { NetworkSpec, StationSpec } from "../kernel/spec.ts";

/** Changes to a station as a place where work waits. */
export type StationChange = Extract<
  Change,
  { readonly verb: "replicas" | "balancing" | "servers" | "workers" | "queueCapacity" | "throttle" | "pause" }
>;

const STATION_VERBS: ReadonlySet<string> = new Set<StationChange["verb"]>([
  "replicas",
  "balancing",
  "servers",
  "workers",
  "queueCapacity",
  "throttle",
  "pause",
]);

export function isStationChange(change: Change): change is StationChange {
  return STATION_VERBS.has(change.verb);
}

export function editStation(spec: NetworkSpec, station: number, change: StationChange): NetworkSpec {
  return withStation(spec, station, editedStation(spec.stations[station]!, change));
}

function editedStation(station: StationSpec, change: StationChange): StationSpec {
  switch (change.verb) {
    case "replicas":
      return { ...station, replicaWeights: new Array<number>(change.count).fill(1 / change.count) };
    case "balancing":
      return { ...station, balancing: change.policy };
    case "servers":
      // Where nobody waited, a limit makes a queue: first come, first served.
      return station.discipline === "delay"
        ? { ...station, discipline: "fifo", serverCount: change.count }
        : { ...station, serverCount: change.count };
    case "workers":
      return { ...station, workerCount: change.count };
    case "queueCapacity":
      return { ...station, queueCapacity: change.count };
    case "throttle":
      return { ...station, throttle: { periodSeconds: change.periodSeconds, quotaSeconds: change.quotaSeconds } };
    case "pause":
      return {
        ...station,
        pause: { intervalSeconds: change.intervalSeconds, durationSeconds: change.durationSeconds },
      };
  }
}

/** Why a station of this structure cannot be changed so; null when it can. */
export function reasonAgainst(change: StationChange, structure: StationStructure, hasWorkers: boolean): string | null {
  const { discipline } = structure;
  switch (change.verb) {
    case "servers":
      return discipline !== "ps" && !Number.isSafeInteger(change.count)
        ? "must be whole: only a shared processor has parts of servers"
        : null;
    case "workers":
      return discipline === "fifo" ? "cannot be set: its servers are its workers, change servers" : null;
    case "queueCapacity":
      return discipline !== "fifo" && !hasWorkers ? "cannot be set: nobody queues there; set workers too" : null;
    case "throttle":
    case "pause":
      return discipline === "ps" ? null : "cannot be set: it does not share a processor among its visits";
    default:
      return null;
  }
}

function withStation(spec: NetworkSpec, station: number, edited: StationSpec): NetworkSpec {
  return { ...spec, stations: spec.stations.map((each, index) => (index === station ? edited : each)) };
}
