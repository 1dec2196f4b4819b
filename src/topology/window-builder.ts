import type { Observation, Topology } from "../contracts/observation.ts";
import type { MetricPoint } from "../contracts/telemetry.ts";
import { bytes, type Column, doubles, GrowingColumn, signed, unsigned } from "./columns.ts";

export interface VisitRow {
  readonly operation: number;
  readonly instance: number;
  readonly arrivalSeconds: number;
  readonly sojournSeconds: number;
  readonly lagSeconds: number;
  readonly selfSeconds: number;
  readonly program: number;
  readonly isError: boolean;
  readonly isRoot: boolean;
  /** Only a piece of the visit was seen; default false. */
  readonly isPartial?: boolean;
  /** Visits it stands for when traces are sampled; default 1. */
  readonly weight?: number;
  readonly segments: readonly number[];
  /** Between the segments: one fewer than those. */
  readonly groupSeconds: readonly number[];
}

export interface CallRow {
  readonly edge: number;
  readonly callerVisit: number;
  readonly calleeVisit: number;
  readonly durationSeconds: number;
  readonly gapSeconds: number;
  readonly isError: boolean;
  readonly resendCount: number;
}

/** Collects the visits and calls of one window as columns. */
export class WindowBuilder {
  readonly #visit = {
    operation: new GrowingColumn(unsigned),
    instance: new GrowingColumn(unsigned),
    arrivalSeconds: new GrowingColumn(doubles),
    sojournSeconds: new GrowingColumn(doubles),
    lagSeconds: new GrowingColumn(doubles),
    selfSeconds: new GrowingColumn(doubles),
    program: new GrowingColumn(unsigned),
    isError: new GrowingColumn(bytes),
    isRoot: new GrowingColumn(bytes),
    isPartial: new GrowingColumn(bytes),
    weight: new GrowingColumn(doubles),
    trace: new GrowingColumn(unsigned),
    segmentStart: new GrowingColumn(unsigned),
    segmentSeconds: new GrowingColumn(doubles),
    groupSeconds: new GrowingColumn(doubles),
  };
  readonly #call = {
    edge: new GrowingColumn(unsigned),
    callerVisit: new GrowingColumn(unsigned),
    calleeVisit: new GrowingColumn(signed),
    durationSeconds: new GrowingColumn(doubles),
    gapSeconds: new GrowingColumn(doubles),
    isError: new GrowingColumn(bytes),
    resendCount: new GrowingColumn(bytes),
  };
  readonly #traceIds = new GrowingColumn(unsigned);

  get visitCount(): number {
    return this.#visit.operation.length;
  }

  /** Row of a trace id given as 4 words. */
  addTrace(words: Uint32Array, offset: number): number {
    for (let k = 0; k < 4; k++) {
      this.#traceIds.push(words[offset + k]!);
    }
    return this.#traceIds.length / 4 - 1;
  }

  addVisit(row: VisitRow, trace: number): number {
    const visit = this.#visit;
    visit.operation.push(row.operation);
    visit.instance.push(row.instance);
    visit.arrivalSeconds.push(row.arrivalSeconds);
    visit.sojournSeconds.push(row.sojournSeconds);
    visit.lagSeconds.push(row.lagSeconds);
    visit.selfSeconds.push(row.selfSeconds);
    visit.program.push(row.program);
    visit.isError.push(row.isError ? 1 : 0);
    visit.isRoot.push(row.isRoot ? 1 : 0);
    visit.isPartial.push(row.isPartial === true ? 1 : 0);
    visit.weight.push(row.weight ?? 1);
    visit.trace.push(trace);
    visit.segmentStart.push(visit.segmentSeconds.length);
    for (const seconds of row.segments) {
      visit.segmentSeconds.push(seconds);
    }
    for (const seconds of row.groupSeconds) {
      visit.groupSeconds.push(seconds);
    }
    return visit.operation.length - 1;
  }

  addCall(row: CallRow): void {
    const call = this.#call;
    call.edge.push(row.edge);
    call.callerVisit.push(row.callerVisit);
    call.calleeVisit.push(row.calleeVisit);
    call.durationSeconds.push(row.durationSeconds);
    call.gapSeconds.push(row.gapSeconds);
    call.isError.push(row.isError ? 1 : 0);
    call.resendCount.push(Math.min(255, row.resendCount));
  }

  build(window: {
    index: number;
    startSeconds: number;
    endSeconds: number;
    topology: Topology;
    metrics: readonly MetricPoint[];
    seen?: NonNullable<Observation["seen"]>;
  }): Observation {
    const visit = this.#visit;
    const call = this.#call;
    const visitCount = this.visitCount;
    const callCount = call.edge.length;
    visit.segmentStart.push(visit.segmentSeconds.length);
    return Object.freeze({
      windowIndex: window.index,
      startSeconds: window.startSeconds,
      endSeconds: window.endSeconds,
      topology: window.topology,
      visits: {
        count: visitCount,
        operation: visit.operation.take(),
        instance: visit.instance.take(),
        arrivalSeconds: visit.arrivalSeconds.take(),
        sojournSeconds: visit.sojournSeconds.take(),
        lagSeconds: visit.lagSeconds.take(),
        selfSeconds: visit.selfSeconds.take(),
        program: visit.program.take(),
        isError: visit.isError.take(),
        isRoot: visit.isRoot.take(),
        isPartial: visit.isPartial.take(),
        weight: visit.weight.take(),
        trace: visit.trace.take(),
        segmentStart: visit.segmentStart.take(),
        segmentSeconds: visit.segmentSeconds.take(),
        groupSeconds: visit.groupSeconds.take(),
      },
      calls: {
        count: callCount,
        edge: call.edge.take(),
        callerVisit: call.callerVisit.take(),
        calleeVisit: call.calleeVisit.take(),
        durationSeconds: call.durationSeconds.take(),
        gapSeconds: call.gapSeconds.take(),
        isError: call.isError.take(),
        resendCount: call.resendCount.take(),
      },
      traceIds: this.#traceIds.take(),
      metrics: window.metrics,
      ...(window.seen === undefined ? {} : { seen: window.seen }),
    });
  }

  snapshot() {
    return { visit: taken(this.#visit), call: taken(this.#call), traceIds: this.#traceIds.take() };
  }

  restore({ visit, call, traceIds }: ReturnType<WindowBuilder["snapshot"]>): void {
    refill(this.#visit, visit);
    refill(this.#call, call);
    this.#traceIds.restore(traceIds);
  }
}

type Columns = Readonly<Record<string, GrowingColumn<Column>>>;

/** A copy of each column. */
function taken(columns: Columns): Record<string, Column> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.take()]));
}

function refill(columns: Columns, values: Readonly<Record<string, Column>>): void {
  for (const [name, column] of Object.entries(columns)) column.restore(values[name]!);
}
