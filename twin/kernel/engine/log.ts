import { Visit } from "./entities";
import { allocateMany, sizeOf } from "./memory";

/** Rows a page, as `VisitRows` in read-visits.ts knows. */
const PAGE_ROWS: i32 = 4096;

/** What is written of a finished visit. */
@unmanaged
class Row {
  operation: i32;
  /** The program's number in 16 bits, then a bit for a root, then one for a failure. */
  programAndFlags: i32;
  replica: i32;
  root: i32;
  arrivalSeconds: f64;
  waitingSeconds: f64;
  departureSeconds: f64;
}

@unmanaged
class Page {
  next: Page | null;
  rows: usize;
}

export let rowCount: i32 = 0;

let firstPage: Page | null = null;
let page: Page | null = null;
let nextRow: usize = 0;
let rowsLeft: i32 = 0;

export function startLog(): void {
  rowCount = 0;
  firstPage = null;
  page = null;
  rowsLeft = 0;
}

/** Finished visits stand in order of departure; programs and replicas are numbered within their owner there. */
export function addRow(visit: Visit, isFailed: i32, departureSeconds: f64): void {
  if (rowsLeft === 0) turnPage();
  const row = changetype<Row>(nextRow);
  nextRow += sizeOf<Row>();
  rowsLeft -= 1;
  rowCount += 1;
  row.operation = visit.operation.number;
  row.programAndFlags = visit.program.number | (visit.depth === 0 ? 1 << 16 : 0) | (isFailed << 17);
  row.replica = visit.replica.number;
  row.root = visit.root;
  row.arrivalSeconds = visit.arrivalSeconds;
  row.waitingSeconds = visit.waitingSeconds;
  row.departureSeconds = departureSeconds;
}

/** Where the pages begin; each begins with where the next one does (0 for none) and where its rows do. */
export function firstPageAt(): usize {
  return changetype<usize>(firstPage);
}

function turnPage(): void {
  const next = changetype<Page>(allocateMany<Page>(1));
  next.rows = allocateMany<Row>(PAGE_ROWS);
  if (page === null) firstPage = next;
  else page!.next = next;
  page = next;
  nextRow = next.rows;
  rowsLeft = PAGE_ROWS;
}
