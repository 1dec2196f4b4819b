import type { Observation } from "../../src/contracts/observation.ts";
import { invertFifo } from "../identification/inversion.ts";
import type { InFlightVisits } from "../kernel/spec.ts";
import { EARLIER_WINDOW_ROW, type InstanceJobs } from "../learning/window-jobs.ts";
import type { BuiltNetwork } from "./network-builder.ts";

/**
 * The visits that were under way when the window began, as the spans that ended later show them: what each one was doing
 * then, and for how long. Where the network has a FIFO station, inversion tells who held a server. Visits that outlast the
 * window are not known yet, and missing.
 *
 * @param jobs visits of this window and the one before, by node and instance
 * @returns times in seconds since the window began
 */
export function inFlightAtStart(window: Observation, network: BuiltNetwork, jobs: JobsByNode): InFlightVisits {
  const rows = rowsInFlight(window, network);
  const started = startsOfService(window, network, jobs);
  const stages = rows.map((row) => stageAt(window, row, started.get(row) ?? Number.NEGATIVE_INFINITY));
  const { visits } = window;
  const operation = Uint32Array.from(rows, (row) => network.operationIndex[visits.operation[row]!]!);
  const program = Uint16Array.from(rows, (row) => network.programIndex[visits.program[row]!]!);
  return {
    operation,
    replica: Uint16Array.from(rows, (row) => network.replicaIndex[visits.instance[row]!]!),
    program,
    parent: parentsOf(window, network, { rows, operation, program, stages }),
    arrivalSeconds: Float64Array.from(rows, (row) => visits.arrivalSeconds[row]! - window.startSeconds),
    segment: Int16Array.from(stages, (stage) => stage.segment),
    isWaiting: Uint8Array.from(stages, (stage) => (stage.isWaiting ? 1 : 0)),
    elapsedSeconds: Float64Array.from(workDone(rows, stages, window, network)),
  };
}

export type JobsByNode = ReadonlyMap<number, readonly InstanceJobs[]>;

/** Callers before their callees, else by arrival. */
function rowsInFlight(window: Observation, network: BuiltNetwork): number[] {
  const { visits, startSeconds } = window;
  const rows: number[] = [];
  for (let row = 0; row < visits.count; row++) {
    const arrival = visits.arrivalSeconds[row]!;
    const isKnown =
      network.operationIndex[visits.operation[row]!]! >= 0 &&
      network.programIndex[visits.program[row]!]! >= 0 &&
      network.replicaIndex[visits.instance[row]!]! >= 0;
    if (isKnown && arrival < startSeconds && arrival + visits.sojournSeconds[row]! > startSeconds) rows.push(row);
  }
  return rows.sort((a, b) => visits.arrivalSeconds[a]! - visits.arrivalSeconds[b]! || a - b);
}

interface InFlightColumns {
  readonly rows: readonly number[];
  readonly operation: Uint32Array;
  readonly program: Uint16Array;
  readonly stages: readonly Stage[];
}

/**
 * By place, that of the caller that waits for it, −1 for none. Clocks that disagree can show a callee before its caller,
 * or after its caller went on, or in another call group: then it is taken to work for nobody.
 */
function parentsOf(window: Observation, network: BuiltNetwork, columns: InFlightColumns): Int32Array {
  const { rows, operation, program, stages } = columns;
  const { operations, edges } = network.spec;
  const place = new Map(rows.map((row, index) => [row, index]));
  const caller = callers(window);
  /** Operations that calls of its group are still to be answered by, for each caller that waits. */
  const awaited = stages.map(({ isWaiting, segment }, at) =>
    isWaiting
      ? operations[operation[at]!]!.programs[program[at]!]!.groups[segment]!.map(({ edge }) => edges[edge]!)
          .filter((edge) => !edge.isAsync)
          .map((edge) => edge.calleeOperation)
      : [],
  );
  return Int32Array.from(rows, (row, index) => {
    const at = place.get(caller.get(row) ?? -1) ?? index;
    const call = at < index ? awaited[at]!.indexOf(operation[index]!) : -1;
    if (call < 0) return -1;
    awaited[at]!.splice(call, 1);
    return at;
  });
}

/** By a window's calls: every replicate asks for the same. */
const callersOfCalls = new WeakMap<Observation["calls"], Map<number, number>>();

/** Row of the caller that waits, by row of the callee. */
function callers({ calls, topology }: Observation): Map<number, number> {
  const known = callersOfCalls.get(calls);
  if (known !== undefined) return known;
  const caller = new Map<number, number>();
  callersOfCalls.set(calls, caller);
  for (let call = 0; call < calls.count; call++) {
    const callee = calls.calleeVisit[call]!;
    if (callee >= 0 && !topology.edges[calls.edge[call]!]!.isAsync) caller.set(callee, calls.callerVisit[call]!);
  }
  return caller;
}

interface Stage {
  /** The self segment it is in, or the one before the calls it waits for; −1 while it lies in a broker. */
  readonly segment: number;
  readonly isWaiting: boolean;
  /** Since the segment began. */
  readonly elapsedSeconds: number;
}

/** @param startSeconds when a FIFO server took it up; −Infinity where there is none to wait for */
function stageAt({ visits, startSeconds: now }: Observation, row: number, startSeconds: number): Stage {
  const beginSeconds = visits.arrivalSeconds[row]! + visits.lagSeconds[row]!;
  let left = now - beginSeconds;
  if (left < 0 || startSeconds > now) return { segment: -1, isWaiting: false, elapsedSeconds: 0 };
  const first = visits.segmentStart[row]!;
  const last = visits.segmentStart[row + 1]! - 1;
  for (let at = first; at <= last; at++) {
    const selfSeconds = visits.segmentSeconds[at]!;
    if (left < selfSeconds || at === last) {
      // The first segment as observed holds the wait for the server.
      const elapsedSeconds = at === first ? now - Math.max(beginSeconds, startSeconds) : left;
      return { segment: at - first, isWaiting: false, elapsedSeconds };
    }
    left -= selfSeconds;
    const groupSeconds = visits.groupSeconds[at - row]!;
    if (left < groupSeconds) return { segment: at - first, isWaiting: true, elapsedSeconds: selfSeconds };
    left -= groupSeconds;
  }
  throw new RangeError(`visit ${row} has no self segment`);
}

/**
 * How much of its segment each visit has done. On shared servers that is less than the time since it began: the share it
 * has now is taken for the one it had since.
 */
function workDone(
  rows: readonly number[],
  stages: readonly Stage[],
  { visits }: Observation,
  { spec, operationIndex }: BuiltNetwork,
): number[] {
  const running = new Map<number, number>();
  rows.forEach((row, at) => {
    const instance = visits.instance[row]!;
    if (isRunning(stages[at]!)) running.set(instance, (running.get(instance) ?? 0) + 1);
  });
  return rows.map((row, at) => {
    const { station } = spec.operations[operationIndex[visits.operation[row]!]!]!;
    const { discipline, serverCount } = spec.stations[station]!;
    const stage = stages[at]!;
    const isShared = discipline === "ps" && isRunning(stage);
    return stage.elapsedSeconds * (isShared ? Math.min(1, serverCount / running.get(visits.instance[row]!)!) : 1);
  });
}

function isRunning({ segment, isWaiting }: Stage): boolean {
  return segment >= 0 && !isWaiting;
}

/** When each visit of the window got its server, by row; visits of FIFO stations only. */
function startsOfService({ visits }: Observation, network: BuiltNetwork, jobs: JobsByNode): Map<number, number> {
  const started = new Map<number, number>();
  const { stations, operations } = network.spec;
  for (const run of [...jobs.values()].flat()) {
    const row = run.rows.find((each) => each !== EARLIER_WINDOW_ROW);
    const operation = row === undefined ? -1 : network.operationIndex[visits.operation[row]!]!;
    const station = operation < 0 ? undefined : stations[operations[operation]!.station];
    if (station?.discipline !== "fifo") continue;
    const { startSeconds } = invertFifo(run.arrivalSeconds, run.departureSeconds, null, station.serverCount);
    run.rows.forEach((each, i) => {
      if (each !== EARLIER_WINDOW_ROW) started.set(each, startSeconds[i]!);
    });
  }
  return started;
}
