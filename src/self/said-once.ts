import type { Log } from "./log.ts";

/** Different problems remembered; later new ones are counted together and not said. */
const MAX_PROBLEMS = 1000;

/**
 * Says each problem once, and then only counts it: what comes with every span must not fill a disk with log.
 */
export class SaidOnce {
  readonly #log: Pick<Log, "warn">;
  readonly #counts = new Map<string, { message: string; count: number }>();
  #unnamedCount = 0;

  constructor(log: Pick<Log, "warn">) {
    this.#log = log;
  }

  /** `key` tells problems apart; `message` is said when the key is new. */
  warn(key: string, message: string): void {
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count += 1;
    } else if (this.#counts.size < MAX_PROBLEMS) {
      this.#counts.set(key, { message, count: 1 });
      this.#log.warn(`${message} (said once, counted from now on)`);
    } else {
      if (this.#unnamedCount === 0)
        this.#log.warn(`more than ${MAX_PROBLEMS} different problems: new ones are only counted`);
      this.#unnamedCount += 1;
    }
  }

  /** How often each problem came, in the order they first came. Those beyond the limit come last, as "other". */
  counts(): readonly { readonly key: string; readonly count: number }[] {
    const named = [...this.#counts].map(([key, { count }]) => ({ key, count }));
    return this.#unnamedCount === 0 ? named : [...named, { key: "other", count: this.#unnamedCount }];
  }

  /** Says at the end how often the repeated ones came. */
  summarize(): void {
    for (const { message, count } of this.#counts.values()) {
      if (count > 1) this.#log.warn(`${message}: ${count} times in all`);
    }
    if (this.#unnamedCount > 0) this.#log.warn(`other problems: ${this.#unnamedCount} times in all`);
  }
}
