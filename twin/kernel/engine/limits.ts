/** Calls were left out, because they were too deep. */
export let isTruncated: bool = false;
/** A visit or call was left out, because there were too many: the run must end. */
export let isStopped: bool = false;

export function startLimits(): void {
  isTruncated = false;
  isStopped = false;
}

export function stop(): void {
  isStopped = true;
}

export function truncate(): void {
  isTruncated = true;
}
