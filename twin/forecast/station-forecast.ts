import type { StationForecast } from "../../src/contracts/forecast.ts";
import { replicateBand } from "./replicate-band.ts";
import type { SimulatedWindow } from "./simulated-window.ts";

/** How busy the window's arrivals should have kept each station, and how long they should have waited there. */
export function forecastStations({ stations }: SimulatedWindow): StationForecast[] {
  return [...stations].map(([node, { utilization, waitingSeconds }]) => ({
    node,
    predictedUtilization: replicateBand(utilization),
    predictedWaitingSeconds: replicateBand(waitingSeconds),
  }));
}
