import type { Change } from "../../src/contracts/what-if.ts";

/** A name that nothing in the system has, or not as it would have to be. */
export class UnknownName extends RangeError {
  readonly value: string;
  readonly rule: string;
  /** What could have been meant. */
  readonly known: readonly string[];

  constructor(value: string, rule: string, known: readonly string[]) {
    super(`${JSON.stringify(value)} ${rule}`);
    this.name = "UnknownName";
    this.value = value;
    this.rule = rule;
    this.known = known;
  }
}

/** A change that cannot be made to this system. Whoever read the change knows how its user spelt it. */
export class ScenarioError extends RangeError {
  readonly change: Change;
  readonly value: string | number;
  readonly rule: string;
  /** What could have been meant instead of `value`; empty when it is no name. */
  readonly known: readonly string[];

  constructor(change: Change, value: string | number, rule: string, known: readonly string[] = []) {
    super(`${change.verb}: ${JSON.stringify(value)} ${rule}`);
    this.name = "ScenarioError";
    this.change = change;
    this.value = value;
    this.rule = rule;
    this.known = known;
  }
}

/** What `make` makes; names it does not find are then the change's mistake. */
export function madeFor<Value>(change: Change, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw error instanceof UnknownName ? new ScenarioError(change, error.value, error.rule, error.known) : error;
  }
}
