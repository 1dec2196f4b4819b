import type { CompiledNetwork } from "./compiled-network.ts";
import { withEngine } from "./engine.ts";
import { readOutcome } from "./engine-outcome.ts";
import { putRun } from "./engine-run.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { Arrivals, SimulatedVisits } from "./spec.ts";

/**
 * Runs the arrivals through the network. Same network, arrivals and seed: same bytes.
 *
 * `waitingSeconds` of a visit: at a FIFO station the time until it got a server; at a PS station what sharing added to
 * its own work; at a delay station 0. At equal times, arrivals from outside come first, then events in the order they
 * were scheduled. A run in which visits block each other for ever (worker pools that call in a circle) ends truncated.
 *
 * @throws {RangeError} when arrivals are unsorted, not finite or name an operation that does not exist.
 */
export function simulate(network: CompiledNetwork, arrivals: Arrivals, options: SimulationOptions): SimulatedVisits {
  return withEngine((engine) => {
    engine.prepare(network);
    const outcome = engine.simulate(putRun(engine, network, arrivals, options));
    return readOutcome(engine, outcome, network);
  });
}
