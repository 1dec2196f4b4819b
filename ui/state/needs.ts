import type { Incident } from "../../src/contracts/incident.ts";
import { serviceRanges } from "./route.ts";
import { chosenSeries, endSeconds, incidentNamed } from "./select.ts";
import { type AppState, incidentLimit, type Need } from "./state.ts";

export const statusNeed: Need = { topic: "status", key: "status", path: "status", version: 0 };
export const mapNeed: Need = { topic: "map", key: "map", path: "map", version: 0 };
export const incidentsNeed: Need = {
  topic: "incidents",
  key: "incidents",
  path: `incidents?limit=${incidentLimit}`,
  version: 0,
};

/** What the page in view must fetch beyond status, map and incidents, which are always kept fresh. */
export function needsOf(state: AppState): readonly Need[] {
  const route = state.route;
  const windows = state.status?.windowsSeen ?? 0;
  switch (route.page) {
    case "incident": {
      const isListed = state.incidents?.some((one) => one.id === route.id) ?? false;
      const incident = incidentNamed(state, route.id).value;
      const own: readonly Need[] =
        isListed || state.incidents === null
          ? []
          : [
              {
                topic: "incident",
                key: `incident/${route.id}`,
                path: `incidents/${encodeURIComponent(route.id)}`,
                version: 0,
              },
            ];
      const choice = incident === null ? null : chosenSeries(incident, route);
      if (incident === null || choice === null) return own;
      const range = incidentRange(incident, state.status?.eventTimeSeconds ?? null, state.status?.windowSeconds ?? 0);
      const isOver = (state.status?.eventTimeSeconds ?? 0) > range.toSeconds;
      const key = `series/${incident.id}/${choice.id}`;
      return [
        ...own,
        {
          topic: "series",
          key,
          path: seriesPath(choice.node, choice.operation, range),
          version: isOver ? -1 : windows,
        },
      ];
    }
    case "service": {
      const now = state.status?.eventTimeSeconds ?? null;
      if (now === null) return [];
      const range = serviceRange(now, serviceRanges[route.range]);
      return [
        {
          topic: "series",
          key: `series/${route.node}/${route.range}`,
          path: seriesPath(route.node, "", range),
          version: windows,
        },
      ];
    }
    case "trace":
      return [
        {
          topic: "trace",
          key: `trace/${route.traceId}`,
          path: `traces/${encodeURIComponent(route.traceId)}`,
          version: 0,
        },
      ];
    case "model":
      return [{ topic: "model", key: "model", path: "model", version: 0 }];
    case "quality":
      return [{ topic: "ledger", key: "ledger", path: "ledger", version: windows }];
    default:
      return [];
  }
}

export interface TimeRange {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** What the charts of an incident show: it, some calm before, and some after. Bounds sit on whole steps, so that they move seldom. */
export function incidentRange(incident: Incident, nowSeconds: number | null, windowSeconds: number): TimeRange {
  const end = endSeconds(incident, nowSeconds);
  const margin = Math.max(120, 12 * windowSeconds, (end - incident.onsetSeconds) * 0.35);
  const step = Math.max(60, windowSeconds);
  return {
    fromSeconds: Math.floor((incident.onsetSeconds - margin) / step) * step,
    toSeconds: Math.ceil((end + (incident.resolvedSeconds === null ? 1 : Math.min(margin, 600))) / step) * step,
  };
}

export const serviceRange = (nowSeconds: number, seconds: number): TimeRange => ({
  fromSeconds: Math.floor((nowSeconds - seconds) / 10) * 10,
  toSeconds: Math.ceil((nowSeconds + 1) / 10) * 10,
});

const seriesPath = (node: string, operation: string, range: TimeRange): string => {
  const query = new URLSearchParams({ node, operation, from: String(range.fromSeconds), to: String(range.toSeconds) });
  return `series?${query.toString()}`;
};
