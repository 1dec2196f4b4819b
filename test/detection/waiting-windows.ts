import type { Observation, Topology } from "../../src/contracts/observation.ts";
import type { MetricPoint } from "../../src/contracts/telemetry.ts";

/** The operations of one shop: work, a long poll, messages received from a queue, a stream and a nightly job. */
export const WORK = 0;
export const POLL = 1;
export const RECEIVE = 2;
export const STREAM = 3;
export const JOB = 4;
/** Called like one that receives messages, but by requests. */
export const RECEIVE_PAYMENT = 5;

const OPERATIONS: readonly (readonly [name: string, node: number])[] = [
  ["POST /checkout", 0],
  ["GET /changes", 1],
  ["receive orders", 2],
  ["prices/Watch", 3],
  ["settle", 4],
  ["receive payment", 0],
];

export const WAITING_TOPOLOGY: Topology = {
  nodes: ["shop", "changes", "orders", "prices", "batch"].map((name, index) => ({
    index,
    name,
    kind: name === "orders" ? "queue" : "service",
  })),
  instances: [0, 1, 2, 3, 4].map((node) => ({ index: node, name: `${node}`, node, version: "" })),
  operations: OPERATIONS.map(([name, node], index) => ({ index, name, node, isEntry: node !== 2 })),
  edges: [],
  programs: [],
};

export const SECONDS = 5;

export interface ShownVisit {
  readonly operation: number;
  readonly seconds: number;
  /** Its own, the rest is waiting for calls; all of it unless told otherwise. */
  readonly selfSeconds?: number;
  readonly arrival?: number;
  readonly isError?: boolean;
  readonly isRoot?: boolean;
}

/** A window in which these visits completed, with the CPU use of the stream's service when it is given. */
export function windowWith(index: number, shown: readonly ShownVisit[], cpuUtilization?: number): Observation {
  const startSeconds = index * SECONDS;
  const count = shown.length;
  const numbers = (value: (visit: ShownVisit) => number) => Float64Array.from(shown, value);
  const flags = (value: (visit: ShownVisit) => boolean) => Uint8Array.from(shown, (visit) => (value(visit) ? 1 : 0));
  const metric = (value: number): MetricPoint => ({
    name: "process.cpu.utilization",
    unit: "1",
    service: "prices",
    instance: "3",
    attributes: "",
    timeSeconds: startSeconds,
    value,
    count: 1,
    cumulative: false,
  });
  return {
    windowIndex: index,
    startSeconds,
    endSeconds: startSeconds + SECONDS,
    topology: WAITING_TOPOLOGY,
    visits: {
      count,
      operation: Uint32Array.from(shown, ({ operation }) => operation),
      instance: Uint32Array.from(shown, ({ operation }) => WAITING_TOPOLOGY.operations[operation]!.node),
      arrivalSeconds: numbers(({ arrival, seconds }) => arrival ?? startSeconds - seconds),
      sojournSeconds: numbers(({ seconds }) => seconds),
      lagSeconds: new Float64Array(count),
      selfSeconds: numbers(({ seconds, selfSeconds }) => selfSeconds ?? seconds),
      program: new Uint32Array(count),
      isError: flags(({ isError }) => isError === true),
      isRoot: flags(({ isRoot }) => isRoot !== false),
      isPartial: new Uint8Array(count),
      weight: new Float64Array(count).fill(1),
      trace: new Uint32Array(count),
      segmentStart: new Uint32Array(count + 1),
      segmentSeconds: new Float64Array(0),
      groupSeconds: new Float64Array(0),
    },
    calls: {
      count: 0,
      edge: new Uint32Array(0),
      callerVisit: new Uint32Array(0),
      calleeVisit: new Int32Array(0),
      durationSeconds: new Float64Array(0),
      gapSeconds: new Float64Array(0),
      isError: new Uint8Array(0),
      resendCount: new Uint8Array(0),
    },
    traceIds: new Uint32Array(4),
    metrics: cpuUtilization === undefined ? [] : [metric(cpuUtilization)],
  };
}
