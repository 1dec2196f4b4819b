import { grownFloat64, grownUint8, grownUint16, grownUint32 } from "./open-visits.ts";
import type { SimulatedVisits } from "./spec.ts";

/** Finished visits, written row by row in order of departure. */
export class VisitLog {
  #count = 0;
  #operation: Uint32Array;
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
    this.#replica = new Uint16Array(n);
    this.#root = new Uint32Array(n);
    this.#isRoot = new Uint8Array(n);
    this.#arrival = new Float64Array(n);
    this.#waiting = new Float64Array(n);
    this.#sojourn = new Float64Array(n);
  }

  add(
    operation: number,
    replica: number,
    root: number,
    isRoot: number,
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
    this.#replica[row] = replica;
    this.#root[row] = root;
    this.#isRoot[row] = isRoot;
    this.#arrival[row] = arrivalSeconds;
    this.#waiting[row] = waitingSeconds;
    this.#sojourn[row] = departureSeconds - arrivalSeconds;
  }

  finish(isTruncated: boolean): SimulatedVisits {
    const count = this.#count;
    return {
      count,
      operation: this.#operation.slice(0, count),
      replica: this.#replica.slice(0, count),
      root: this.#root.slice(0, count),
      isRoot: this.#isRoot.slice(0, count),
      arrivalSeconds: this.#arrival.slice(0, count),
      waitingSeconds: this.#waiting.slice(0, count),
      sojournSeconds: this.#sojourn.slice(0, count),
      isTruncated,
    };
  }

  #move(from: number, to: number): void {
    this.#operation[to] = this.#operation[from]!;
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
    this.#replica = grownUint16(this.#replica, capacity);
    this.#root = grownUint32(this.#root, capacity);
    this.#isRoot = grownUint8(this.#isRoot, capacity);
    this.#arrival = grownFloat64(this.#arrival, capacity);
    this.#waiting = grownFloat64(this.#waiting, capacity);
    this.#sojourn = grownFloat64(this.#sojourn, capacity);
  }
}
