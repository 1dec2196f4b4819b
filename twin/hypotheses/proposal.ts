import type { Hypothesis } from "../../src/contracts/hypothesis.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import type { Shifts } from "./shifts.ts";

/** A fault that a window may have come from, sized so that it fits, and how to put it into a network. */
export interface Proposal extends Omit<Hypothesis, "gain" | "sampleCount"> {
  /** The network with the fault. */
  edit(spec: NetworkSpec): NetworkSpec;
  /** What the gaps of an edge become; null where they stay. */
  readonly gapShifts: ReadonlyMap<number, Shifts>;
  /** Gain in log likelihood from what no simulation shows: unanswered calls, programs. Nats. */
  readonly directGain: number;
  /** Gain from the node's own times as far as a closed form goes, queues left out: says which are worth a simulation. Nats. */
  readonly ownGain: number;
}
