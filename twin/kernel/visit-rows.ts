import type { SimulatedVisits } from "./spec.ts";

/** Rows of a `Page` of `engine/log.ts`. */
const PAGE_ROWS = 4096;

/** The columns of a `Page` of `engine/log.ts`, in the same order, behind where the next page is. */
const PAGE_COLUMNS = [
  "departureSeconds",
  "arrivalSeconds",
  "waitingSeconds",
  "ownSeconds",
  "sojournSeconds",
  "operation",
  "root",
  "program",
  "replica",
  "isFailed",
  "isRoot",
] as const;

type Columns = Pick<SimulatedVisits, Exclude<(typeof PAGE_COLUMNS)[number], "departureSeconds">>;

/**
 * The rows of finished visits, which stand on pages one after the other, as columns in order of departure. If they say
 * so, some that depart at the same instant still have to be put in order of arrival.
 */
export function readRows(memory: ArrayBuffer, firstPage: number, count: number, hasTies: boolean): Columns {
  const columns = {
    // Nobody asks for it but ties.
    departureSeconds: new Float64Array(hasTies ? count : 0),
    arrivalSeconds: new Float64Array(count),
    waitingSeconds: new Float64Array(count),
    ownSeconds: new Float64Array(count),
    sojournSeconds: new Float64Array(count),
    operation: new Uint32Array(count),
    root: new Uint32Array(count),
    program: new Uint16Array(count),
    replica: new Uint16Array(count),
    isFailed: new Uint8Array(count),
    isRoot: new Uint8Array(count),
  };
  let pageAt = firstPage;
  for (let first = 0; first < count; first += PAGE_ROWS) {
    const [nextAt, ...places] = new Int32Array(memory, pageAt, 1 + PAGE_COLUMNS.length);
    const rows = Math.min(PAGE_ROWS, count - first);
    PAGE_COLUMNS.forEach((name, index) => {
      const column = columns[name];
      if (column.length > 0) copyBytes(memory, places[index]!, column, first, rows);
    });
    pageAt = nextAt!;
  }
  const { departureSeconds, ...wanted } = columns;
  if (hasTies) sortTies(wanted, departureSeconds);
  return wanted;
}

type Column = Columns[keyof Columns];

function copyBytes(memory: ArrayBuffer, from: number, column: Column, first: number, rows: number): void {
  const width = column.BYTES_PER_ELEMENT;
  new Uint8Array(column.buffer, first * width, rows * width).set(new Uint8Array(memory, from, rows * width));
}

/** Visits that depart at the same instant stand in the order of their arrival. */
function sortTies(columns: Columns, departureSeconds: Float64Array): void {
  const { arrivalSeconds } = columns;
  let firstOfTie = 0;
  for (let row = 1; row < departureSeconds.length; row++) {
    if (departureSeconds[row] !== departureSeconds[row - 1]) firstOfTie = row;
    for (let at = row; at > firstOfTie && arrivalSeconds[at - 1]! > arrivalSeconds[at]!; at--) {
      for (const column of Object.values(columns)) swap(column, at - 1, at);
    }
  }
}

function swap(column: Column, one: number, other: number): void {
  const value = column[one]!;
  column[one] = column[other]!;
  column[other] = value;
}
