import { grownFloat64, grownUint8, grownUint16, grownUint32 } from "./open-visits.ts";
import type { SimulatedVisits } from "./spec.ts";

/** What a run counts besides its visits; see `SimulatedVisits`. */
export type RunTotals = Pick<
  SimulatedVisits,
  "busySeconds" | "edgeAttempts" | "edgeTimeouts" | "edgeFailures" | "edgeLosses" | "endSeconds" | "isTruncated"
>;

/** Finished visits, written row by row in order of departure. */
export class VisitLog {
  #count = 0;
  #operation: Uint32Array;
  #program: Uint16Array;
  #isFailed: Uint8Array;
  #replica: Uint16Array;
  #root: Uint32Array;
  #isRoot: Uint8Array;
  #arrival: Float64Array;
  #waiting: Float64Array;
  #sojourn: Float64Array;
  /** The last departure, and the first row that departed then. */
  #lastDeparture = Number.NEGATIVE_INFINITY;
  #firstOfTie = 0;

  constructor(expectedCount: number) {
    const n = Math.max(16, expectedCount);
    this.#operation = new Uint32Array(n);
    this.#program = new Uint16Array(n);
    this.#isFailed = new Uint8Array(n);
    this.#replica = new Uint16Array(n);
    this.#root = new Uint32Array(n);
    this.#isRoot = new Uint8Array(n);
    this.#arrival = new Float64Array(n);
    this.#waiting = new Float64Array(n);
    this.#sojourn = new Float64Array(n);
  }

  add(
    operation: number,
    program: number,
    replica: number,
    root: number,
    isRoot: number,
    isFailed: number,
    arrivalSeconds: number,
    waitingSeconds: number,
    departureSeconds: number,
  ): void {
    if (this.#count === this.#operation.length) this.#grow();
    let row = this.#count++;
    if (departureSeconds === this.#lastDeparture) {
      for (; row > this.#firstOfTie && this.#arrival[row - 1]! > arrivalSeconds; row--) this.#move(row - 1, row);
    } else {
      this.#lastDeparture = departureSeconds;
      this.#firstOfTie = row;
    }
    this.#operation[row] = operation;
    this.#program[row] = program;
    this.#isFailed[row] = isFailed;
    this.#replica[row] = replica;
    this.#root[row] = root;
    this.#isRoot[row] = isRoot;
    this.#arrival[row] = arrivalSeconds;
    this.#waiting[row] = waitingSeconds;
    this.#sojourn[row] = departureSeconds - arrivalSeconds;
  }

  finish(totals: RunTotals): SimulatedVisits {
    const count = this.#count;
    return {
      ...totals,
      count,
      operation: this.#operation.slice(0, count),
      program: this.#program.slice(0, count),
      isFailed: this.#isFailed.slice(0, count),
      replica: this.#replica.slice(0, count),
      root: this.#root.slice(0, count),
      isRoot: this.#isRoot.slice(0, count),
      arrivalSeconds: this.#arrival.slice(0, count),
      waitingSeconds: this.#waiting.slice(0, count),
      sojournSeconds: this.#sojourn.slice(0, count),
    };
  }

  #move(from: number, to: number): void {
    this.#operation[to] = this.#operation[from]!;
    this.#program[to] = this.#program[from]!;
    this.#isFailed[to] = this.#isFailed[from]!;
    this.#replica[to] = this.#replica[from]!;
    this.#root[to] = this.#root[from]!;
    this.#isRoot[to] = this.#isRoot[from]!;
    this.#arrival[to] = this.#arrival[from]!;
    this.#waiting[to] = this.#waiting[from]!;
    this.#sojourn[to] = this.#sojourn[from]!;
  }

  #grow(): void {
    const capacity = this.#operation.length * 2;
    this.#operation = grownUint32(this.#operation, capacity);
    this.#program = grownUint16(this.#program, capacity);
    this.#isFailed = grownUint8(this.#isFailed, capacity);
    this.#replica = grownUint16(this.#replica, capacity);
    this.#root = grownUint32(this.#root, capacity);
    this.#isRoot = grownUint8(this.#isRoot, capacity);
    this.#arrival = grownFloat64(this.#arrival, capacity);
    this.#waiting = grownFloat64(this.#waiting, capacity);
    this.#sojourn = grownFloat64(this.#sojourn, capacity);
  }
}
