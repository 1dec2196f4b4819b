import type { ActiveFaults } from "./active-faults.ts";

const PAUSE_CELL = new Int32Array(new SharedArrayBuffer(4));

/**
 * Keeps the event loop busy (`cpu`) or stops it (`pause`) while such a fault is in force.
 *
 * `cpu` burns `duty` of the time in slices of about `sliceSeconds`; `pause` stands still without burning anything.
 */
export class EventLoopFaults {
  readonly #faults: ActiveFaults;
  #timer: NodeJS.Timeout | null = null;

  constructor(faults: ActiveFaults) {
    this.#faults = faults;
  }

  /** To be called whenever the faults in force have changed. */
  refresh(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const cpu = this.#faults.own("cpu");
    const pause = this.#faults.own("pause");
    if (cpu !== undefined) this.#hog(cpu.parameters["duty"]!, cpu.parameters["sliceSeconds"]!);
    else if (pause !== undefined)
      this.#pauseLater(pause.parameters["pauseSeconds"]!, pause.parameters["everySeconds"]!);
  }

  #hog(duty: number, sliceSeconds: number): void {
    const restMilliseconds = (sliceSeconds * 1000 * (1 - duty)) / duty;
    const slice = () => {
      burnSeconds(sliceSeconds);
      this.#timer = setTimeout(slice, restMilliseconds);
    };
    this.#timer = setTimeout(slice, restMilliseconds);
  }

  #pauseLater(pauseSeconds: number, everySeconds: number): void {
    const stopTheWorld = () => {
      Atomics.wait(PAUSE_CELL, 0, 0, pauseSeconds * 1000);
      this.#timer = setTimeout(stopTheWorld, (everySeconds - pauseSeconds) * 1000);
    };
    this.#timer = setTimeout(stopTheWorld, (everySeconds - pauseSeconds) * 500);
  }
}

/** Spins until that much time has passed. */
function burnSeconds(seconds: number): void {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) computeRounds(2000);
}

const SINK = new Int32Array(1);

/** Some arithmetic whose result is kept, so that it is really done; 100 000 rounds take roughly 0.17 ms. */
export function computeRounds(rounds: number): void {
  let word = rounds | 1;
  for (let i = 0; i < rounds; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
  }
  SINK[0] = word;
}
