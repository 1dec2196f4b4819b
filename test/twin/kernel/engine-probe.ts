import { compileEngine } from "../../../twin/kernel/build-engine.ts";
import { failure } from "../../../twin/kernel/engine.ts";
import { keysOf } from "../../../twin/kernel/random.ts";

/** `engine/probe.ts`: parts of the engine by themselves. */
interface ProbeExports {
  readonly memory: WebAssembly.Memory;
  startCalendar(limit: number, daysFrom: number): void;
  addEvent(timeSeconds: number, event: number): number;
  takeEvent(): number;
  setNow(seconds: number): void;
  now(): number;
  nextSeconds(): number;
  calendarSize(): number;
  newStream(firstKey: number, secondKey: number): number;
  nextUniform(stream: number): number;
  nextIndex(stream: number, n: number): number;
  newColumn(count: number): number;
  hold(delaysAt: number, delayCount: number, operations: number): void;
}

/** The engine's default of how many events make it keep them in days. */
const DAYS_FROM = 32;

/** Compiles the probe; each call gives one of its own memory. */
export async function engineProbe() {
  const host = {
    fail(code: number, value: number): never {
      throw failure(code, value);
    },
  };
  const probe = new WebAssembly.Instance(new WebAssembly.Module(await compileEngine("probe.ts")), { host })
    .exports as ProbeExports;
  return {
    probe,
    /** The calendar, empty again: there is one. */
    startCalendar: (limit: number, daysFrom = DAYS_FROM) => {
      probe.startCalendar(limit, daysFrom);
      return new Calendar(probe);
    },
    stream: (seed: number, entity: number | string, purpose: string) =>
      new EngineStream(probe, probe.newStream(...keysOf(seed, entity, purpose))),
  };
}

class Calendar {
  readonly #probe: ProbeExports;

  constructor(probe: ProbeExports) {
    this.#probe = probe;
  }

  get size(): number {
    return this.#probe.calendarSize();
  }

  get nowSeconds(): number {
    return this.#probe.now();
  }

  get nextSeconds(): number {
    return this.#probe.nextSeconds();
  }

  schedule(timeSeconds: number, event: number): boolean {
    return this.#probe.addEvent(timeSeconds, event) === 1;
  }

  take(): number {
    return this.#probe.takeEvent();
  }

  advanceTo(seconds: number): void {
    this.#probe.setNow(seconds);
  }
}

class EngineStream {
  readonly #probe: ProbeExports;
  readonly #at: number;

  constructor(probe: ProbeExports, at: number) {
    this.#probe = probe;
    this.#at = at;
  }

  nextUniform(): number {
    return this.#probe.nextUniform(this.#at);
  }

  nextIndex(n: number): number {
    return this.#probe.nextIndex(this.#at, n);
  }
}
