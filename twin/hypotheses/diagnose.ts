import type { Hypothesis } from "../../src/contracts/hypothesis.ts";
import { gainOf, quickGainOf } from "./likelihood.ts";
import type { Proposal } from "./proposal.ts";
import { proposeCrash, proposePrograms } from "./propose-calls.ts";
import { proposeNetwork } from "./propose-network.ts";
import { proposeServers } from "./propose-servers.ts";
import { proposeStalls } from "./propose-stalls.ts";
import { proposeStarved } from "./propose-starved.ts";
import { proposeBadReplica, proposeSlower } from "./propose-work.ts";
import { type Scene, setScene } from "./scene.ts";
import type { SceneParts } from "./scene-parts.ts";
import { synthesise } from "./synthesis.ts";

const PROPOSERS = [
  proposeSlower,
  proposeBadReplica,
  proposeServers,
  proposeStalls,
  proposeStarved,
  proposeNetwork,
  proposeCrash,
  proposePrograms,
] as const;

/** Proposals simulated in one window: an explanation is to take a second or so, of thousands of visits. */
const SIMULATED_MAX = 12;
/** What one fitted number gains where there is nothing to gain: half of a χ² of one degree of freedom, on average. */
const CHANCE_GAIN = 0.5;

/**
 * Analysis by synthesis. For each suspect, every fault it may have is sized in closed form; those that gain anything are
 * simulated on the window's own arrivals, with the same dice as the window without a fault, and held against what was seen
 * of all nodes. The best explanation of each node and kind, the likeliest first.
 */
export function diagnose(parts: SceneParts, suspects: readonly number[]): Hypothesis[] {
  const scene = setScene(parts);
  const found = new Map<string, Hypothesis>();
  for (const proposal of worthSimulating(scene, suspects)) {
    const gain = gainOf(scene, proposal, synthesise(parts, proposal.edit));
    const key = `${proposal.node} ${proposal.kind}`;
    if (!(gain <= (found.get(key)?.gain ?? Number.NEGATIVE_INFINITY))) found.set(key, told(scene, proposal, gain));
  }
  return [...found.values()].sort((a, b) => b.gain - a.gain || a.node - b.node);
}

/** Those that closed forms do not rule out, as many as time allows. */
function worthSimulating(scene: Scene, suspects: readonly number[]): Proposal[] {
  return suspects
    .flatMap((node) => PROPOSERS.flatMap((propose) => propose(scene, node)))
    .map((proposal) => ({ proposal, quick: quickGainOf(scene, proposal) - CHANCE_GAIN * proposal.fitted }))
    .filter(({ quick }) => quick > 0)
    .sort((a, b) => b.quick - a.quick)
    .slice(0, SIMULATED_MAX)
    .map(({ proposal }) => proposal);
}

function told({ observed }: Scene, proposal: Proposal, gain: number): Hypothesis {
  const { node, kind, size, instance, fitted } = proposal;
  const sampleCount = Math.max(observed.ownTimes.get(node)?.seconds.length ?? 0, observed.calls.get(node)?.made ?? 0);
  return { node, kind, size, instance, gain, fitted, sampleCount };
}
