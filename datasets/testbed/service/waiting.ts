/** How much later than asked for a timer fires, on average: its grain, and the event loop's turn. */
export const TIMER_LATENESS_SECONDS = 0.001;

/** Waits on a real timer, to its grain of a millisecond. */
export function waitSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.round(seconds * 1000)));
}
