import type { SimulatedVisits } from "./spec.ts";

// `Page` and `Row` of `engine/log.ts`.
const PAGE_ROWS = 4096;
const ROW_WORDS = 10;
const ROW_REALS = 5;
/** In a row's reals. */
const ARRIVAL = 2;
const WAITING = 3;
const DEPARTURE = 4;

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

/** The rows of finished visits, which stand on pages one after the other, as columns in order of departure, then of arrival. */
export function readRows(memory: ArrayBuffer, firstPage: number, count: number): Columns {
  const columns: Columns = {
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
  const pages = pagesOf(memory, firstPage, count);
  pages.forEach((page, index) => {
    copyPage(columns, page, index * PAGE_ROWS);
  });
  sortTies(columns, pages);
  return columns;
}

interface Page {
  readonly rows: number;
  readonly words: Int32Array;
  /** The same bytes as real numbers. */
  readonly reals: Float64Array;
}

function pagesOf(memory: ArrayBuffer, firstPage: number, count: number): Page[] {
  const pages: Page[] = [];
  let at = firstPage;
  for (let first = 0; first < count; first += PAGE_ROWS) {
    const [nextAt, rowsAt] = new Int32Array(memory, at, 2) as unknown as [number, number];
    const rows = Math.min(PAGE_ROWS, count - first);
    const words = new Int32Array(memory, rowsAt, rows * ROW_WORDS);
    pages.push({ rows, words, reals: new Float64Array(memory, rowsAt, rows * ROW_REALS) });
    at = nextAt;
  }
  return pages;
}

function copyPage(columns: Columns, { rows, words, reals }: Page, first: number): void {
  const { operation, program, isFailed, replica, root, isRoot } = columns;
  const { arrivalSeconds, waitingSeconds, sojournSeconds } = columns;
  for (let row = 0; row < rows; row++) {
    const wordAt = Math.imul(row, ROW_WORDS);
    const realAt = Math.imul(row, ROW_REALS);
    const to = first + row;
    const programAndFlags = words[wordAt + 1]!;
    const arrival = reals[realAt + ARRIVAL]!;
    operation[to] = words[wordAt]!;
    program[to] = programAndFlags;
    isRoot[to] = (programAndFlags >> 16) & 1;
    isFailed[to] = (programAndFlags >> 17) & 1;
    replica[to] = words[wordAt + 2]!;
    root[to] = words[wordAt + 3]!;
    arrivalSeconds[to] = arrival;
    waitingSeconds[to] = reals[realAt + WAITING]!;
    sojournSeconds[to] = reals[realAt + DEPARTURE]! - arrival;
  }
}

/** Visits that depart at the same instant stand in the order of their arrival. */
function sortTies(columns: Columns, pages: readonly Page[]): void {
  const { arrivalSeconds } = columns;
  let row = 0;
  let firstOfTie = 0;
  let departureBefore = Number.NaN;
  for (const { rows, reals } of pages) {
    for (let at = DEPARTURE; at < rows * ROW_REALS; at += ROW_REALS, row++) {
      const departure = reals[at]!;
      if (departure !== departureBefore) firstOfTie = row;
      departureBefore = departure;
      for (let place = row; place > firstOfTie && arrivalSeconds[place - 1]! > arrivalSeconds[place]!; place--) {
        for (const column of Object.values(columns)) swap(column, place - 1, place);
      }
    }
  }
}

function swap(column: Columns[keyof Columns], one: number, other: number): void {
  const value = column[one]!;
  column[one] = column[other]!;
  column[other] = value;
}
