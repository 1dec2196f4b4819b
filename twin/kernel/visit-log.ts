import type { SimulatedVisits } from "./spec.ts";

/** What a run counts besides its visits; see `SimulatedVisits`. */
export type RunTotals = Pick<
  SimulatedVisits,
  "busySeconds" | "edgeAttempts" | "edgeTimeouts" | "edgeFailures" | "edgeLosses" | "endSeconds" | "isTruncated"
>;

const PAGE_ROWS = 4096;
const INTEGERS = 4;
const REALS = 3;

type Columns = Pick<
  SimulatedVisits,
  | "operation"
  | "program"
  | "isFailed"
  | "replica"
  | "root"
  | "isRoot"
  | "arrivalSeconds"
  | "waitingSeconds"
  | "sojournSeconds"
>;

/**
 * Finished visits in order of departure. Rows are written to pages, row by row, as a run may have any number of them and
 * a row then touches two arrays only; columns are made of them at the end.
 */
export class VisitLog {
  readonly #integerPages: Int32Array[] = [];
  readonly #realPages: Float64Array[] = [];
  /** The page being written. */
  #integers: Int32Array = new Int32Array(0);
  #reals: Float64Array = new Float64Array(0);
  #row = PAGE_ROWS;

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
    if (this.#row === PAGE_ROWS) this.#turnPage();
    const row = this.#row;
    this.#row = (row + 1) | 0;
    const integers = this.#integers;
    const at = row << 2;
    integers[at] = operation;
    // A program's number has 16 bits.
    integers[at + 1] = program | (isRoot << 16) | (isFailed << 17);
    integers[at + 2] = replica;
    integers[at + 3] = root;
    const reals = this.#reals;
    const realAt = Math.imul(row, REALS);
    reals[realAt] = arrivalSeconds;
    reals[realAt + 1] = waitingSeconds;
    reals[realAt + 2] = departureSeconds;
  }

  finish(totals: RunTotals): SimulatedVisits {
    const count = (this.#integerPages.length - 1) * PAGE_ROWS + this.#row;
    const columns = {
      operation: new Uint32Array(count),
      program: new Uint16Array(count),
      isFailed: new Uint8Array(count),
      replica: new Uint16Array(count),
      root: new Uint32Array(count),
      isRoot: new Uint8Array(count),
      arrivalSeconds: new Float64Array(count),
      waitingSeconds: new Float64Array(count),
      sojournSeconds: new Float64Array(count),
    };
    let hasTies = false;
    for (let first = 0; first < count; first += PAGE_ROWS) {
      const page = first / PAGE_ROWS;
      const rows = Math.min(PAGE_ROWS, count - first);
      copyIntegers(columns, this.#integerPages[page]!, first, rows);
      copyReals(columns, this.#realPages[page]!, first, rows);
      hasTies ||= hasTiesToSort(this.#realPages[page]!, rows, this.#realPages[page - 1]);
    }
    if (hasTies) this.#sortTies(columns, count);
    return { ...totals, count, ...columns };
  }

  /** Visits that depart at the same instant stand in the order of their arrival. */
  #sortTies(columns: Columns, count: number): void {
    const { arrivalSeconds } = columns;
    let firstOfTie = 0;
    for (let row = 1; row < count; row++) {
      if (this.#departureSeconds(row) !== this.#departureSeconds(row - 1)) firstOfTie = row;
      for (let at = row; at > firstOfTie && arrivalSeconds[at - 1]! > arrivalSeconds[at]!; at--) {
        for (const column of Object.values(columns)) swap(column, at - 1, at);
      }
    }
  }

  #departureSeconds(row: number): number {
    return this.#realPages[Math.floor(row / PAGE_ROWS)]![(row % PAGE_ROWS) * REALS + 2]!;
  }

  #turnPage(): void {
    this.#integers = new Int32Array(PAGE_ROWS * INTEGERS);
    this.#reals = new Float64Array(PAGE_ROWS * REALS);
    this.#integerPages.push(this.#integers);
    this.#realPages.push(this.#reals);
    this.#row = 0;
  }
}

function copyIntegers(columns: Columns, page: Int32Array, first: number, rows: number): void {
  const { operation, program, isFailed, replica, root, isRoot } = columns;
  for (let row = 0; row < rows; row++) {
    const at = row << 2;
    const flags = page[at + 1]!;
    operation[first + row] = page[at]!;
    program[first + row] = flags;
    isRoot[first + row] = (flags >> 16) & 1;
    isFailed[first + row] = (flags >> 17) & 1;
    replica[first + row] = page[at + 2]!;
    root[first + row] = page[at + 3]!;
  }
}

function copyReals(columns: Columns, page: Float64Array, first: number, rows: number): void {
  const { arrivalSeconds, waitingSeconds, sojournSeconds } = columns;
  for (let row = 0; row < rows; row++) {
    const at = row * REALS;
    arrivalSeconds[first + row] = page[at]!;
    waitingSeconds[first + row] = page[at + 1]!;
    sojournSeconds[first + row] = page[at + 2]! - page[at]!;
  }
}

/** True when two rows that follow each other departed at the same instant, the later arrival first. */
function hasTiesToSort(page: Float64Array, rows: number, previous: Float64Array | undefined): boolean {
  const last = (PAGE_ROWS - 1) * REALS;
  let arrival = previous === undefined ? Number.NEGATIVE_INFINITY : previous[last]!;
  let departure = previous === undefined ? Number.NEGATIVE_INFINITY : previous[last + 2]!;
  for (let row = 0; row < rows; row++) {
    const at = row * REALS;
    if (page[at + 2]! === departure && page[at]! < arrival) return true;
    arrival = page[at]!;
    departure = page[at + 2]!;
  }
  return false;
}

function swap(column: Columns[keyof Columns], one: number, other: number): void {
  const value = column[one]!;
  column[one] = column[other]!;
  column[other] = value;
}
