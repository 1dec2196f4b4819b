import { binEdges, countInBins, effectiveShare, logLikelihood, sharesOf } from "./bins.ts";
import type { Proposal } from "./proposal.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, shiftedShareUpTo } from "./shifts.ts";
import type { SyntheticWindow } from "./synthesis.ts";

/** Gaps are believed to be anywhere with so small a chance, whatever was learned. */
const STRAY_SHARE = 0.01;

/**
 * log(likelihood of the window under the proposal / under "nothing is wrong"). Own times of all nodes are held against the
 * simulation with the fault, gaps against the learned ones with its shifts; each as a multinomial over bins, weighted down
 * by how far the twin is known to stray. Nats.
 */
export function gainOf(scene: Scene, proposal: Proposal, synthetic: SyntheticWindow): number {
  const { node, instance, size } = proposal;
  const ownTimes = [...scene.observed.ownTimes.keys()].reduce((sum, each) => {
    const changed = synthetic.ownTimes.get(each)?.seconds ?? [];
    // The simulation draws work by operation, not by replica: what the bad one does is known in closed form.
    if (each === node && instance >= 0) return sum + scaledGain(scene, node, size.value, instance);
    return sum + ownTimeGain(scene, each, changed);
  }, 0);
  return ownTimes + gapGains(scene, proposal) + proposal.directGain;
}

/** The same before any simulation, as far as closed forms go. Nats. */
export function quickGainOf(scene: Scene, proposal: Proposal): number {
  return proposal.ownGain + gapGains(scene, proposal) + proposal.directGain;
}

function gapGains(scene: Scene, { gapShifts }: Proposal): number {
  return [...gapShifts].reduce((sum, [edge, shifts]) => sum + gapGain(scene, edge, shifts), 0);
}

/** What is gained when the own times of a node are believed to be drawn like `changed`. @param instance −1 for all */
export function ownTimeGain(scene: Scene, node: number, changed: readonly number[], instance = -1): number {
  const seen = scene.observed.ownTimes.get(node);
  const bins = scene.bins.get(node);
  if (seen === undefined || bins === undefined || changed.length === 0) return 0;
  const { edges, usualShares } = bins;
  const counts =
    instance < 0
      ? bins.seenCounts
      : countInBins(
          edges,
          seen.seconds.filter((_, i) => seen.instance[i] === instance),
        );
  const gain = logLikelihood(counts, sharesOf(countInBins(edges, changed))) - logLikelihood(counts, usualShares);
  // The twin's error is that of the node: one replica's samples are worth no more by themselves than among the others'.
  return effectiveShare(seen.seconds.length, scene.discrepancyOf(node).own) * gain;
}

/** The same without a simulation: the usual own times, all of them `factor` times as long. */
export function scaledGain(scene: Scene, node: number, factor: number, instance = -1): number {
  const usual = scene.normal.ownTimes.get(node)?.seconds ?? [];
  return ownTimeGain(
    scene,
    node,
    usual.map((each) => each * factor),
    instance,
  );
}

/** What is gained when the gaps of these edges are believed to be longer by the shifts. */
export function gapsGain(scene: Scene, edges: readonly number[], shifts: Shifts): number {
  return edges.reduce((sum, edge) => sum + gapGain(scene, edge, shifts), 0);
}

/** Closed form: gaps depend on no queue. */
function gapGain(scene: Scene, edge: number, shifts: Shifts): number {
  const reference = scene.knowledge.gaps.get(edge);
  const seen = scene.observed.gaps.get(edge);
  if (reference === undefined || reference.count === 0 || seen === undefined) return 0;
  const edges = binEdges(reference.sorted);
  const counts = countInBins(edges, seen);
  const gain =
    logLikelihood(
      counts,
      binShares(edges, (x) => shiftedShareUpTo(reference, shifts, x)),
    ) -
    logLikelihood(
      counts,
      binShares(edges, (x) => reference.pit(x)),
    );
  const callee = scene.window.topology.operations[scene.window.topology.edges[edge]!.calleeOperation]!.node;
  return effectiveShare(seen.length, scene.discrepancyOf(callee).gap) * gain;
}

/** Chance of each bin under a distribution, with a little everywhere. */
function binShares(edges: Float64Array, shareUpTo: (x: number) => number): Float64Array {
  const shares = new Float64Array(edges.length + 1);
  let below = 0;
  for (let bin = 0; bin < shares.length; bin++) {
    const upTo = bin < edges.length ? shareUpTo(edges[bin]!) : 1;
    shares[bin] = (1 - STRAY_SHARE) * Math.max(0, upTo - below) + STRAY_SHARE / shares.length;
    below = Math.max(below, upTo);
  }
  return shares;
}
