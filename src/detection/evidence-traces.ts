import type { Forecast } from "../contracts/forecast.ts";

const TRACES_MAX = 5;

/** Ids of the slowest traces of the window that passed through the node, as 32 hex digits. */
export function evidenceTraces(forecast: Forecast, node: number): string[] {
  const { visits, topology, traceIds } = forecast.observation;
  const longest = new Map<number, number>();
  const through = new Set<number>();
  for (let row = 0; row < visits.count; row++) {
    const trace = visits.trace[row]!;
    longest.set(trace, Math.max(longest.get(trace) ?? 0, visits.sojournSeconds[row]!));
    if (topology.operations[visits.operation[row]!]!.node === node) {
      through.add(trace);
    }
  }
  return [...through]
    .sort((a, b) => longest.get(b)! - longest.get(a)! || a - b)
    .slice(0, TRACES_MAX)
    .map((trace) => hexId(traceIds, 4 * trace));
}

function hexId(words: Uint32Array, at: number): string {
  let text = "";
  for (let k = 0; k < 4; k++) {
    text += words[at + k]!.toString(16).padStart(8, "0");
  }
  return text;
}
