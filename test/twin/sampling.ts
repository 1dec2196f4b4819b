import type { Observation } from "../../src/contracts/observation.ts";
import type { MetricPoint } from "../../src/contracts/telemetry.ts";
import { WindowBuilder } from "../../src/topology/window-builder.ts";
import { stream } from "../../twin/kernel/random.ts";

/**
 * What is left of windows when each trace is kept with probability p, head-sampled: all of its visits or none. The kept
 * ones say so by their weight. `countOf` adds the request count that a service would export, of all requests.
 */
export function sampled(
  windows: readonly Observation[],
  p: number,
  seed: number,
  countOf?: { readonly operation: number; readonly route: string },
): Observation[] {
  const random = stream(seed, "traces", "head sampling");
  return windows.map((window) => {
    const kept = Array.from({ length: window.traceIds.length / 4 }, () => random.nextUniform() < p);
    const metrics = countOf === undefined ? [] : [requestCount(window, countOf)];
    return withTraces(window, kept, 1 / p, metrics);
  });
}

function withTraces(
  window: Observation,
  kept: readonly boolean[],
  weight: number,
  metrics: readonly MetricPoint[],
): Observation {
  const { visits, calls, traceIds } = window;
  const builder = new WindowBuilder();
  const traces = kept.map((isKept, trace) => (isKept ? builder.addTrace(traceIds, 4 * trace) : -1));
  const rows = new Int32Array(visits.count).fill(-1);
  for (let row = 0; row < visits.count; row++) {
    const trace = traces[visits.trace[row]!]!;
    if (trace < 0) continue;
    const first = visits.segmentStart[row]!;
    const end = visits.segmentStart[row + 1]!;
    rows[row] = builder.addVisit(
      {
        operation: visits.operation[row]!,
        instance: visits.instance[row]!,
        arrivalSeconds: visits.arrivalSeconds[row]!,
        sojournSeconds: visits.sojournSeconds[row]!,
        lagSeconds: visits.lagSeconds[row]!,
        selfSeconds: visits.selfSeconds[row]!,
        program: visits.program[row]!,
        isError: visits.isError[row] === 1,
        isRoot: visits.isRoot[row] === 1,
        weight,
        segments: [...visits.segmentSeconds.subarray(first, end)],
        groupSeconds: [...visits.groupSeconds.subarray(first - row, end - row - 1)],
      },
      trace,
    );
  }
  for (let row = 0; row < calls.count; row++) {
    const callerVisit = rows[calls.callerVisit[row]!]!;
    if (callerVisit < 0) continue;
    builder.addCall({
      edge: calls.edge[row]!,
      callerVisit,
      calleeVisit: calls.calleeVisit[row]! < 0 ? -1 : rows[calls.calleeVisit[row]!]!,
      durationSeconds: calls.durationSeconds[row]!,
      gapSeconds: calls.gapSeconds[row]!,
      isError: calls.isError[row] === 1,
      resendCount: calls.resendCount[row]!,
    });
  }
  const { windowIndex: index, startSeconds, endSeconds, topology } = window;
  return builder.build({ index, startSeconds, endSeconds, topology, metrics });
}

function requestCount(window: Observation, { operation, route }: { operation: number; route: string }): MetricPoint {
  const { visits, topology, endSeconds } = window;
  const service = topology.nodes[topology.operations[operation]!.node]!.name;
  return {
    name: "http.server.request.duration",
    unit: "s",
    service,
    instance: service,
    attributes: `http.request.method=GET,http.route=${route}`,
    timeSeconds: endSeconds - 0.001,
    value: 0,
    count: visits.operation.reduce((sum, each) => sum + (each === operation ? 1 : 0), 0),
    cumulative: false,
  };
}
