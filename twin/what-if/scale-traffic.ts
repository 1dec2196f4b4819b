import type { Change, Scenario } from "../../src/contracts/what-if.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Arrivals } from "../kernel/spec.ts";
import type { TrafficWindow } from "./base-traffic.ts";
import { entryOf, type NamedNetwork } from "./named-network.ts";
import { madeFor, ScenarioError } from "./scenario-error.ts";

type Traffic = Extract<Change, { readonly verb: "traffic" }>;

/**
 * By operation, how many times as many requests enter there. A change that names an operation wins over one that names
 * none; a mix is made first, so that factors apply to it.
 *
 * @param ratePerSecond exogenous requests by operation, before
 * @throws {ScenarioError} for an operation at which nobody enters, or a mix that is more than everything.
 */
export function trafficFactors(network: NamedNetwork, scenario: Scenario, ratePerSecond: Float64Array): Float64Array {
  const mixed = mixFactors(network, scenario, ratePerSecond);
  const factors = mixed.slice();
  const traffic = scenario.changes.filter((change): change is Traffic => change.verb === "traffic");
  for (const change of traffic.filter((each) => each.operation === null)) {
    const rate = ratePerSecond.reduce((sum, each, operation) => sum + each * mixed[operation]!, 0);
    const factor = "factor" in change.to ? change.to.factor : change.to.ratePerSecond / rate;
    factors.forEach((_, operation) => {
      factors[operation] = mixed[operation]! * factor;
    });
  }
  for (const change of traffic) {
    if (change.operation !== null) {
      const operation = enteredAt(network, change.operation, change, ratePerSecond);
      const { to } = change;
      factors[operation] =
        "factor" in to ? mixed[operation]! * to.factor : to.ratePerSecond / ratePerSecond[operation]!;
    }
  }
  return factors;
}

function mixFactors(network: NamedNetwork, scenario: Scenario, ratePerSecond: Float64Array): Float64Array {
  const total = ratePerSecond.reduce((sum, rate) => sum + rate, 0);
  const shares = new Map<number, number>();
  let named = 0;
  let namedBefore = 0;
  for (const change of scenario.changes) {
    if (change.verb !== "mix") {
      continue;
    }
    const operation = enteredAt(network, change.operation, change, ratePerSecond);
    named += change.share - (shares.get(operation) ?? 0);
    namedBefore += shares.has(operation) ? 0 : ratePerSecond[operation]! / total;
    shares.set(operation, change.share);
    if (named > 1 + 1e-9) {
      throw new ScenarioError(change, change.share, "makes the shares of the mix more than 1 together");
    }
  }
  const rest = namedBefore < 1 - 1e-9 ? Math.max(0, 1 - named) / (1 - namedBefore) : 0;
  return ratePerSecond.map((rate, operation) => {
    const share = shares.get(operation);
    return share === undefined ? (shares.size === 0 ? 1 : rest) : (share * total) / rate;
  });
}

function enteredAt(network: NamedNetwork, name: string, change: Change, ratePerSecond: Float64Array): number {
  const operation = madeFor(change, () => entryOf(network, name));
  if (!(ratePerSecond[operation]! > 0)) {
    throw new ScenarioError(change, name, "had no requests in the recording, so there is nothing to scale");
  }
  return operation;
}

/** Arrivals of so many seconds, put together from windows drawn at random: bursts within a window stay whole. */
export function drawTraffic(windows: readonly TrafficWindow[], seconds: number, random: RandomStream): Arrivals {
  const rows: { readonly time: number; readonly operation: number }[] = [];
  for (let start = 0; start < seconds; ) {
    const window = windows[random.nextIndex(windows.length)]!;
    window.timeSeconds.forEach((time, k) => {
      // What came just before the window wraps round: every request of it counts once.
      const within = time < 0 ? time + window.durationSeconds : time;
      rows.push({ time: start + within, operation: window.operation[k]! });
    });
    start += window.durationSeconds;
  }
  return sorted(rows.filter((row) => row.time < seconds));
}

/**
 * The arrivals of `seconds` when each operation is asked for so many times as often: the same arrivals, closer together.
 *
 * @param drawn long enough: `seconds` × the largest factor
 */
export function scaleTraffic(drawn: Arrivals, factors: Float64Array, seconds: number): Arrivals {
  const rows: { readonly time: number; readonly operation: number }[] = [];
  drawn.timeSeconds.forEach((time, k) => {
    const operation = drawn.operation[k]!;
    const scaled = time / factors[operation]!;
    if (scaled < seconds) {
      rows.push({ time: scaled, operation });
    }
  });
  return sorted(rows);
}

function sorted(rows: { readonly time: number; readonly operation: number }[]): Arrivals {
  rows.sort((a, b) => a.time - b.time);
  return {
    timeSeconds: Float64Array.from(rows, (row) => row.time),
    operation: Uint32Array.from(rows, (row) => row.operation),
  };
}
