import { Visit } from "./entities";
import { allocate } from "./memory";

/** Rows a page. */
const PAGE_ROWS: usize = 4096;

/** Finished visits in order of departure, column by column: PAGE_COLUMNS in visit-rows.ts, in the same order. */
@unmanaged
class Page {
  next: Page | null;
  departureSeconds: usize;
  arrivalSeconds: usize;
  waitingSeconds: usize;
  ownSeconds: usize;
  sojournSeconds: usize;
  operation: usize;
  root: usize;
  program: usize;
  replica: usize;
  isFailed: usize;
  isRoot: usize;
}

/** Rows on all pages. */
export let rowCount: i32 = 0;
/** Two visits departed at the same instant, the later arrival first. */
export let hasTies: bool = false;

let firstPage: Page | null = null;
let page: Page = changetype<Page>(0);
let rowOfPage: usize = PAGE_ROWS;
let arrivalBefore: f64 = -Infinity;
let departureBefore: f64 = -Infinity;

export function startLog(): void {
  rowCount = 0;
  hasTies = false;
  firstPage = null;
  rowOfPage = PAGE_ROWS;
  arrivalBefore = -Infinity;
  departureBefore = -Infinity;
}

/** Programs and replicas are numbered within their owner. */
export function addRow(visit: Visit, isFailed: i32, departureSeconds: f64): void {
  if (rowOfPage === PAGE_ROWS) turnPage();
  const row = rowOfPage;
  rowOfPage = row + 1;
  rowCount += 1;
  const arrivalSeconds = visit.arrivalSeconds;
  if (departureSeconds === departureBefore && arrivalSeconds < arrivalBefore) hasTies = true;
  arrivalBefore = arrivalSeconds;
  departureBefore = departureSeconds;
  store<f64>(page.departureSeconds + (row << 3), departureSeconds);
  store<f64>(page.arrivalSeconds + (row << 3), arrivalSeconds);
  store<f64>(page.waitingSeconds + (row << 3), visit.waitingSeconds);
  store<f64>(page.ownSeconds + (row << 3), visit.waitingSeconds + workSeconds(visit));
  store<f64>(page.sojournSeconds + (row << 3), departureSeconds - arrivalSeconds);
  store<i32>(page.operation + (row << 2), visit.operation.number);
  store<i32>(page.root + (row << 2), visit.root);
  store<u16>(page.program + (row << 1), <u16>visit.program.number);
  store<u16>(page.replica + (row << 1), <u16>visit.replica.number);
  store<u8>(page.isFailed + row, <u8>isFailed);
  store<u8>(page.isRoot + row, <u8>(visit.depth === 0));
}

/** Of the segments it has begun; what a visit that failed left undone of its last one is counted. */
function workSeconds(visit: Visit): f64 {
  let seconds: f64 = 0;
  const end = visit.sample + ((<usize>(visit.segment + 1)) << 3);
  for (let at = visit.sample; at < end; at += 8) seconds += load<f64>(at);
  return seconds;
}

/** Where the pages begin; each begins with where the next one does, 0 for none. */
export function firstPageAt(): usize {
  return changetype<usize>(firstPage);
}

function turnPage(): void {
  const next = changetype<Page>(allocate(offsetof<Page>()));
  next.departureSeconds = allocate(PAGE_ROWS << 3);
  next.arrivalSeconds = allocate(PAGE_ROWS << 3);
  next.waitingSeconds = allocate(PAGE_ROWS << 3);
  next.ownSeconds = allocate(PAGE_ROWS << 3);
  next.sojournSeconds = allocate(PAGE_ROWS << 3);
  next.operation = allocate(PAGE_ROWS << 2);
  next.root = allocate(PAGE_ROWS << 2);
  next.program = allocate(PAGE_ROWS << 1);
  next.replica = allocate(PAGE_ROWS << 1);
  next.isFailed = allocate(PAGE_ROWS);
  next.isRoot = allocate(PAGE_ROWS);
  if (firstPage === null) firstPage = next;
  else page.next = next;
  page = next;
  rowOfPage = 0;
}
